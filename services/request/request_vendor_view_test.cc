// What people of a vendor see of requests: those that concern a system of their vendor, one by one.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using tests::IsOk;
using tests::StatusIs;

class RequestVendorViewTest : public ::testing::Test {
 protected:
  RequestVendorViewTest() : calls_(service_) {
    for (const char* vendor : {"anjubao", "hikvision"}) EXPECT_THAT(calls_.CreateVendor(vendor), IsOk());
    EXPECT_THAT(calls_.CreateSystem("gate", "it", "anjubao"), IsOk());
    EXPECT_THAT(calls_.CreateSystem("camera", "it", "hikvision"), IsOk());
    vendor_ = calls_.VendorPerson("an-wei", "anjubao");
  }

  // A submitted request that concerns these systems.
  std::string About(const std::vector<std::string>& systems) {
    const std::string name = Draft(systems);
    EXPECT_THAT(service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, name), IsOk());
    return name;
  }
  std::string Draft(const std::vector<std::string>& systems) {
    v1::Request form = WholeService::Form();
    form.clear_targets();
    for (const std::string& system : systems) {
      common::v1::VersionChange* target = form.add_targets();
      target->set_system("organizations/yunqi/systems/" + system);
      // As it is installed, whatever that is.
      v1::GetSystemRequest look;
      look.set_name(target->system());
      const auto found = service_.Call<v1::System>("CatalogService/GetSystem", service_.administrator, look);
      EXPECT_THAT(found, IsOk());
      target->set_from_version(found->installed_version());
      target->set_to_version("9.9");
    }
    return service_.Create(service_.author, form).name();
  }

  absl::StatusOr<v1::Request> Get(const Principal& by, const std::string& name) {
    v1::GetRequestRequest call;
    call.set_name(name);
    return service_.Call<v1::Request>("RequestService/GetRequest", by, call);
  }

  WholeService service_;
  DirectoryCalls calls_;
  Principal vendor_;
};

const auto kNothing = StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND);

TEST_F(RequestVendorViewTest, OneOfTheSystemsIsTheVendors) {
  const std::string own = About({"gate"});
  const auto found = Get(vendor_, own);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->SerializeAsString(), service_.Get(own).SerializeAsString());
  EXPECT_THAT(Get(vendor_, About({"camera", "gate"})), IsOk());
  for (const char* other : {"camera", "access-control"}) {
    const std::string name = About({other});
    EXPECT_THAT(Get(vendor_, name), kNothing);
    EXPECT_THAT(Get(service_.auditor, name), IsOk());
  }
  EXPECT_THAT(Get(vendor_, Draft({"gate"})), kNothing);
}

// access-control is of no vendor, as they are.
TEST_F(RequestVendorViewTest, WhoIsOfNoVendorSeesNone) {
  Principal unknown = vendor_;
  unknown.set_name("organizations/yunqi/people/nobody");
  for (const char* system : {"gate", "access-control"}) EXPECT_THAT(Get(unknown, About({system})), kNothing) << system;
}

TEST_F(RequestVendorViewTest, ThereIsNoOtherWayToThem) {
  const std::string own = About({"gate"});
  const auto kRole = StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED);
  v1::ListRequestsRequest list;
  v1::SearchRequestsRequest search;
  v1::CountRequestsRequest count;
  v1::GetRequestImpactRequest impact;
  list.set_parent("organizations/yunqi");
  search.set_parent("organizations/yunqi");
  search.set_query("门禁");
  count.set_parent("organizations/yunqi");
  impact.set_name(own);
  EXPECT_THAT(service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", vendor_, list), kRole);
  EXPECT_THAT(service_.Call<v1::SearchRequestsResponse>("RequestService/SearchRequests", vendor_, search), kRole);
  EXPECT_THAT(service_.Call<v1::CountRequestsResponse>("RequestService/CountRequests", vendor_, count), kRole);
  EXPECT_THAT(service_.Call<v1::RequestImpact>("RequestService/GetRequestImpact", vendor_, impact), kRole);
}

}  // namespace
}  // namespace docket::request
