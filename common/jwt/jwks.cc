#include "common/jwt/jwks.h"

#include <openssl/core_names.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/jwt/base64url.h"
#include "common/jwt/json.h"
#include "common/jwt/openssl.h"
#include "common/status/status_macros.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // verifying takes time that grows with the square
constexpr size_t kMaxRsaExponentBytes = 8;
constexpr int kMinRsaExponentBits = 17;
constexpr size_t kP256CoordinateBytes = 32;
constexpr size_t kEd25519KeyBytes = 32;
constexpr char kUncompressedPoint = '\x04';

// Which algorithm a key of this kind is for; nothing where Docket has no use for the kind.
std::optional<Algorithm> AlgorithmOfKind(const json& jwk) {
  const std::string* const kty = FindString(jwk, "kty");
  const std::string* const crv = FindString(jwk, "crv");
  if (*kty == "RSA") return Algorithm::kRs256;
  if (*kty == "EC" && crv != nullptr && *crv == "P-256") return Algorithm::kEs256;
  if (*kty == "OKP" && crv != nullptr && *crv == "Ed25519") return Algorithm::kEdDsa;
  return std::nullopt;
}

// Whether its owner means it for verifying with that algorithm. What is not said is left to us.
bool IsFor(const json& jwk, Algorithm algorithm) {
  const json* const use = FindMember(jwk, "use");
  if (use != nullptr && *use != "sig") return false;
  const json* const alg = FindMember(jwk, "alg");
  if (alg != nullptr && *alg != std::string(AlgorithmName(algorithm))) return false;
  const json* const operations = FindMember(jwk, "key_ops");
  if (operations == nullptr) return true;
  if (!operations->is_array()) return false;
  for (const json& operation : *operations) {
    if (operation == "verify") return true;
  }
  return false;
}

bool IsPrivate(const json& jwk) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (FindMember(jwk, member) != nullptr) return true;
  }
  return false;
}

std::optional<std::string> FindBytes(const json& jwk, const char* member) {
  const std::string* const text = FindString(jwk, member);
  return text == nullptr ? std::nullopt : DecodeBase64Url(*text);
}

// A public key of that type from its parameters, checked as far as OpenSSL can: a point on its curve, a modulus that
// could be one.
std::shared_ptr<EVP_PKEY> FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> key = OwnKey(raw);
  const Owned<EVP_PKEY_CTX> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> RsaKey(const json& jwk) {
  const std::optional<std::string> n = FindBytes(jwk, "n");
  const std::optional<std::string> e = FindBytes(jwk, "e");
  if (!n.has_value() || !e.has_value() || n->size() > kMaxRsaBits / 8 + 1 || e->size() > kMaxRsaExponentBytes) {
    return absl::InvalidArgumentError("`n` or `e` is not a number of an RSA key");
  }
  const Owned<BIGNUM> modulus(BN_bin2bn(Bytes(*n), static_cast<int>(n->size()), nullptr));
  const Owned<BIGNUM> exponent(BN_bin2bn(Bytes(*e), static_cast<int>(e->size()), nullptr));
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (modulus == nullptr || exponent == nullptr || builder == nullptr) return absl::InternalError("OpenSSL failed");
  if (BN_is_odd(exponent.get()) == 0 || BN_num_bits(exponent.get()) < kMinRsaExponentBits) {
    return absl::InvalidArgumentError("`e` is not an odd number of at least 65,537");
  }
  const int bits = BN_num_bits(modulus.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return absl::InvalidArgumentError(absl::StrCat("an RSA key of ", bits, " bits; 2,048 to 8,192 are accepted"));
  }
  std::shared_ptr<EVP_PKEY> key;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1) {
    key = FromParameters("RSA", builder.get());
  }
  if (key == nullptr) return absl::InvalidArgumentError("`n` and `e` make no RSA key");
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> P256Key(const json& jwk) {
  const std::optional<std::string> x = FindBytes(jwk, "x");
  const std::optional<std::string> y = FindBytes(jwk, "y");
  if (!x.has_value() || !y.has_value() || x->size() != kP256CoordinateBytes || y->size() != kP256CoordinateBytes) {
    return absl::InvalidArgumentError("`x` or `y` is not 32 bytes");
  }
  const std::string point = absl::StrCat(absl::string_view(&kUncompressedPoint, 1), *x, *y);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  std::shared_ptr<EVP_PKEY> key;
  if (builder != nullptr &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1) {
    key = FromParameters("EC", builder.get());
  }
  if (key == nullptr) return absl::InvalidArgumentError("`x` and `y` are no point of P-256");
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> Ed25519Key(const json& jwk) {
  const std::optional<std::string> x = FindBytes(jwk, "x");
  if (!x.has_value() || x->size() != kEd25519KeyBytes) return absl::InvalidArgumentError("`x` is not 32 bytes");
  std::shared_ptr<EVP_PKEY> key =
      OwnKey(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, Bytes(*x), x->size()));
  if (key == nullptr) return absl::InvalidArgumentError("`x` is no Ed25519 key");
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> PublicKey(const json& jwk, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
      return RsaKey(jwk);
    case Algorithm::kEs256:
      return P256Key(jwk);
    case Algorithm::kEdDsa:
      return Ed25519Key(jwk);
  }
  return absl::InternalError("unknown algorithm");
}

// Nothing where the key is to be passed over.
absl::StatusOr<std::optional<VerificationKey>> ParseJwk(const json& jwk) {
  if (!jwk.is_object() || FindString(jwk, "kty") == nullptr) return absl::InvalidArgumentError("not a JWK");
  const std::optional<Algorithm> algorithm = AlgorithmOfKind(jwk);
  if (!algorithm.has_value() || !IsFor(jwk, *algorithm)) return std::nullopt;
  if (IsPrivate(jwk)) return absl::InvalidArgumentError("a private key, in a set that is for everyone to read");
  const std::string* const kid = FindString(jwk, "kid");
  if (kid == nullptr || kid->empty() || kid->size() > kMaxKidBytes) {
    return absl::InvalidArgumentError("`kid` is missing, empty or too long");
  }
  DOCKET_ASSIGN_OR_RETURN(std::shared_ptr<EVP_PKEY> key, PublicKey(jwk, *algorithm));
  return VerificationKey{*kid, *algorithm, std::move(key)};
}

}  // namespace

absl::StatusOr<KeySet> KeySet::Parse(absl::string_view text) {
  const ErrorQueueGuard guard;
  if (text.size() > kMaxJwksBytes) return absl::InvalidArgumentError("the JWK Set is too long");
  const std::optional<json> set = ParseJsonObject(text);
  const json* const list = set.has_value() ? FindMember(*set, "keys") : nullptr;
  if (list == nullptr || !list->is_array()) return absl::InvalidArgumentError("not a JWK Set");
  if (list->size() > kMaxJwksKeys) return absl::InvalidArgumentError("the JWK Set has too many keys");
  Keys keys;
  for (size_t i = 0; i < list->size(); ++i) {
    absl::StatusOr<std::optional<VerificationKey>> key = ParseJwk((*list)[i]);
    if (!key.ok()) {
      return absl::Status(key.status().code(), absl::StrCat("keys[", i, "]: ", key.status().message()));
    }
    if (!key->has_value()) continue;
    const std::string kid = (*key)->kid;
    if (!keys.emplace(kid, **std::move(key)).second) {
      return absl::InvalidArgumentError(absl::StrCat("keys[", i, "]: its `kid` is another key's"));
    }
  }
  if (keys.empty()) return absl::InvalidArgumentError("the JWK Set has no key for RS256, ES256 or EdDSA");
  return KeySet(std::make_shared<const Keys>(std::move(keys)));
}

const VerificationKey* KeySet::Find(absl::string_view kid) const {
  const auto found = keys_->find(std::string(kid));
  return found == keys_->end() ? nullptr : &found->second;
}

}  // namespace docket::jwt
