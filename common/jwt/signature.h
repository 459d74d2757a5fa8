// The signature algorithms of Docket's tokens, and verifying with them.
#ifndef DOCKET_COMMON_JWT_SIGNATURE_H_
#define DOCKET_COMMON_JWT_SIGNATURE_H_

#include <openssl/types.h>

#include <optional>

#include "absl/strings/string_view.h"

namespace docket::jwt {

// There are no others: `none`, the HMAC family and everything else has no value here and so cannot be chosen by a
// token.
enum class Algorithm {
  kRs256,  // RSASSA-PKCS1-v1_5 with SHA-256, 2,048 to 8,192 bits
  kEs256,  // ECDSA over P-256 with SHA-256
  kEdDsa,  // Ed25519
};

// `RS256`, `ES256`, `EdDSA`.
absl::string_view AlgorithmName(Algorithm algorithm);
// Exactly those names, in that case.
std::optional<Algorithm> ParseAlgorithm(absl::string_view name);

// Whether `signature`, in the form JWS gives it (ES256: r and s, 32 bytes each), is that of `message`. `key` is of the
// algorithm's kind. Thread-safe.
bool VerifySignature(Algorithm algorithm, EVP_PKEY* key, absl::string_view message, absl::string_view signature);

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_SIGNATURE_H_
