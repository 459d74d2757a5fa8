// The keys that tokens are verified with: a JWK Set (RFC 7517), as identity providers publish it.
//
//   {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "2026-01", "use": "sig", "x":
//   "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
#ifndef DOCKET_COMMON_JWT_JWKS_H_
#define DOCKET_COMMON_JWT_JWKS_H_

#include <openssl/types.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jwt/signature.h"

namespace docket::jwt {

inline constexpr size_t kMaxJwksBytes = 256 * 1024;
inline constexpr size_t kMaxJwksKeys = 64;
inline constexpr size_t kMaxKidBytes = 200;

// One public key. What it can verify is a matter of its kind, never of what a token says.
struct VerificationKey {
  std::string kid;
  Algorithm algorithm = Algorithm::kEdDsa;
  std::shared_ptr<EVP_PKEY> key;
};

// Immutable, cheap to copy, thread-safe.
class KeySet {
 public:
  // Takes the keys that are for verifying RS256, ES256 or EdDSA: RSA, EC on P-256, OKP on Ed25519. Passed over are
  // other kinds of key, and those whose `use`, `key_ops` or `alg` is for something else. INVALID_ARGUMENT, with the
  // position of the key in the set: one that is to be taken but is damaged, weak (RSA below 2,048 bits or with an
  // exponent below 65,537), private, without `kid` or with the `kid` of another; also a set without any key to take,
  // longer than kMaxJwksBytes, or with more than kMaxJwksKeys.
  static absl::StatusOr<KeySet> Parse(absl::string_view json);

  // Null where there is none of that id.
  const VerificationKey* Find(absl::string_view kid) const;
  size_t size() const { return keys_->size(); }

 private:
  using Keys = std::map<std::string, VerificationKey>;
  explicit KeySet(std::shared_ptr<const Keys> keys) : keys_(std::move(keys)) {}

  std::shared_ptr<const Keys> keys_;
};

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_JWKS_H_
