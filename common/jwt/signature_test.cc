#include "common/jwt/signature.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/jwt/base64url.h"
#include "common/jwt/jwks.h"
#include "common/jwt/test_issuer.h"

namespace docket::jwt {
namespace {

struct Vector {
  absl::string_view name;
  Algorithm algorithm;
  absl::string_view jwk;
  absl::string_view message;
  absl::string_view signature;
};

constexpr absl::string_view kJoe =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

std::vector<Vector> Vectors() {
  static const std::string rs256 = absl::StrCat("eyJhbGciOiJSUzI1NiJ9.", kJoe);
  static const std::string es256 = absl::StrCat("eyJhbGciOiJFUzI1NiJ9.", kJoe);
  return {
      {"RFC 7515, A.2", Algorithm::kRs256,
       R"({"kid":"k","kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})",
       rs256,
       "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
       "O8W2Fp5jujGbds9uJdbF9CUAr7t1"
       "dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
       "xi12jzD"
       "wusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
       "IoypGlUPQGe7"
       "7Rw"},
      {"RFC 7515, A.3", Algorithm::kEs256,
       R"({"kid":"k","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
       es256, "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
      {"RFC 8037, A.4", Algorithm::kEdDsa,
       R"({"kid":"k","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
       "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
  };
}

TEST(SignatureTest, KnownAnswers) {
  for (const Vector& vector : Vectors()) {
    const absl::StatusOr<KeySet> keys = KeySet::Parse(absl::StrCat("{\"keys\":[", vector.jwk, "]}"));
    ASSERT_TRUE(keys.ok()) << vector.name << keys.status();
    const VerificationKey& key = *keys->Find("k");
    EXPECT_EQ(key.algorithm, vector.algorithm);
    const std::string signature = *DecodeBase64Url(vector.signature);
    EXPECT_TRUE(VerifySignature(key.algorithm, key.key.get(), vector.message, signature)) << vector.name;
    EXPECT_FALSE(VerifySignature(key.algorithm, key.key.get(), absl::StrCat(vector.message, "A"), signature));
    EXPECT_FALSE(VerifySignature(key.algorithm, key.key.get(), "", signature));
    for (size_t bit = 0; bit < 8 * signature.size(); bit += 3) {
      std::string flipped = signature;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      ASSERT_FALSE(VerifySignature(key.algorithm, key.key.get(), vector.message, flipped)) << vector.name << " " << bit;
    }
    for (const std::string& wrong : {std::string(), signature.substr(1), signature.substr(0, signature.size() - 1),
                                     signature + "x", std::string(1, '\0') + signature,
                                     std::string(signature.size(), '\0'), std::string(signature.size(), '\xFF')}) {
      EXPECT_FALSE(VerifySignature(key.algorithm, key.key.get(), vector.message, wrong)) << vector.name;
    }
  }
  // Nothing is left behind for the thread's next TLS call to stumble over.
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(SignatureTest, EcdsaIsNotTakenInDer) {
  const TestIssuer issuer(Algorithm::kEs256, "k");
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  ASSERT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, issuer.key()), 1);
  std::string der(80, '\0');
  size_t size = der.size();
  ASSERT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, Bytes("m"), 1), 1);
  EXPECT_FALSE(VerifySignature(Algorithm::kEs256, issuer.key(), "m", der.substr(0, size)));
  EXPECT_TRUE(VerifySignature(Algorithm::kEs256, issuer.key(), "m", issuer.Sign("m")));
}

TEST(SignatureTest, NamesAreExact) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    EXPECT_EQ(ParseAlgorithm(AlgorithmName(algorithm)), algorithm);
  }
  for (const absl::string_view name : {"", "none", "None", "NONE", "HS256", "HS512", "rs256", "RS384", "RS512", "PS256",
                                       "ES384", "ES256K", "Ed25519", "Ed448", "EDDSA", "RS256 ", "RS256\n"}) {
    EXPECT_FALSE(ParseAlgorithm(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace docket::jwt
