// For tests: an identity provider that signs whatever it is asked to, with keys that it makes when it begins.
#ifndef DOCKET_COMMON_JWT_TEST_ISSUER_H_
#define DOCKET_COMMON_JWT_TEST_ISSUER_H_

#include <openssl/core_names.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/jwt/base64url.h"
#include "common/jwt/openssl.h"
#include "common/jwt/signature.h"

namespace docket::jwt {

class TestIssuer {
 public:
  TestIssuer(Algorithm algorithm, std::string kid, int rsa_bits = 2048) : algorithm_(algorithm), kid_(std::move(kid)) {
    switch (algorithm) {
      case Algorithm::kRs256:
        key_ = OwnKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(rsa_bits)));
        break;
      case Algorithm::kEs256:
        key_ = OwnKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
        break;
      case Algorithm::kEdDsa:
        key_ = OwnKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        break;
    }
  }

  const std::string& kid() const { return kid_; }
  EVP_PKEY* key() const { return key_.get(); }

  nlohmann::json Jwk() const {
    nlohmann::json jwk = {{"kid", kid_}, {"use", "sig"}, {"alg", std::string(AlgorithmName(algorithm_))}};
    switch (algorithm_) {
      case Algorithm::kRs256:
        jwk.update({{"kty", "RSA"}, {"n", Number(OSSL_PKEY_PARAM_RSA_N)}, {"e", Number(OSSL_PKEY_PARAM_RSA_E)}});
        break;
      case Algorithm::kEs256:
        jwk.update({{"kty", "EC"},
                    {"crv", "P-256"},
                    {"x", Number(OSSL_PKEY_PARAM_EC_PUB_X, 32)},
                    {"y", Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)}});
        break;
      case Algorithm::kEdDsa: {
        std::string x(32, '\0');
        size_t size = x.size();
        EVP_PKEY_get_raw_public_key(key(), reinterpret_cast<unsigned char*>(x.data()), &size);
        jwk.update({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", EncodeBase64Url(x)}});
        break;
      }
    }
    return jwk;
  }

  // In the form that JWS has.
  std::string Sign(absl::string_view message) const {
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    EVP_DigestSignInit(context.get(), nullptr, algorithm_ == Algorithm::kEdDsa ? nullptr : EVP_sha256(), nullptr,
                       key());
    std::string signature(1100, '\0');
    size_t size = signature.size();
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                   message.size());
    signature.resize(size);
    if (algorithm_ != Algorithm::kEs256) return signature;
    const unsigned char* der = Bytes(signature);
    const Owned<ECDSA_SIG> numbers(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
    std::string raw(64, '\0');
    unsigned char* out = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), out + 32, 32);
    return raw;
  }

  // The token of exactly those texts.
  std::string Token(absl::string_view header, absl::string_view payload) const {
    const std::string text = absl::StrCat(EncodeBase64Url(header), ".", EncodeBase64Url(payload));
    return absl::StrCat(text, ".", EncodeBase64Url(Sign(text)));
  }
  std::string Token(const nlohmann::json& payload) const {
    return Token(nlohmann::json{{"alg", std::string(AlgorithmName(algorithm_))}, {"kid", kid_}}.dump(), payload.dump());
  }

 private:
  std::string Number(const char* parameter, int width = 0) const {
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key(), parameter, &raw);
    const Owned<BIGNUM> number(raw);
    std::string bytes(static_cast<size_t>(width != 0 ? width : BN_num_bytes(number.get())), '\0');
    BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    return EncodeBase64Url(bytes);
  }

  const Algorithm algorithm_;
  const std::string kid_;
  std::shared_ptr<EVP_PKEY> key_;
};

// A payload that a verifier for `https://login.example` and `docket` accepts from kTestNow on.
inline constexpr int64_t kTestNow = 1767225600;  // 2026-01-01T00:00:00Z

inline nlohmann::json TestPayload() {
  return {{"iss", "https://login.example"},
          {"aud", "docket"},
          {"sub", "u-1841"},
          {"exp", kTestNow + 3600},
          {"iat", kTestNow},
          {"docket_name", "organizations/yuehai/people/lin-mei"},
          {"docket_roles", {"REQUESTER", "DEPARTMENT_HEAD"}},
          {"docket_department", "organizations/yuehai/departments/operations"},
          {"name", "林梅"}};
}

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_TEST_ISSUER_H_
