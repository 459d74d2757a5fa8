// Which tokens the gateway takes, and what it says of the others.
#include <openssl/hmac.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/jwt/base64url.h"
#include "common/jwt/openssl.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/testing/running_gateway.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using nlohmann::json;
using testing::AuditBackend;
using testing::RequestBackend;
using testing::RunningGateway;
using tests::IsOk;
using tests::StatusIs;

constexpr char kName[] = "organizations/yuehai/requests/7";

class GatewayTokenTest : public ::testing::Test {
 protected:
  void ExpectRefused(const std::string& token, Reason reason) {
    const auto reply = gateway_.Get(token, kName);
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnauthenticated, reason)) << token;
    EXPECT_FALSE(!token.empty() && absl::StrContains(reply.status().message(), token)) << "errors repeat no token";
  }
  // The good claims with one changed; nullptr takes it out.
  std::string With(const char* claim, const json& value) {
    json claims = RunningGateway::Claims({"REQUESTER"});
    claims[claim] = value;
    if (value.is_null()) claims.erase(claim);
    return gateway_.issuer().Token(claims);
  }

  RequestBackend request_;
  AuditBackend audit_;
  RunningGateway gateway_{request_, audit_};
  const int64_t now_ = absl::ToUnixSeconds(absl::Now());
};

TEST_F(GatewayTokenTest, TakesAllThreeAlgorithms) {
  const json claims = RunningGateway::Claims({"REQUESTER"});
  EXPECT_THAT(gateway_.Get(gateway_.issuer().Token(claims), kName), IsOk());
  EXPECT_THAT(gateway_.Get(gateway_.rsa_issuer().Token(claims), kName), IsOk());
  EXPECT_THAT(gateway_.Get(gateway_.ec_issuer().Token(claims), kName), IsOk());
}

TEST_F(GatewayTokenTest, KeysTurnOver) {
  const json claims = RunningGateway::Claims({"REQUESTER"});
  const std::string token = gateway_.issuer().Token(claims);
  ASSERT_THAT(gateway_.Get(token, kName), IsOk());
  gateway_.WriteKeys(json::array({gateway_.ec_issuer().Jwk()}));
  ASSERT_THAT(gateway_.gateway().ReloadKeys(), IsOk());
  ExpectRefused(token, Reason::REASON_TOKEN_INVALID);
  EXPECT_THAT(gateway_.Get(gateway_.ec_issuer().Token(claims), kName), IsOk());
  // A file that makes no sense is reported and changes nothing.
  gateway_.WriteKeys(json::array());
  EXPECT_FALSE(gateway_.gateway().ReloadKeys().ok());
  EXPECT_THAT(gateway_.Get(gateway_.ec_issuer().Token(claims), kName), IsOk());
}

TEST_F(GatewayTokenTest, NoneAtAll) { ExpectRefused("", Reason::REASON_CREDENTIALS_MISSING); }

TEST_F(GatewayTokenTest, UnsignedOnes) {
  const std::string claims = RunningGateway::Claims({"REQUESTER"}).dump();
  for (const char* alg : {"none", "None", "NONE", ""}) {
    const std::string head = jwt::EncodeBase64Url(json{{"alg", alg}, {"kid", "ed"}}.dump());
    ExpectRefused(head + "." + jwt::EncodeBase64Url(claims) + ".", Reason::REASON_TOKEN_INVALID);
  }
}

TEST_F(GatewayTokenTest, PublicKeysTakenForSharedSecrets) {
  const json jwk = gateway_.rsa_issuer().Jwk();
  for (const std::string& key : {jwk["n"].get<std::string>(), jwk.dump()}) {
    const std::string text = jwt::EncodeBase64Url(json{{"alg", "HS256"}, {"kid", "rs"}}.dump()) + "." +
                             jwt::EncodeBase64Url(RunningGateway::Claims({"REQUESTER"}).dump());
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), mac, &size);
    ExpectRefused(text + "." + jwt::EncodeBase64Url(absl::string_view(reinterpret_cast<const char*>(mac), size)),
                  Reason::REASON_TOKEN_INVALID);
  }
}

TEST_F(GatewayTokenTest, KeysOfSomeoneElse) {
  const json claims = RunningGateway::Claims({"REQUESTER"});
  ExpectRefused(jwt::TestIssuer(jwt::Algorithm::kEdDsa, "ed").Token(claims), Reason::REASON_TOKEN_INVALID);
  ExpectRefused(jwt::TestIssuer(jwt::Algorithm::kEdDsa, "unknown").Token(claims), Reason::REASON_TOKEN_INVALID);
}

TEST_F(GatewayTokenTest, WrongAudience) {
  ExpectRefused(With("aud", "elsewhere"), Reason::REASON_TOKEN_INVALID);
  ExpectRefused(With("aud", nullptr), Reason::REASON_TOKEN_INVALID);
  EXPECT_THAT(gateway_.Get(With("aud", {"elsewhere", "docket"}), kName), IsOk());
}

TEST_F(GatewayTokenTest, WrongIssuer) {
  ExpectRefused(With("iss", "https://login.example.evil"), Reason::REASON_TOKEN_INVALID);
  ExpectRefused(With("iss", nullptr), Reason::REASON_TOKEN_INVALID);
}

TEST_F(GatewayTokenTest, OutOfTime) {
  ExpectRefused(With("exp", now_ - 1), Reason::REASON_TOKEN_EXPIRED);
  ExpectRefused(With("exp", nullptr), Reason::REASON_TOKEN_INVALID);
  ExpectRefused(With("nbf", now_ + 600), Reason::REASON_TOKEN_INVALID);
  ExpectRefused(With("iat", now_ + 600), Reason::REASON_TOKEN_INVALID);
}

TEST_F(GatewayTokenTest, ChangedAfterSigning) {
  std::string token = gateway_.Token({"REQUESTER"});
  const size_t dot = token.find('.');
  const std::string claims = RunningGateway::Claims({"IT_DIRECTOR"}).dump();
  ExpectRefused(token.substr(0, dot + 1) + jwt::EncodeBase64Url(claims) + token.substr(token.rfind('.')),
                Reason::REASON_TOKEN_INVALID);
}

TEST_F(GatewayTokenTest, ClaimsThatNobodyMayMake) {
  ExpectRefused(With("docket_roles", {"EMPEROR"}), Reason::REASON_TOKEN_INVALID);
  ExpectRefused(With("docket_name", "organizations/-/people/lin-mei"), Reason::REASON_TOKEN_INVALID);
  json claims = RunningGateway::Claims({"SERVICE"});
  claims["docket_name"] = "services/request";
  claims.erase("docket_department");
  ExpectRefused(gateway_.issuer().Token(claims), Reason::REASON_TOKEN_INVALID);
}

TEST_F(GatewayTokenTest, WithoutRolesNothingIsOpen) {
  EXPECT_THAT(gateway_.Get(gateway_.Token({}), kName),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

}  // namespace
}  // namespace docket::gateway
