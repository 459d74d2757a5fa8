// Verifying tokens (RFC 7519, compact serialisation, signed).
//
//   Verifier verifier(keys, {.issuer = "https://login.example", .audience = "docket"});
//   absl::StatusOr<Claims> claims = verifier.Verify(token, clock.Now());
//
// A token is believed when a key of the set, named by its `kid`, signed it with the algorithm which that key is for,
// and its claims are meant for here and now. Nothing in a token can bring a key of its own or choose how it is
// verified. The payload is not even parsed before the signature is good.
#ifndef DOCKET_COMMON_JWT_VERIFIER_H_
#define DOCKET_COMMON_JWT_VERIFIER_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/jwt/claims.h"
#include "common/jwt/jwks.h"

namespace docket::jwt {

inline constexpr size_t kMaxTokenBytes = 8192;

struct VerifierOptions {
  // Must be the token's iss.
  std::string issuer;
  // Must be the token's aud or one of them.
  std::string audience;
  // How far ahead the issuer's clock may be: nbf and iat may lie this far in the future. An expired token gets no
  // grace.
  absl::Duration leeway = absl::Seconds(60);
};

// Immutable, cheap to copy, thread-safe.
class Verifier {
 public:
  Verifier(KeySet keys, VerifierOptions options) : keys_(std::move(keys)), options_(std::move(options)) {}

  // UNAUTHENTICATED with TOKEN_EXPIRED where only the time has run out, else with TOKEN_INVALID. The message says why
  // in words that are safe to hand to the caller and to log: no part of the token is in it.
  absl::StatusOr<Claims> Verify(absl::string_view token, absl::Time now) const;

  // The part of Verify that a later moment can change: exp, nbf, iat.
  absl::Status CheckTimes(const Claims& claims, absl::Time now) const;

 private:
  KeySet keys_;
  VerifierOptions options_;
};

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_VERIFIER_H_
