#include "common/jwt/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/jwt/test_issuer.h"
#include "common/status/error.h"

namespace docket::jwt {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json With(const json& changes) {
  json payload = TestPayload();
  payload.merge_patch(changes);
  return payload;
}

TEST(ClaimsTest, ReadsEverything) {
  const absl::StatusOr<Claims> claims = ParseClaims(
      With({{"nbf", kTestNow - 5}, {"jti", "t-1"}, {"docket_vendor", "organizations/yuehai/vendors/acme"}}).dump());
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->issuer, "https://login.example");
  EXPECT_EQ(claims->subject, "u-1841");
  EXPECT_THAT(claims->audience, ElementsAre("docket"));
  EXPECT_EQ(claims->expires_at, absl::FromUnixSeconds(kTestNow + 3600));
  EXPECT_EQ(claims->not_before, absl::FromUnixSeconds(kTestNow - 5));
  EXPECT_EQ(claims->issued_at, absl::FromUnixSeconds(kTestNow));
  EXPECT_EQ(claims->token_id, "t-1");
  EXPECT_EQ(claims->name, "organizations/yuehai/people/lin-mei");
  EXPECT_THAT(claims->roles, ElementsAre("REQUESTER", "DEPARTMENT_HEAD"));
  EXPECT_EQ(claims->department, "organizations/yuehai/departments/operations");
  EXPECT_EQ(claims->vendor, "organizations/yuehai/vendors/acme");
  EXPECT_EQ(claims->display_name, "林梅");
}

TEST(ClaimsTest, ReadsTheLeast) {
  const absl::StatusOr<Claims> claims =
      ParseClaims(R"({"iss":"i","sub":"s","aud":["a","b"],"exp":1.5,"docket_name":"services/request"})");
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_THAT(claims->audience, ElementsAre("a", "b"));
  EXPECT_EQ(claims->expires_at, absl::FromUnixMillis(1500));
  EXPECT_FALSE(claims->issued_at.has_value());
  EXPECT_FALSE(claims->not_before.has_value());
  EXPECT_TRUE(claims->roles.empty());
  EXPECT_EQ(claims->name, "services/request");
}

TEST(ClaimsTest, WritesWhatItReads) {
  const Claims claims = *ParseClaims(With({{"jti", "t"}, {"nbf", 1}, {"aud", {"docket", "other"}}}).dump());
  const absl::StatusOr<std::string> text = FormatClaims(claims);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(json::parse(*text), With({{"jti", "t"}, {"nbf", 1}, {"aud", {"docket", "other"}}}));

  Claims bad = claims;
  bad.name = "organizations/-/people/lin-mei";
  EXPECT_EQ(FormatClaims(bad).status().code(), absl::StatusCode::kInvalidArgument);
  bad = claims;
  bad.display_name = "\xFF";
  EXPECT_EQ(FormatClaims(bad).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FormatClaims({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ClaimsTest, RefusesMalformedMembers) {
  const std::string long_text(kMaxClaimTextBytes + 1, 'x');
  std::vector<std::pair<const char*, json>> cases;
  for (const char* member : {"iss", "sub", "aud", "exp", "docket_name"}) cases.emplace_back(member, nullptr);
  for (const char* member : {"iss", "sub", "aud", "docket_name"}) cases.emplace_back(member, "");
  for (const char* member : {"iss", "sub", "aud", "jti", "name", "docket_name", "docket_department", "docket_vendor"}) {
    cases.emplace_back(member, 1);
    cases.emplace_back(member, true);
    cases.emplace_back(member, json::array({1}));
    cases.emplace_back(member, long_text);
  }
  for (const char* member : {"exp", "nbf", "iat"}) {
    for (const json& time : std::vector<json>{"1767229200", true, -1, -0.5, 253402300800, 1e300, 18446744073709551615u,
                                              json::array({1767229200})}) {
      cases.emplace_back(member, time);
    }
  }
  for (const json& audience : std::vector<json>{json::array(),
                                                {""},
                                                {"docket", 1},
                                                {"docket", json::array()},
                                                json::array({long_text}),
                                                std::vector<std::string>(kMaxAudiences + 1, "docket")}) {
    cases.emplace_back("aud", audience);
  }
  for (const char* name : {"people/lin-mei",
                           "organizations/yuehai",
                           "organizations/yuehai/people/",
                           "organizations//people/lin-mei",
                           "organizations/-/people/lin-mei",
                           "organizations/yuehai/people/-",
                           "organizations/yuehai/people/-x",
                           "organizations/yuehai/people/x-",
                           "organizations/Yuehai/people/lin-mei",
                           "organizations/yuehai/people/lin mei",
                           "organizations/yuehai/people/lin-mei/",
                           "/organizations/yuehai/people/lin-mei",
                           "organizations/yuehai/people/lin-mei/x",
                           "organizations/yuehai/departments/x",
                           "organizations/yuehai/people/林",
                           "organizations/yuehai/people/a_b",
                           "organizations/yuehai/people/a\n",
                           "services/",
                           "services/-",
                           "services/a/b",
                           "services/A",
                           "docket.example/services/request",
                           "*"}) {
    cases.emplace_back("docket_name", name);
  }
  cases.emplace_back("docket_name", "services/" + std::string(64, 'a'));
  for (const char* department : {"operations", "organizations/other/departments/operations",
                                 "organizations/-/departments/operations", "organizations/yuehai/departments/-",
                                 "organizations/yuehai/vendors/acme", "organizations/yuehai/departments/"}) {
    cases.emplace_back("docket_department", department);
  }
  for (const char* vendor : {"acme", "organizations/other/vendors/acme", "organizations/yuehai/departments/acme"}) {
    cases.emplace_back("docket_vendor", vendor);
  }
  for (const json& roles : std::vector<json>{"REQUESTER",
                                             {"requester"},
                                             {"REQUESTER", 1},
                                             json::array({""}),
                                             {"A B"},
                                             {"_A"},
                                             {"ROLE1"},
                                             json::array({std::string(64, 'A')}),
                                             std::vector<std::string>(kMaxRoles + 1, "REQUESTER")}) {
    cases.emplace_back("docket_roles", roles);
  }
  for (const auto& [member, value] : cases) {
    const std::string text = With({{member, value}}).dump();
    const absl::Status status = ParseClaims(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << member << "=" << value;
    EXPECT_EQ(GetReason(status), Reason::REASON_TOKEN_INVALID);
    EXPECT_TRUE(absl::StrContains(status.message(), member)) << status;
    EXPECT_LT(status.message().size(), 60u);
  }
}

TEST(ClaimsTest, AServiceIsOfNoOrganisation) {
  EXPECT_TRUE(ParseClaims(With({{"docket_name", "services/request"}, {"docket_department", nullptr}}).dump()).ok());
  EXPECT_FALSE(ParseClaims(With({{"docket_name", "services/request"}}).dump()).ok());
}

TEST(ClaimsTest, RefusesWhatIsNoObject) {
  const std::string good = TestPayload().dump();
  for (const std::string& text : {std::string(), std::string("[]"), std::string("null"), good + "x",
                                  good.substr(0, good.size() - 1) + ",\"sub\":\"u-1\"}"}) {
    EXPECT_EQ(ParseClaims(text).status().code(), absl::StatusCode::kUnauthenticated) << text;
  }
}

}  // namespace
}  // namespace docket::jwt
