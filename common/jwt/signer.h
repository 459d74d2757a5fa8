// Minting tokens, for local use: the command line and tests. In production an identity provider does this.
//
//   GenerateSigningKey("dev.pem");
//   SigningKey key = *SigningKey::Load("dev.pem");
//   WriteFile("jwks.json", PublicJwks(key, "dev"));        // for the gateway
//   std::string token = *MintToken(key, "dev", claims);    // for a caller
#ifndef DOCKET_COMMON_JWT_SIGNER_H_
#define DOCKET_COMMON_JWT_SIGNER_H_

#include <openssl/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jwt/claims.h"

namespace docket::jwt {

// An Ed25519 private key. Immutable, cheap to copy, thread-safe.
class SigningKey {
 public:
  static absl::StatusOr<SigningKey> Generate();
  // From the text of a PEM file (PKCS #8, not encrypted). INVALID_ARGUMENT where it holds no Ed25519 key; the error
  // does not repeat the text.
  static absl::StatusOr<SigningKey> Parse(absl::string_view pem);
  // From a file. NOT_FOUND: none there. FAILED_PRECONDITION: group or others may read or write it, or it is no regular
  // file.
  static absl::StatusOr<SigningKey> Load(const std::string& path);

  // What Parse reads. Keep it secret.
  absl::StatusOr<std::string> ToPem() const;
  absl::StatusOr<std::string> Sign(absl::string_view message) const;
  // 32 bytes.
  const std::string& public_key() const { return public_key_; }

 private:
  SigningKey(std::shared_ptr<EVP_PKEY> key, std::string public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  static absl::StatusOr<SigningKey> Create(std::shared_ptr<EVP_PKEY> key);

  std::shared_ptr<EVP_PKEY> key_;
  std::string public_key_;
};

// Makes a key and writes it to a new file of mode 0600, durably. ALREADY_EXISTS: there is a file; a key is never
// overwritten.
absl::Status GenerateSigningKey(const std::string& path);

// A token of those claims, signed with EdDSA. INVALID_ARGUMENT where no verifier would accept it whatever its keys:
// claims that ParseClaims refuses, an empty or overlong kid, a token above kMaxTokenBytes.
absl::StatusOr<std::string> MintToken(const SigningKey& key, absl::string_view kid, const Claims& claims);

// The public half as a JWK, and as a JWK Set of that one key, which KeySet::Parse reads. `kid` is UTF-8; what is not is
// replaced.
std::string PublicJwk(const SigningKey& key, absl::string_view kid);
std::string PublicJwks(const SigningKey& key, absl::string_view kid);

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_SIGNER_H_
