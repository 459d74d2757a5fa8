// The keys that wrap keys. They come from a file outside the database, so that the database alone, or a copy of it,
// opens no payload.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_MASTER_KEY_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_MASTER_KEY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/audit/payload_seal.h"

namespace docket::audit {

// Immutable, so one serves all threads.
class MasterKeys {
 public:
  // Lines of `{key id} {64 hexadecimal digits}`, an id being 1 to 32 of [a-z0-9-]; empty lines and lines that begin
  // with # do not count. The first key wraps, the others open what they wrapped. INVALID_ARGUMENT names the line.
  static absl::StatusOr<MasterKeys> Parse(absl::string_view text);
  // From a file that its owner alone can read. No error repeats what is in it.
  static absl::StatusOr<MasterKeys> Load(const std::string& path);

  // `context` says what it is the secret of; it unwraps for that only.
  absl::StatusOr<WrappedSecret> Wrap(absl::string_view context, absl::string_view secret) const;
  // DATA_LOSS: it is not what was wrapped. INTERNAL: the key is not in the file.
  absl::StatusOr<std::string> Unwrap(absl::string_view context, const WrappedSecret& wrapped) const;

  const std::string& current_id() const { return current_id_; }
  // Of the keys that wrap no more.
  std::vector<std::string> former_ids() const;

 private:
  MasterKeys() = default;

  std::string current_id_;
  std::map<std::string, std::string> keys_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_MASTER_KEY_H_
