#include "common/access/access_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/mistakes.pb.h"
#include "common/status/error.h"

namespace docket {
namespace {

using common::v1::Principal;
using common::v1::Role;
using rpctest::v1::EchoRequest;
using rpctest::v1::UpdateNoteRequest;

constexpr char kEcho[] = "/docket.rpctest.v1.EchoService/Echo";
constexpr char kCreate[] = "/docket.rpctest.v1.EchoService/CreateNote";
constexpr char kUpdate[] = "/docket.rpctest.v1.EchoService/UpdateNote";
constexpr char kForgotten[] = "/docket.rpctest.v1.EchoService/Forgotten";
constexpr char kPing[] = "/docket.rpctest.v1.EchoService/Ping";

Principal Caller(const char* organization, std::initializer_list<Role> roles) {
  Principal principal;
  principal.set_name("whoever");
  principal.set_organization(organization);
  for (const Role role : roles) principal.add_roles(role);
  return principal;
}

MethodAccess Access(absl::string_view path) {
  const std::string name(path.substr(path.rfind('/') + 1));
  const auto* service = EchoRequest::descriptor()->file()->FindServiceByName("EchoService");
  absl::StatusOr<MethodAccess> access = CompileMethodAccess(service->FindMethodByName(name));
  EXPECT_TRUE(access.ok()) << access.status();
  return *std::move(access);
}

EchoRequest About(const char* parent) {
  EchoRequest request;
  request.set_parent(parent);
  return request;
}

TEST(MethodAccessTest, ReadsTheContract) {
  const MethodAccess access = Access(kUpdate);
  EXPECT_EQ(access.path, kUpdate);
  EXPECT_THAT(access.roles, ::testing::ElementsAre(common::v1::ROLE_REQUESTER));
  EXPECT_TRUE(access.mutates);
  EXPECT_FALSE(access.server_streaming);
  EXPECT_EQ(access.event, "NoteUpdated");
  UpdateNoteRequest request;
  EXPECT_EQ(access.ResourceName(request), "");
  request.mutable_note()->set_name("organizations/acme/notes/1");
  EXPECT_EQ(access.ResourceName(request), "organizations/acme/notes/1");
}

TEST(MethodAccessTest, RefusesAResourceFieldThatDoesNotExist) {
  const auto* file = rpctest::v1::BadPattern::descriptor()->file();
  EXPECT_EQ(CompileMethodAccess(file->FindServiceByName("WrongRuleService")->method(0)).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(MethodAccessTable::Create({file}).status().code(), absl::StatusCode::kInternal);
}

// Every method × every role: exactly the roles that the contract lists open it.
TEST(CheckRoleTest, Matrix) {
  const auto* service = EchoRequest::descriptor()->file()->FindServiceByName("EchoService");
  int opened = 0;
  for (int m = 0; m < service->method_count(); ++m) {
    const absl::StatusOr<MethodAccess> access = CompileMethodAccess(service->method(m));
    ASSERT_TRUE(access.ok());
    const auto& listed = service->method(m)->options().GetExtension(common::v1::access).roles();
    const std::set<int> roles(listed.begin(), listed.end());
    for (int r = 0; r < common::v1::Role_descriptor()->value_count(); ++r) {
      const auto role = static_cast<Role>(common::v1::Role_descriptor()->value(r)->number());
      const absl::Status status = CheckRole(*access, Caller("organizations/acme", {role}));
      const bool expected = role != common::v1::ROLE_UNSPECIFIED && roles.count(role) > 0;
      EXPECT_EQ(status.ok(), expected) << access->path << " " << common::v1::Role_Name(role);
      opened += status.ok() ? 1 : 0;
      if (!expected) {
        EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
        EXPECT_EQ(GetReason(status), Reason::REASON_ROLE_REQUIRED);
      }
    }
    EXPECT_FALSE(CheckRole(*access, Caller("organizations/acme", {})).ok());
  }
  EXPECT_EQ(opened, 3 + 2 + 1 + 2 + 2 + 0);
}

TEST(CheckRoleTest, AnyOneOfSeveralRolesSuffices) {
  EXPECT_TRUE(
      CheckRole(Access(kEcho), Caller("organizations/acme", {common::v1::ROLE_VENDOR, common::v1::ROLE_AUDITOR})).ok());
}

TEST(CheckRoleTest, NamesTheRolesThatWouldDo) {
  const absl::Status status = CheckRole(Access(kEcho), Caller("organizations/acme", {common::v1::ROLE_VENDOR}));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("required_roles"), "REQUESTER,AUDITOR,SERVICE");
}

TEST(CheckRoleTest, AMethodWithoutRolesIsClosedToAll) {
  EXPECT_FALSE(CheckRole(Access(kForgotten),
                         Caller("organizations/-", {common::v1::ROLE_SERVICE, common::v1::ROLE_ADMINISTRATOR}))
                   .ok());
}

TEST(CheckOrganizationTest, KeepsCallersWithinTheirOwn) {
  const Principal caller = Caller("organizations/acme", {common::v1::ROLE_REQUESTER});
  EXPECT_TRUE(CheckOrganization(Access(kEcho), caller, About("organizations/acme")).ok());
  EXPECT_TRUE(CheckOrganization(Access(kEcho), caller, About("organizations/acme/requests/1")).ok());
  for (const char* other :
       {"organizations/other", "organizations/acme2", "organizations/acm", "organizations/ACME", "organizations/-"}) {
    const absl::Status status = CheckOrganization(Access(kEcho), caller, About(other));
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << other;
    EXPECT_EQ(GetReason(status), Reason::REASON_OTHER_ORGANIZATION) << other;
  }
}

TEST(CheckOrganizationTest, ANameWithoutOrganizationIsAWrongField) {
  const Principal caller = Caller("organizations/acme", {common::v1::ROLE_REQUESTER});
  for (const char* name : {"", "acme", "organizations/", "organizations//requests/1", "services/request"}) {
    const absl::Status status = CheckOrganization(Access(kEcho), caller, About(name));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(GetBadRequest(status)->field_violations(0).field(), "parent") << name;
  }
}

TEST(CheckOrganizationTest, ACallerWithoutOrganizationGetsNowhere) {
  EXPECT_FALSE(
      CheckOrganization(Access(kEcho), Caller("", {common::v1::ROLE_REQUESTER}), About("organizations/acme")).ok());
}

TEST(CheckOrganizationTest, DocketsServicesCross) {
  const EchoRequest request = About("organizations/acme");
  EXPECT_TRUE(CheckOrganization(Access(kEcho), Caller("organizations/-", {common::v1::ROLE_SERVICE}), request).ok());
  // A machine of one organisation does not.
  EXPECT_FALSE(
      CheckOrganization(Access(kEcho), Caller("organizations/other", {common::v1::ROLE_SERVICE}), request).ok());
  // Nor does the right organisation help a role that is a person's.
  EXPECT_FALSE(CheckOrganization(Access(kEcho), Caller("organizations/-", {common::v1::ROLE_REQUESTER}), request).ok());
}

TEST(CheckOrganizationTest, PlatformAdministratorsCrossWhereTheirRoleOpensTheMethod) {
  const EchoRequest request = About("organizations/acme");
  const Principal administrator =
      Caller("organizations/-", {common::v1::ROLE_ADMINISTRATOR, common::v1::ROLE_REQUESTER});
  rpctest::v1::CreateNoteRequest create;
  create.set_parent("organizations/acme");
  EXPECT_TRUE(CheckAccess(Access(kCreate), administrator, create).ok());
  // Echo opens to REQUESTER, and that role does not cross.
  EXPECT_EQ(GetReason(CheckAccess(Access(kEcho), administrator, request)), Reason::REASON_OTHER_ORGANIZATION);
}

TEST(CheckOrganizationTest, SomeMethodsBelongToNone) {
  EXPECT_TRUE(
      CheckAccess(Access(kPing), Caller("organizations/acme", {common::v1::ROLE_REQUESTER}), rpctest::v1::PingRequest())
          .ok());
}

TEST(CheckAccessTest, AsksForTheRoleFirst) {
  const absl::Status status =
      CheckAccess(Access(kEcho), Caller("organizations/acme", {common::v1::ROLE_VENDOR}), About("organizations/other"));
  EXPECT_EQ(GetReason(status), Reason::REASON_ROLE_REQUIRED);
}

TEST(PrincipalTest, KnowsDocketsServices) {
  EXPECT_TRUE(IsDocketService(Caller("organizations/-", {common::v1::ROLE_SERVICE})));
  EXPECT_FALSE(IsDocketService(Caller("organizations/acme", {common::v1::ROLE_SERVICE})));
  EXPECT_FALSE(IsDocketService(Caller("organizations/-", {common::v1::ROLE_ADMINISTRATOR})));
}

TEST(MethodAccessTableTest, FindsMethodsByPath) {
  const absl::StatusOr<MethodAccessTable> table = MethodAccessTable::Create({EchoRequest::descriptor()->file()});
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_NE(table->Find(kEcho), nullptr);
  EXPECT_EQ(table->Find(kEcho)->path, kEcho);
  EXPECT_TRUE(table->Find("/docket.rpctest.v1.EchoService/Watch")->server_streaming);
  EXPECT_EQ(table->methods().size(), 7);
  for (const char* unknown :
       {"", "/", "Echo", "docket.rpctest.v1.EchoService/Echo", "/docket.rpctest.v1.EchoService/echo"}) {
    EXPECT_EQ(table->Find(unknown), nullptr) << unknown;
  }
}

}  // namespace
}  // namespace docket
