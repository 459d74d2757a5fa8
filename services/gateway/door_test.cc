#include "services/gateway/door.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/jwt/test_issuer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

constexpr char kGet[] = "/docket.request.v1.RequestService/GetRequest";

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() : routes_(*Routes::Create()) {}

  Door MakeDoor(DoorLimits limits = {}) {
    return Door({.routes = &routes_, .verifier = &verifier_, .clock = &clock_, .metrics = &metrics_, .limits = limits});
  }
  jwt::KeySet Keys() { return *jwt::KeySet::Parse(nlohmann::json{{"keys", {issuer_.Jwk()}}}.dump()); }

  FakeClock clock_{absl::FromUnixSeconds(jwt::kTestNow)};
  Metrics metrics_;
  Routes routes_;
  jwt::TestIssuer issuer_{jwt::Algorithm::kEdDsa, "k"};
  jwt::CachingVerifier verifier_{jwt::Verifier(Keys(), {.issuer = "https://login.example", .audience = "docket"}),
                                 clock_};
};

TEST_F(DoorTest, HoldsAllCallersToOneLimit) {
  Door door = MakeDoor({.max_calls = 2, .max_calls_per_caller = 2});
  auto first = door.Enter("a");
  auto second = door.Enter("b");
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  const auto third = door.Enter("c");
  EXPECT_THAT(third, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  EXPECT_TRUE(GetRetryDelay(third.status()).has_value());
  first->reset();
  EXPECT_THAT(door.Enter("c"), IsOk());
}

TEST_F(DoorTest, HoldsEachCallerToItsOwn) {
  Door door = MakeDoor({.max_calls = 10, .max_calls_per_caller = 2});
  std::vector<std::unique_ptr<Door::Place>> places;
  for (int i = 0; i < 2; ++i) {
    auto place = door.Enter("a");
    ASSERT_THAT(place, IsOk());
    places.push_back(*std::move(place));
  }
  const auto third = door.Enter("a");
  EXPECT_THAT(third, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_RATE_LIMITED));
  EXPECT_TRUE(GetRetryDelay(third.status()).has_value());
  EXPECT_THAT(door.Enter("b"), IsOk());
  places.pop_back();
  EXPECT_THAT(door.Enter("a"), IsOk());
}

TEST_F(DoorTest, RefusedCallersTakeNoPlace) {
  Door door = MakeDoor({.max_calls = 1, .max_calls_per_caller = 0});
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(door.Enter("a"), StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_RATE_LIMITED));
}

TEST_F(DoorTest, FindsMethodsOfTheContractOnly) {
  Door door = MakeDoor();
  EXPECT_THAT(door.FindRoute(kGet), IsOk());
  EXPECT_THAT(door.FindRoute("/docket.request.v1.RequestService/Nothing"),
              StatusIs(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD));
}

TEST_F(DoorTest, SaysWhereNoBackendIsConfigured) {
  Door door = MakeDoor();
  EXPECT_THAT(door.FindBackend(*routes_.Find(kGet)),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
}

TEST_F(DoorTest, ReadsBearerTokens) {
  Door door = MakeDoor();
  const std::string token = issuer_.Token(jwt::TestPayload());
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    const auto principal = door.Authenticate(scheme + token, "ipv4:10.1.2.3:99");
    ASSERT_THAT(principal, IsOk()) << scheme;
    EXPECT_EQ(principal->name(), "organizations/yuehai/people/lin-mei");
    EXPECT_EQ(principal->client_ip(), "10.1.2.3");
  }
  for (const std::string& value : {std::string(), token, "Basic " + token, std::string("Bearer")}) {
    EXPECT_THAT(door.Authenticate(value, ""),
                StatusIs(absl::StatusCode::kUnauthenticated, Reason::REASON_CREDENTIALS_MISSING));
  }
  EXPECT_THAT(door.Authenticate("Bearer x", ""),
              StatusIs(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_INVALID));
}

TEST_F(DoorTest, TokensEndByTheClock) {
  Door door = MakeDoor();
  const std::string value = "Bearer " + issuer_.Token(jwt::TestPayload());
  EXPECT_THAT(door.Authenticate(value, ""), IsOk());
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(door.Authenticate(value, ""), StatusIs(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_EXPIRED));
}

TEST_F(DoorTest, CountsByMethodAndCode) {
  Door door = MakeDoor();
  door.Count(kGet, 0, absl::Milliseconds(3));
  door.Count(kGet, 0, absl::Milliseconds(3));
  door.Count(kGet, 5, absl::Milliseconds(3));
  door.Count("", 12, absl::Milliseconds(3));
  door.Count("/no/such", 12, absl::Milliseconds(3));
  door.Count(kGet, 99, absl::Milliseconds(3));
  const std::string text = metrics_.Text();
  EXPECT_THAT(
      text,
      HasSubstr("docket_gateway_calls_total{code=\"OK\",method=\"docket.request.v1.RequestService/GetRequest\"} 2"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "docket_gateway_calls_total{code=\"NOT_FOUND\",method=\"docket.request.v1.RequestService/GetRequest\"} 1"));
  EXPECT_THAT(text, HasSubstr("docket_gateway_calls_total{code=\"UNIMPLEMENTED\",method=\"unknown\"} 2"));
  EXPECT_THAT(text, Not(HasSubstr("/no/such")));
}

TEST_F(DoorTest, EveryMethodAndCodeInUseIsExported) {
  Door door = MakeDoor();
  for (const auto& [path, route] : routes_.all()) {
    for (const int code : {0, 3, 4, 5, 7, 8, 9, 10, 14, 16}) door.Count(path, code, absl::Milliseconds(1));
  }
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, Not(::testing::ContainsRegex("docket_metrics_refused_total [1-9]")));
  for (const auto& [path, route] : routes_.all()) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("docket_gateway_calls_total{code=\"UNAUTHENTICATED\",method=\"",
                                             path.substr(1), "\"} 1")));
  }
}

}  // namespace
}  // namespace docket::gateway
