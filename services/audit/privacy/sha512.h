// The hash that secrets are made with.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_SHA512_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_SHA512_H_

#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::audit {

// SHA-512 over the parts one after the other: 64 bytes.
std::string Sha512(std::initializer_list<absl::string_view> parts);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_SHA512_H_
