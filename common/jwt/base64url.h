// Base 64 for URLs without padding (RFC 7515, appendix C), one spelling per value.
#ifndef DOCKET_COMMON_JWT_BASE64URL_H_
#define DOCKET_COMMON_JWT_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::jwt {

std::string EncodeBase64Url(absl::string_view bytes);

// Nothing where `text` is not exactly what EncodeBase64Url makes of some bytes: padding, whitespace, another alphabet,
// unused bits that are set.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_BASE64URL_H_
