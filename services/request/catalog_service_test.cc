#include "services/request/catalog_service.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

class CatalogServiceTest : public ::testing::Test {
 protected:
  static v1::System OwnerApp() {
    v1::System system;
    system.set_title("业主服务APP");
    system.set_description("业主报修、缴费、访客预约");
    system.set_owner_department("organizations/yunqi/departments/customer-service");
    system.set_criticality(common::v1::LEVEL_MEDIUM);
    system.set_category("owner-service");
    system.mutable_environment()->set_operating_system("Debian 12");
    system.mutable_environment()->set_database("MySQL 8.0");
    system.set_installed_version("7.3.1");
    v1::System::Component* ios = system.add_components();
    ios->set_id("ios");
    ios->set_installed_version("7.3.1");
    v1::System::Component* android = system.add_components();
    android->set_id("android");
    android->set_installed_version("7.3.0");
    v1::System::Dependency* dependency = system.add_dependencies();
    dependency->set_system("organizations/yunqi/systems/access-control");
    dependency->set_purpose("访客二维码开门");
    return system;
  }

  absl::StatusOr<v1::System> Create(const std::string& id, const v1::System& system) {
    v1::CreateSystemRequest call;
    call.set_parent("organizations/yunqi");
    call.set_system_id(id);
    *call.mutable_system() = system;
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::System>("CatalogService/CreateSystem", service_.administrator, call);
  }

  absl::StatusOr<v1::System> Get(const std::string& name) {
    v1::GetSystemRequest call;
    call.set_name(name);
    return service_.Call<v1::System>("CatalogService/GetSystem", service_.auditor, call);
  }

  WholeService service_;
};

TEST_F(CatalogServiceTest, CreatesAndShows) {
  v1::System wanted = OwnerApp();
  wanted.set_state(v1::System::STATE_RETIRED);  // Not the caller's to say.
  const auto created = Create("owner-app", wanted);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->name(), "organizations/yunqi/systems/owner-app");
  EXPECT_EQ(created->state(), v1::System::STATE_ACTIVE);
  const auto got = Get(created->name());
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->SerializeAsString(), created->SerializeAsString());
  EXPECT_EQ(got->components(0).id(), "ios");
  EXPECT_EQ(got->dependencies(0).purpose(), "访客二维码开门");
  event::v1::SystemCreated payload;
  ASSERT_TRUE(service_.LastEvent("SystemCreated").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.installed_version(), "7.3.1");

  EXPECT_THAT(Create("owner-app", OwnerApp()), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(Get("organizations/yunqi/systems/none"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(CatalogServiceTest, ReferencesMustExist) {
  v1::System system = OwnerApp();
  system.set_owner_department("organizations/yunqi/departments/none");
  EXPECT_THAT(Create("a", system), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  system = OwnerApp();
  system.set_vendor("organizations/yunqi/vendors/none");
  EXPECT_THAT(Create("a", system), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  system = OwnerApp();
  system.mutable_dependencies(0)->set_system("organizations/yunqi/systems/none");
  const auto broken = Create("a", system);
  ASSERT_THAT(broken, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(broken.status())->metadata().at("resource"), "organizations/yunqi/systems/none");
}

TEST_F(CatalogServiceTest, NoSystemNeedsItself) {
  v1::System system = OwnerApp();
  system.mutable_dependencies(0)->set_system("organizations/yunqi/systems/owner-app");
  const auto refused = Create("owner-app", system);
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_EQ(GetErrorInfo(refused.status())->metadata().at("cycle"), "owner-app, owner-app");
}

TEST_F(CatalogServiceTest, ListsInPages) {
  ASSERT_THAT(Create("owner-app", OwnerApp()), IsOk());
  ASSERT_THAT(Create("patrol", OwnerApp()), IsOk());
  v1::ListSystemsRequest call;
  call.set_parent("organizations/yunqi");
  call.set_page_size(2);
  std::vector<std::string> names;
  std::vector<int> components;
  do {
    const auto page = service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", service_.author, call);
    ASSERT_THAT(page, IsOk());
    for (const v1::System& system : page->systems()) {
      names.push_back(system.name().substr(system.name().rfind('/') + 1));
      components.push_back(system.components_size());
    }
    call.set_page_token(page->next_page_token());
  } while (!call.page_token().empty());
  EXPECT_THAT(names, ElementsAre("access-control", "owner-app", "patrol"));
  EXPECT_THAT(components, ElementsAre(1, 2, 2));
}

TEST_F(CatalogServiceTest, HistoryOfAnUnknownSystem) {
  v1::ListInstalledVersionsRequest call;
  call.set_parent("organizations/yunqi/systems/none");
  EXPECT_THAT(
      service_.Call<v1::ListInstalledVersionsResponse>("CatalogService/ListInstalledVersions", service_.author, call),
      StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

}  // namespace
}  // namespace docket::request
