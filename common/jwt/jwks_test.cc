#include "common/jwt/jwks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "common/jwt/test_issuer.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

absl::StatusOr<KeySet> Parse(const json& keys) { return KeySet::Parse(json{{"keys", keys}}.dump()); }

class JwksTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    rsa_ = new json(TestIssuer(Algorithm::kRs256, "r").Jwk());
    ec_ = new json(TestIssuer(Algorithm::kEs256, "e").Jwk());
    okp_ = new json(TestIssuer(Algorithm::kEdDsa, "o").Jwk());
  }
  static void TearDownTestSuite() {
    delete rsa_;
    delete ec_;
    delete okp_;
  }
  // `jwk` with some members changed, or removed where null is given.
  static json With(json jwk, const json& changes) {
    jwk.merge_patch(changes);
    return jwk;
  }
  void ExpectRefused(const json& jwk) {
    // Beside a good key: one damaged key is not passed over.
    const absl::Status status = Parse({With(*okp_, {{"kid", "good"}}), jwk}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << jwk;
    EXPECT_TRUE(absl::StrContains(status.message(), "keys[1]")) << status;
  }
  void ExpectPassedOver(const json& jwk) {
    const absl::StatusOr<KeySet> keys = Parse({jwk, With(*okp_, {{"kid", "good"}})});
    ASSERT_TRUE(keys.ok()) << jwk << keys.status();
    EXPECT_EQ(keys->size(), 1u) << jwk;
    EXPECT_NE(keys->Find("good"), nullptr);
    EXPECT_EQ(Parse(json::array({jwk})).status().code(), absl::StatusCode::kInvalidArgument);
  }

  static json* rsa_;
  static json* ec_;
  static json* okp_;
};
json* JwksTest::rsa_ = nullptr;
json* JwksTest::ec_ = nullptr;
json* JwksTest::okp_ = nullptr;

TEST_F(JwksTest, TakesAllThreeKinds) {
  const absl::StatusOr<KeySet> keys = Parse({*rsa_, *ec_, *okp_});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 3u);
  EXPECT_EQ(keys->Find("r")->algorithm, Algorithm::kRs256);
  EXPECT_EQ(keys->Find("e")->algorithm, Algorithm::kEs256);
  EXPECT_EQ(keys->Find("o")->algorithm, Algorithm::kEdDsa);
  EXPECT_EQ(keys->Find("x"), nullptr);
  EXPECT_EQ(keys->Find(""), nullptr);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_F(JwksTest, WhatIsNotSaidOfAKeyIsLeftOpen) {
  for (const json& jwk : {*rsa_, *ec_, *okp_}) {
    EXPECT_TRUE(Parse(json::array({With(jwk, {{"use", nullptr}, {"alg", nullptr}})})).ok());
    EXPECT_TRUE(Parse(json::array({With(jwk, {{"key_ops", {"verify"}}})})).ok());
    EXPECT_TRUE(Parse(json::array({With(jwk, {{"x5c", {"ignored"}}, {"unknown", 1}})})).ok());
  }
}

TEST_F(JwksTest, PassesOverWhatIsForSomethingElse) {
  for (const json& jwk : {*rsa_, *ec_, *okp_}) {
    ExpectPassedOver(With(jwk, {{"use", "enc"}}));
    ExpectPassedOver(With(jwk, {{"use", 1}}));
    ExpectPassedOver(With(jwk, {{"key_ops", {"encrypt", "wrapKey"}}}));
    ExpectPassedOver(With(jwk, {{"key_ops", json::array()}}));
    ExpectPassedOver(With(jwk, {{"key_ops", "verify"}}));
    for (const char* alg : {"RS512", "PS256", "ES384", "HS256", "none", "RSA-OAEP", ""}) {
      ExpectPassedOver(With(jwk, {{"alg", alg}}));
    }
  }
  ExpectPassedOver(With(*rsa_, {{"alg", "ES256"}}));
  ExpectPassedOver(With(*ec_, {{"alg", "EdDSA"}}));
  ExpectPassedOver(With(*ec_, {{"crv", "P-384"}}));
  ExpectPassedOver(With(*ec_, {{"crv", nullptr}}));
  ExpectPassedOver(With(*okp_, {{"crv", "X25519"}}));
  ExpectPassedOver({{"kty", "oct"}, {"kid", "s"}, {"alg", "HS256"}, {"k", "c2VjcmV0"}});
  ExpectPassedOver({{"kty", "future"}});
}

TEST_F(JwksTest, RefusesDamagedKeys) {
  for (const json& jwk : {*rsa_, *ec_, *okp_}) {
    ExpectRefused(With(jwk, {{"kid", nullptr}}));
    ExpectRefused(With(jwk, {{"kid", ""}}));
    ExpectRefused(With(jwk, {{"kid", 7}}));
    ExpectRefused(With(jwk, {{"kid", "good"}}));
    ExpectRefused(With(jwk, {{"kid", std::string(kMaxKidBytes + 1, 'k')}}));
    ExpectRefused(With(jwk, {{"d", "AAAA"}}));
    for (const char* member : {"n", "e", "x", "y"}) {
      if (!jwk.contains(member)) continue;
      const std::string value = jwk[member];
      ExpectRefused(With(jwk, {{member, nullptr}}));
      ExpectRefused(With(jwk, {{member, 65537}}));
      ExpectRefused(With(jwk, {{member, ""}}));
      ExpectRefused(With(jwk, {{member, value + "="}}));
      ExpectRefused(With(jwk, {{member, value + "AAAA" + std::string(1400, 'A')}}));
    }
  }
  ExpectRefused(With(*ec_, {{"x", (*ec_)["y"]}}));  // not on the curve
  ExpectRefused(With(*ec_, {{"x", std::string(43, 'A')}, {"y", std::string(43, 'A')}}));
  ExpectRefused(With(*ec_, {{"x", std::string((*ec_)["x"]).substr(0, 42)}}));
  ExpectRefused(With(*okp_, {{"x", std::string(42, 'A')}}));
  ExpectRefused(With(*rsa_, {{"e", "AQ"}}));    // 1
  ExpectRefused(With(*rsa_, {{"e", "Aw"}}));    // 3
  ExpectRefused(With(*rsa_, {{"e", "AQAA"}}));  // even
  ExpectRefused("not an object");
  ExpectRefused(json::object());
  ExpectRefused({{"kty", 1}});
}

TEST_F(JwksTest, RefusesWeakRsaKeys) {
  for (const int bits : {1024, 2040}) {
    const absl::Status status = Parse(json::array({TestIssuer(Algorithm::kRs256, "w", bits).Jwk()})).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bits;
  }
  // Zeros in front do not make a number larger.
  std::string n = *DecodeBase64Url(std::string(TestIssuer(Algorithm::kRs256, "w", 1024).Jwk()["n"]));
  ExpectRefused(With(*rsa_, {{"n", EncodeBase64Url(std::string(128, '\0') + n)}}));
  // One in front, as some libraries write it, does no harm.
  n = *DecodeBase64Url(std::string((*rsa_)["n"]));
  EXPECT_TRUE(Parse(json::array({With(*rsa_, {{"n", EncodeBase64Url(std::string(1, '\0') + n)}})})).ok());
}

TEST_F(JwksTest, RefusesWhatIsNoSet) {
  const std::string jwk = okp_->dump();
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), jwk, "[" + jwk + "]", std::string("{\"keys\":[]}"),
        "{\"keys\":" + jwk + "}", "{\"keys\":[" + jwk + "],\"keys\":[" + jwk + "]}", "{\"keys\":[" + jwk + "]",
        "{\"keys\":[" + jwk + "]}" + std::string(kMaxJwksBytes, ' ')}) {
    EXPECT_EQ(KeySet::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text.substr(0, 200);
  }
  EXPECT_TRUE(KeySet::Parse("{\"keys\":[" + jwk + "]}").ok());
  // A key's member twice.
  EXPECT_FALSE(KeySet::Parse("{\"keys\":[" + jwk.substr(0, jwk.size() - 1) + ",\"kid\":\"x\"}]}").ok());
  json many = json::array();
  for (size_t i = 0; i <= kMaxJwksKeys; ++i) many.push_back(With(*okp_, {{"kid", std::to_string(i)}}));
  EXPECT_FALSE(Parse(many).ok());
  many.erase(0);
  EXPECT_TRUE(Parse(many).ok());
}

}  // namespace
}  // namespace docket::jwt
