#include "services/audit/privacy/secret_opener.h"

#include "common/status/status_macros.h"
#include "services/audit/privacy/aes_gcm.h"
#include "services/audit/privacy/entry_secret.h"
#include "services/audit/privacy/entry_seeds.h"

namespace docket::audit {

absl::StatusOr<std::optional<EntrySecret>> SecretOpener::FindSecret(const SecretSource& source) const {
  if (source.block.bytes.empty() || source.subject.bytes.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(const std::string serialized,
                          keys_.Unwrap(BlockContext(BlockOf(source.index)), source.block));
  DOCKET_ASSIGN_OR_RETURN(const EntrySeeds seeds, EntrySeeds::Parse(serialized));
  const std::optional<std::string> seed = seeds.Find(PlaceOf(source.index));
  if (!seed.has_value()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(const std::string subject_key, keys_.Unwrap(SubjectContext(source.key_id), source.subject));
  return DeriveSecret(source.key_id, subject_key, source.index, *seed);
}

absl::StatusOr<std::string> SecretOpener::Open(const EntrySecret& secret, uint64_t index,
                                               absl::string_view sealed) const {
  return Decrypt(secret.data_key, PayloadContext(index), sealed);
}

}  // namespace docket::audit
