#include "common/jwt/verifier.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/hmac.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/jwt/test_issuer.h"
#include "common/status/error.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

constexpr Algorithm kAll[] = {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa};

class VerifierTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    issuers_ = new std::map<Algorithm, TestIssuer>;
    for (const Algorithm algorithm : kAll)
      issuers_->emplace(algorithm, TestIssuer(algorithm, std::string(AlgorithmName(algorithm)) + "-key"));
  }
  static void TearDownTestSuite() { delete issuers_; }

  static const TestIssuer& Issuer(Algorithm algorithm = Algorithm::kEdDsa) { return issuers_->at(algorithm); }

  static KeySet Keys() {
    json keys = json::array();
    for (const auto& [algorithm, issuer] : *issuers_) keys.push_back(issuer.Jwk());
    return *KeySet::Parse(json{{"keys", keys}}.dump());
  }

  static json With(const json& changes) {
    json payload = TestPayload();
    payload.merge_patch(changes);
    return payload;
  }

  absl::StatusOr<Claims> Verify(absl::string_view token) const { return verifier_.Verify(token, now_); }

  // Refused, for that reason, in words that have nothing of the token in them.
  void ExpectRefused(absl::string_view token, absl::string_view why,
                     Reason reason = Reason::REASON_TOKEN_INVALID) const {
    const absl::Status status = Verify(token).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << why << " " << status;
    EXPECT_EQ(GetReason(status), reason) << why << " " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), why)) << why << " " << status;
    for (const absl::string_view part : absl::StrSplit(token, '.')) {
      if (part.size() > 8) {
        EXPECT_FALSE(absl::StrContains(status.message(), part));
      }
    }
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
  void ExpectHeaderRefused(absl::string_view header, absl::string_view why) const {
    ExpectRefused(Issuer().Token(header, TestPayload().dump()), why);
  }

  static std::map<Algorithm, TestIssuer>* issuers_;
  const absl::Time now_ = absl::FromUnixSeconds(kTestNow);
  const Verifier verifier_{Keys(), {.issuer = "https://login.example", .audience = "docket"}};
};
std::map<Algorithm, TestIssuer>* VerifierTest::issuers_ = nullptr;

TEST_F(VerifierTest, AcceptsAllThreeAlgorithms) {
  for (const Algorithm algorithm : kAll) {
    const absl::StatusOr<Claims> claims = Verify(Issuer(algorithm).Token(TestPayload()));
    ASSERT_TRUE(claims.ok()) << AlgorithmName(algorithm) << claims.status();
    EXPECT_EQ(claims->name, "organizations/yuehai/people/lin-mei");
    EXPECT_EQ(claims->display_name, "林梅");
  }
}

TEST_F(VerifierTest, EveryChangedCharacterIsNoticed) {
  for (const Algorithm algorithm : kAll) {
    const std::string token = Issuer(algorithm).Token(TestPayload());
    for (size_t i = 0; i < token.size(); i += algorithm == Algorithm::kEdDsa ? 1 : 7) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      ASSERT_FALSE(Verify(changed).ok()) << i;
      ASSERT_FALSE(Verify(token.substr(0, i)).ok()) << i;
      changed = token;
      changed.insert(i, "A");
      ASSERT_FALSE(Verify(changed).ok()) << i;
    }
  }
}

TEST_F(VerifierTest, ASignatureIsOfItsKeyAlone) {
  const TestIssuer stranger(Algorithm::kEdDsa, Issuer().kid());
  ExpectRefused(stranger.Token(TestPayload()), "wrong signature");
  ExpectRefused(TestIssuer(Algorithm::kEs256, Issuer(Algorithm::kEs256).kid()).Token(TestPayload()), "wrong signature");
  ExpectRefused(TestIssuer(Algorithm::kEdDsa, "unheard-of").Token(TestPayload()), "unknown key");
  // Parts of two good tokens.
  const std::vector<std::string> a = absl::StrSplit(Issuer().Token(TestPayload()), '.');
  const std::vector<std::string> b = absl::StrSplit(Issuer().Token(With({{"sub", "u-1"}})), '.');
  ExpectRefused(absl::StrCat(a[0], ".", b[1], ".", a[2]), "wrong signature");
  ExpectRefused(absl::StrCat(a[0], ".", a[1], ".", b[2]), "wrong signature");
}

TEST_F(VerifierTest, ATokenCannotChooseHowItIsVerified) {
  const std::string payload = EncodeBase64Url(TestPayload().dump());
  const auto unsigned_token = [&](absl::string_view header, absl::string_view signature) {
    return absl::StrCat(EncodeBase64Url(header), ".", payload, ".", signature);
  };
  for (const absl::string_view none : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header = json{{"alg", std::string(none)}, {"kid", Issuer().kid()}}.dump();
    ExpectRefused(unsigned_token(header, ""), "not accepted");
    ExpectRefused(unsigned_token(header, "AAAA"), "not accepted");
    ExpectHeaderRefused(header, "not accepted");
  }
  ExpectRefused(unsigned_token(R"({"alg":"EdDSA","kid":"EdDSA-key"})", ""), "wrong signature");

  // The public key as the secret of an HMAC.
  for (const Algorithm algorithm : kAll) {
    const std::string header = json{{"alg", "HS256"}, {"kid", Issuer(algorithm).kid()}}.dump();
    const std::string text = absl::StrCat(EncodeBase64Url(header), ".", payload);
    const std::string secret = Issuer(algorithm).Jwk().dump();
    std::string mac(32, '\0');
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(text), text.size(),
         reinterpret_cast<unsigned char*>(mac.data()), nullptr);
    ExpectRefused(absl::StrCat(text, ".", EncodeBase64Url(mac)), "not accepted");
  }

  // An accepted algorithm that the key is not for.
  for (const Algorithm key : kAll) {
    for (const Algorithm named : kAll) {
      if (key == named) continue;
      const std::string header = json{{"alg", std::string(AlgorithmName(named))}, {"kid", Issuer(key).kid()}}.dump();
      ExpectRefused(Issuer(key).Token(header, TestPayload().dump()), "its key is not for");
      ExpectRefused(Issuer(named).Token(header, TestPayload().dump()), "its key is not for");
    }
  }

  // A key that the token brings itself.
  const TestIssuer stranger(Algorithm::kEdDsa, "mine");
  const std::string dumped = stranger.Jwk().dump();
  ExpectRefused(
      stranger.Token(absl::StrCat(R"({"alg":"EdDSA","kid":"mine","jwk":)", dumped, "}"), TestPayload().dump()),
      "unknown key");
  ExpectRefused(
      stranger.Token(absl::StrCat(R"({"alg":"EdDSA","kid":"EdDSA-key","jwk":)", dumped, "}"), TestPayload().dump()),
      "wrong signature");
  ExpectRefused(
      stranger.Token(R"({"alg":"EdDSA","kid":"mine","jku":"https://evil.example/jwks"})", TestPayload().dump()),
      "unknown key");
}

TEST_F(VerifierTest, Headers) {
  ExpectHeaderRefused("", "header");
  ExpectHeaderRefused("null", "header");
  ExpectHeaderRefused("[]", "header");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key"}x)", "header");
  ExpectHeaderRefused(R"({"alg":"EdDSA","alg":"EdDSA","kid":"EdDSA-key"})", "header");
  ExpectHeaderRefused(R"({"alg":"none","kid":"EdDSA-key","\u0061lg":"EdDSA"})", "header");
  ExpectHeaderRefused(R"({"kid":"EdDSA-key"})", "no algorithm");
  ExpectHeaderRefused(R"({"alg":["EdDSA"],"kid":"EdDSA-key"})", "no algorithm");
  ExpectHeaderRefused(R"({"alg":"EdDSA"})", "no key");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":1})", "no key");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":""})", "unknown key");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EDDSA-KEY"})", "unknown key");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key","crit":["exp"],"exp":1})", "critical");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key","crit":[]})", "critical");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key","crit":null})", "critical");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key","crit":["b64"],"b64":false})", "critical");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key","typ":"dpop+jwt"})", "another type");
  ExpectHeaderRefused(R"({"alg":"EdDSA","kid":"EdDSA-key","typ":1})", "another type");
  for (const absl::string_view header :
       {R"({"alg":"EdDSA","kid":"EdDSA-key","typ":"JWT"})", R"({"alg":"EdDSA","kid":"EdDSA-key","typ":"at+jwt"})",
        R"({"kid":"EdDSA-key","typ":"jwt","alg":"EdDSA","x5t":"ignored"})",
        " {\"alg\":\"EdDSA\",\r\n\"kid\":\"EdDSA-key\"} "}) {
    EXPECT_TRUE(Verify(Issuer().Token(header, TestPayload().dump())).ok()) << header;
  }
}

TEST_F(VerifierTest, Shapes) {
  const std::string token = Issuer().Token(TestPayload());
  ExpectRefused("", "three parts");
  ExpectRefused(".", "three parts");
  ExpectRefused("..", "header");
  ExpectRefused("...", "three parts");
  ExpectRefused("x", "three parts");
  ExpectRefused(token.substr(0, token.rfind('.')), "three parts");
  ExpectRefused(token + ".", "three parts");
  ExpectRefused(token + "." + token, "three parts");
  ExpectRefused(token + "=", "Base 64");
  ExpectRefused(token + "\n", "Base 64");
  ExpectRefused(" " + token, "Base 64");
  ExpectRefused("Bearer " + token, "Base 64");
  ExpectRefused(std::string("\0", 1) + token, "Base 64");
  ExpectRefused(std::string(kMaxTokenBytes + 1, 'A'), "too long");
  ExpectRefused(std::string(1 << 20, '.'), "too long");

  // A signature of 64 bytes is 86 characters, the last of which has four bits that must be zero.
  std::string spelled = token;
  for (const char c : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    if (c == token.back()) continue;
    spelled.back() = c;
    ASSERT_FALSE(Verify(spelled).ok()) << c;
  }

  // The longest that is read.
  json padded = TestPayload();
  const size_t room = kMaxTokenBytes - token.size();
  padded["padding"] = std::string(room * 3 / 4 - 20, 'x');
  const std::string longest = Issuer().Token(padded);
  EXPECT_GT(longest.size(), kMaxTokenBytes - 64);
  EXPECT_TRUE(Verify(longest).ok());
}

TEST_F(VerifierTest, Payloads) {
  const std::string header = R"({"alg":"EdDSA","kid":"EdDSA-key"})";
  const std::string good = TestPayload().dump();
  ASSERT_TRUE(Verify(Issuer().Token(header, good)).ok());
  ExpectRefused(Issuer().Token(header, ""), "payload");
  ExpectRefused(Issuer().Token(header, "[]"), "payload");
  ExpectRefused(Issuer().Token(header, "\"text\""), "payload");
  ExpectRefused(Issuer().Token(header, good + "{}"), "payload");
  ExpectRefused(Issuer().Token(header, good.substr(0, good.size() - 1) + ",\"sub\":\"admin\"}"), "payload");
  ExpectRefused(Issuer().Token(header, good.substr(0, good.size() - 1) + ",\"s\\u0075b\":\"admin\"}"), "payload");
  ExpectRefused(Issuer().Token(header, good.substr(0, good.size() - 1) + ",\"x\":{\"y\":1,\"y\":2}}"), "payload");
  ExpectRefused(Issuer().Token(header, "{\"a\":" + std::string(3000, '[') + std::string(3000, ']') + "}"), "payload");
  ExpectRefused(Issuer().Token(With({{"docket_name", nullptr}})), "`docket_name`");
}

TEST_F(VerifierTest, IssuerAndAudience) {
  for (const char* issuer : {"https://login.example/", "https://LOGIN.example", "http://login.example", "login.example",
                             "https://login.example.evil.example"}) {
    ExpectRefused(Issuer().Token(With({{"iss", issuer}})), "another issuer");
  }
  ExpectRefused(Issuer().Token(With({{"iss", nullptr}})), "`iss`");
  for (const json& audience : std::vector<json>{"other", "Docket", "docket ", "dock", {"other", "docket-staging"}}) {
    ExpectRefused(Issuer().Token(With({{"aud", audience}})), "another audience");
  }
  ExpectRefused(Issuer().Token(With({{"aud", nullptr}})), "`aud`");
  ExpectRefused(Issuer().Token(With({{"aud", json::array()}})), "`aud`");
  EXPECT_TRUE(Verify(Issuer().Token(With({{"aud", {"other", "docket"}}}))).ok());
  EXPECT_TRUE(Verify(Issuer().Token(With({{"aud", json::array({"docket"})}}))).ok());
}

TEST_F(VerifierTest, Times) {
  ExpectRefused(Issuer().Token(With({{"exp", kTestNow}})), "expired", Reason::REASON_TOKEN_EXPIRED);
  ExpectRefused(Issuer().Token(With({{"exp", kTestNow - 30}})), "expired", Reason::REASON_TOKEN_EXPIRED);
  ExpectRefused(Issuer().Token(With({{"exp", 0}})), "expired", Reason::REASON_TOKEN_EXPIRED);
  EXPECT_TRUE(Verify(Issuer().Token(With({{"exp", kTestNow + 1}}))).ok());
  EXPECT_TRUE(Verify(Issuer().Token(With({{"exp", kTestNow + 0.5}}))).ok());
  ExpectRefused(Issuer().Token(With({{"exp", nullptr}})), "no `exp`");
  ExpectRefused(Issuer().Token(With({{"exp", "2030"}})), "`exp`");

  EXPECT_TRUE(Verify(Issuer().Token(With({{"nbf", kTestNow + 60}}))).ok());
  ExpectRefused(Issuer().Token(With({{"nbf", kTestNow + 61}})), "not valid yet");
  EXPECT_TRUE(Verify(Issuer().Token(With({{"iat", kTestNow + 60}}))).ok());
  ExpectRefused(Issuer().Token(With({{"iat", kTestNow + 61}})), "issued in the future");
  EXPECT_TRUE(Verify(Issuer().Token(With({{"iat", nullptr}}))).ok());

  // "Expired" is said only of a token that is otherwise good.
  ExpectRefused(Issuer().Token(With({{"exp", kTestNow - 1}, {"aud", "other"}})), "another audience");
  ExpectRefused(Issuer().Token(With({{"exp", kTestNow - 1}, {"nbf", kTestNow + 100}})), "not valid yet");
}

TEST_F(VerifierTest, NoGraceMeansNone) {
  const Verifier strict(Keys(),
                        {.issuer = "https://login.example", .audience = "docket", .leeway = absl::ZeroDuration()});
  EXPECT_TRUE(strict.Verify(Issuer().Token(With({{"iat", kTestNow}})), now_).ok());
  EXPECT_FALSE(strict.Verify(Issuer().Token(With({{"iat", kTestNow + 1}})), now_).ok());
}

}  // namespace
}  // namespace docket::jwt
