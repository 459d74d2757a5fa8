// Authenticated encryption: AES-256-GCM with a fresh random nonce.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_AES_GCM_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_AES_GCM_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::audit {

inline constexpr size_t kKeyBytes = 32;
// What encryption adds: a nonce of 12 bytes in front and a tag of 16 behind.
inline constexpr size_t kSealBytes = 28;

// `key` has kKeyBytes. `context` is bound to the result without being in it: only with the same one does it open.
absl::StatusOr<std::string> Encrypt(absl::string_view key, absl::string_view context, absl::string_view plain);
// DATA_LOSS where these bytes were not made by Encrypt with this key and context.
absl::StatusOr<std::string> Decrypt(absl::string_view key, absl::string_view context, absl::string_view sealed);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_AES_GCM_H_
