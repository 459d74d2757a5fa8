#include "common/jwt/base64url.h"

#include "absl/strings/escaping.h"

namespace docket::jwt {

std::string EncodeBase64Url(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string bytes;
  // The decoder is lenient about padding, whitespace and unused bits; only the one spelling comes out again as it went
  // in.
  if (!absl::WebSafeBase64Unescape(text, &bytes) || EncodeBase64Url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace docket::jwt
