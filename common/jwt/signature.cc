#include "common/jwt/signature.h"

#include <cstddef>
#include <string>
#include <utility>

#include "common/jwt/openssl.h"

namespace docket::jwt {
namespace {

constexpr size_t kP256NumberBytes = 32;
constexpr size_t kEd25519SignatureBytes = 64;

// OpenSSL wants ECDSA's two numbers in DER; JWS has them side by side.
std::string EcdsaToDer(absl::string_view raw) {
  if (raw.size() != 2 * kP256NumberBytes) return {};
  Owned<ECDSA_SIG> signature(ECDSA_SIG_new());
  Owned<BIGNUM> r(BN_bin2bn(Bytes(raw), kP256NumberBytes, nullptr));
  Owned<BIGNUM> s(BN_bin2bn(Bytes(raw) + kP256NumberBytes, kP256NumberBytes, nullptr));
  if (signature == nullptr || r == nullptr || s == nullptr) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // the signature owns them now
  (void)s.release();
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<size_t>(size), '\0');
  unsigned char* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

}  // namespace

absl::string_view AlgorithmName(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kEdDsa:
      return "EdDSA";
  }
  return "";
}

std::optional<Algorithm> ParseAlgorithm(absl::string_view name) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    if (name == AlgorithmName(algorithm)) return algorithm;
  }
  return std::nullopt;
}

bool VerifySignature(Algorithm algorithm, EVP_PKEY* key, absl::string_view message, absl::string_view signature) {
  const ErrorQueueGuard guard;
  std::string der;
  const EVP_MD* digest = EVP_sha256();
  if (algorithm == Algorithm::kEs256) {
    der = EcdsaToDer(signature);
    signature = der;
  } else if (algorithm == Algorithm::kEdDsa) {
    if (signature.size() != kEd25519SignatureBytes) return false;
    digest = nullptr;  // Ed25519 hashes by itself
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  return !signature.empty() && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
}

}  // namespace docket::jwt
