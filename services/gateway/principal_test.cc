#include "services/gateway/principal.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

jwt::Claims Someone() {
  jwt::Claims claims;
  claims.name = "organizations/yuehai/people/lin-mei";
  claims.roles = {"REQUESTER", "DEPARTMENT_HEAD"};
  claims.department = "organizations/yuehai/departments/operations";
  claims.display_name = "林梅";
  return claims;
}

TEST(PrincipalTest, TakesEverythingFromTheClaims) {
  jwt::Claims claims = Someone();
  claims.vendor = "organizations/yuehai/vendors/haiwei";
  const auto principal = PrincipalOfClaims(claims);
  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->name(), claims.name);
  EXPECT_EQ(principal->organization(), "organizations/yuehai");
  EXPECT_THAT(principal->roles(), ElementsAre(common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD));
  EXPECT_EQ(principal->department(), claims.department);
  EXPECT_EQ(principal->vendor(), claims.vendor);
  EXPECT_EQ(principal->display_name(), "林梅");
  EXPECT_EQ(principal->authentication_method(), common::v1::AUTHENTICATION_METHOD_JWT);
  EXPECT_EQ(principal->client_ip(), "");
}

TEST(PrincipalTest, RefusesRolesThatDoNotExist) {
  for (const char* role : {"KING", "UNSPECIFIED", "ROLE_REQUESTER", "requester", ""}) {
    jwt::Claims claims = Someone();
    claims.roles.push_back(role);
    EXPECT_THAT(PrincipalOfClaims(claims), StatusIs(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_INVALID))
        << role;
  }
}

TEST(PrincipalTest, MayHaveNoRolesAtAll) {
  jwt::Claims claims = Someone();
  claims.roles.clear();
  EXPECT_THAT(PrincipalOfClaims(claims), IsOk());
}

TEST(PrincipalTest, PlatformAdministrationServesAllOrganisations) {
  jwt::Claims claims;
  claims.name = "services/administrator";
  claims.roles = {"ADMINISTRATOR"};
  const auto principal = PrincipalOfClaims(claims);
  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->organization(), "organizations/-");
}

TEST(PrincipalTest, NoTokenMakesOneOfDocketsServices) {
  for (const char* role : {"SERVICE", "AUDITOR"}) {
    jwt::Claims claims;
    claims.name = "services/request";
    claims.roles = {"ADMINISTRATOR", role};
    EXPECT_THAT(PrincipalOfClaims(claims),
                StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("ADMINISTRATOR only")))
        << role;
  }
}

TEST(PrincipalTest, AnOrganisationsPipelineMayHoldTheRoleOfAService) {
  jwt::Claims claims = Someone();
  claims.roles = {"SERVICE"};
  const auto principal = PrincipalOfClaims(claims);
  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->organization(), "organizations/yuehai");
}

TEST(PrincipalTest, RefusesNamesWithoutAnOrganisation) {
  for (const char* name : {"", "people/lin-mei", "organizations/-/people/lin-mei", "service/x"}) {
    jwt::Claims claims = Someone();
    claims.name = name;
    EXPECT_THAT(PrincipalOfClaims(claims), StatusIs(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_INVALID))
        << name;
  }
}

TEST(PrincipalTest, CutsDisplayNamesBetweenCharacters) {
  jwt::Claims claims = Someone();
  claims.display_name = "x";
  for (int i = 0; i < 100; ++i) claims.display_name += "林";
  const auto principal = PrincipalOfClaims(claims);
  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->display_name(), claims.display_name.substr(0, 1 + 66 * 3));
}

TEST(AddressOfPeerTest, LeavesThePortOut) {
  EXPECT_EQ(AddressOfPeer("ipv4:127.0.0.1:4711"), "127.0.0.1");
  EXPECT_EQ(AddressOfPeer("ipv6:%5B::1%5D:4711"), "::1");
  EXPECT_EQ(AddressOfPeer("ipv6:[2001:db8::7]:4711"), "2001:db8::7");
  EXPECT_EQ(AddressOfPeer("ipv6:%5Bfe80::1%252%5D:4711"), "fe80::1%2");
  EXPECT_EQ(AddressOfPeer("unix:/run/docket.sock"), "");
  EXPECT_EQ(AddressOfPeer("ipv4:127.0.0.1"), "");
  EXPECT_EQ(AddressOfPeer(""), "");
  EXPECT_EQ(AddressOfPeer("ipv6:" + std::string(80, 'a') + ":1"), "");
}

}  // namespace
}  // namespace docket::gateway
