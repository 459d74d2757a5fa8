#include "common/jwt/verifier.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "common/jwt/base64url.h"
#include "common/jwt/json.h"
#include "common/jwt/signature.h"
#include "common/jwt/token_error.h"
#include "common/status/status_macros.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

// A token's parts as they stand in it, and what of them is Base 64 already decoded.
struct Parts {
  absl::string_view signed_text;  // header and payload with the dot between
  std::string header;
  std::string payload;
  std::string signature;
};

absl::StatusOr<Parts> Split(absl::string_view token) {
  if (token.size() > kMaxTokenBytes) return TokenInvalid("is too long");
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (first == last || token.find('.', first + 1) != last) return TokenInvalid("does not have three parts");
  const std::optional<std::string> header = DecodeBase64Url(token.substr(0, first));
  const std::optional<std::string> payload = DecodeBase64Url(token.substr(first + 1, last - first - 1));
  const std::optional<std::string> signature = DecodeBase64Url(token.substr(last + 1));
  if (!header.has_value() || !payload.has_value() || !signature.has_value()) {
    return TokenInvalid("is not Base 64 for URLs");
  }
  return Parts{token.substr(0, last), *header, *payload, *signature};
}

// The media types under which tokens for Docket come; a token that says it is for something else is.
bool IsTokenType(const json& typ) {
  const std::string* const text = typ.get_ptr<const std::string*>();
  if (text == nullptr) return false;
  const std::string lower = absl::AsciiStrToLower(*text);
  return lower == "jwt" || lower == "at+jwt" || lower == "application/at+jwt";
}

// The key that the header asks for. What else a header may offer (a key in it, an address to fetch one from) is not
// looked at.
absl::StatusOr<const VerificationKey*> ChooseKey(const KeySet& keys, absl::string_view text) {
  const std::optional<json> header = ParseJsonObject(text);
  if (!header.has_value()) return TokenInvalid("has a header that is no JSON object, or one with a name twice");
  // Critical extensions must be understood or refused, and none is understood.
  if (FindMember(*header, "crit") != nullptr) return TokenInvalid("has critical extensions");
  const json* const typ = FindMember(*header, "typ");
  if (typ != nullptr && !IsTokenType(*typ)) return TokenInvalid("is of another type");
  const std::string* const alg = FindString(*header, "alg");
  if (alg == nullptr) return TokenInvalid("names no algorithm");
  const std::optional<Algorithm> algorithm = ParseAlgorithm(*alg);
  if (!algorithm.has_value()) return TokenInvalid("is signed with an algorithm that is not accepted");
  const std::string* const kid = FindString(*header, "kid");
  if (kid == nullptr) return TokenInvalid("names no key");
  const VerificationKey* const key = keys.Find(*kid);
  if (key == nullptr) return TokenInvalid("is signed with an unknown key");
  if (key->algorithm != *algorithm) return TokenInvalid("is signed with an algorithm that its key is not for");
  return key;
}

}  // namespace

absl::StatusOr<Claims> Verifier::Verify(absl::string_view token, absl::Time now) const {
  DOCKET_ASSIGN_OR_RETURN(const Parts parts, Split(token));
  DOCKET_ASSIGN_OR_RETURN(const VerificationKey* const key, ChooseKey(keys_, parts.header));
  if (!VerifySignature(key->algorithm, key->key.get(), parts.signed_text, parts.signature)) {
    return TokenInvalid("has a wrong signature");
  }
  DOCKET_ASSIGN_OR_RETURN(Claims claims, ParseClaims(parts.payload));
  if (claims.issuer != options_.issuer) return TokenInvalid("is from another issuer");
  if (std::find(claims.audience.begin(), claims.audience.end(), options_.audience) == claims.audience.end()) {
    return TokenInvalid("is for another audience");
  }
  DOCKET_RETURN_IF_ERROR(CheckTimes(claims, now));
  return claims;
}

absl::Status Verifier::CheckTimes(const Claims& claims, absl::Time now) const {
  const absl::Time latest = now + options_.leeway;
  if (claims.not_before.has_value() && *claims.not_before > latest) return TokenInvalid("is not valid yet");
  if (claims.issued_at.has_value() && *claims.issued_at > latest) return TokenInvalid("is issued in the future");
  // Last, so that "expired" means that all else was well.
  if (claims.expires_at <= now) return TokenExpired();
  return absl::OkStatus();
}

}  // namespace docket::jwt
