#include "services/audit/privacy/entry_secret.h"

#include "absl/strings/str_cat.h"
#include "services/audit/privacy/aes_gcm.h"
#include "services/audit/privacy/sha512.h"

namespace docket::audit {

EntrySecret DeriveSecret(uint64_t key_id, absl::string_view subject_key, uint64_t index, absl::string_view seed) {
  // Numbers have no fixed length, so they come last; the other parts are as long as ever.
  const std::string made = Sha512({"docket payload 1", subject_key, seed, absl::StrCat(index)});
  return {.key_id = key_id, .data_key = made.substr(0, kKeyBytes), .salt = made.substr(kKeyBytes)};
}

std::string BlockContext(uint64_t block) { return absl::StrCat("docket block ", block); }
std::string SubjectContext(uint64_t key_id) { return absl::StrCat("docket subject ", key_id); }
std::string PayloadContext(uint64_t index) { return absl::StrCat("docket payload ", index); }

}  // namespace docket::audit
