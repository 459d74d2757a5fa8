// What people of a vendor see of an organisation: their vendor and its systems.
#include "services/request/vendor_view_service.h"

#include <string>
#include <vector>

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
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

class VendorViewTest : public ::testing::Test {
 protected:
  VendorViewTest() : calls_(service_) {
    for (const char* vendor : {"anjubao", "hikvision"}) EXPECT_THAT(calls_.CreateVendor(vendor), IsOk());
    EXPECT_THAT(calls_.CreateSystem("gate", "it", "anjubao"), IsOk());
    EXPECT_THAT(calls_.CreateSystem("intercom", "it", "anjubao"), IsOk());
    EXPECT_THAT(calls_.CreateSystem("camera", "it", "hikvision"), IsOk());
    vendor_ = calls_.VendorPerson("an-wei", "anjubao");
    // The token says what it wants: the directory decides.
    unknown_ = vendor_;
    unknown_.set_name("organizations/yunqi/people/nobody");
  }

  absl::Status GetVendor(const Principal& by, const std::string& id) {
    v1::GetVendorRequest call;
    call.set_name("organizations/yunqi/vendors/" + id);
    return service_.Call<v1::Vendor>("DirectoryService/GetVendor", by, call).status();
  }

  absl::Status GetSystem(const Principal& by, const std::string& id) {
    v1::GetSystemRequest call;
    call.set_name("organizations/yunqi/systems/" + id);
    return service_.Call<v1::System>("CatalogService/GetSystem", by, call).status();
  }

  absl::StatusOr<v1::ListSystemsResponse> ListSystems(const Principal& by, const std::string& filter = "",
                                                      int page_size = 0, const std::string& page_token = "") {
    v1::ListSystemsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::ListSystemsResponse>("CatalogService/ListSystems", by, call);
  }

  std::vector<std::string> Systems(const Principal& by, const std::string& filter = "") {
    const auto reply = ListSystems(by, filter);
    EXPECT_THAT(reply, IsOk());
    std::vector<std::string> titles;
    if (!reply.ok()) return titles;
    for (const v1::System& system : reply->systems()) titles.push_back(system.title());
    return titles;
  }

  std::vector<std::string> Vendors(const Principal& by, const std::string& filter = "") {
    v1::ListVendorsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    const auto reply = service_.Call<v1::ListVendorsResponse>("DirectoryService/ListVendors", by, call);
    EXPECT_THAT(reply, IsOk());
    std::vector<std::string> titles;
    if (!reply.ok()) return titles;
    for (const v1::Vendor& vendor : reply->vendors()) titles.push_back(vendor.title());
    return titles;
  }

  absl::Status Versions(const Principal& by, const std::string& id, const std::string& filter = "") {
    v1::ListInstalledVersionsRequest call;
    call.set_parent("organizations/yunqi/systems/" + id);
    call.set_filter(filter);
    return service_.Call<v1::ListInstalledVersionsResponse>("CatalogService/ListInstalledVersions", by, call).status();
  }

  WholeService service_;
  DirectoryCalls calls_;
  Principal vendor_, unknown_;
};

TEST_F(VendorViewTest, TheDirectorySaysForWhomSomeoneActs) {
  DirectoryStore store(service_.pool());
  const auto acting = [&](const Principal& principal, absl::string_view organization) {
    const rpc::CallContext context({.principal = principal});
    const auto found = ActingVendor(context, store, organization);
    EXPECT_THAT(found, IsOk());
    return found.value_or(std::nullopt);
  };
  EXPECT_EQ(acting(service_.author, "yunqi"), std::nullopt);
  EXPECT_EQ(acting(vendor_, "yunqi"), "anjubao");
  EXPECT_EQ(acting(unknown_, "yunqi"), "");
  // Somebody else has the same identifier there.
  EXPECT_EQ(acting(vendor_, "library"), "");
  Principal namesake = vendor_;
  namesake.set_name("organizations/library/people/an-wei");
  EXPECT_EQ(acting(namesake, "yunqi"), "");
}

TEST_F(VendorViewTest, WhoHasLeftSeesNothing) {
  ASSERT_THAT(calls_.RetirePerson("an-wei"), IsOk());
  EXPECT_THAT(GetVendor(vendor_, "anjubao"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(GetSystem(vendor_, "gate"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Systems(vendor_), IsEmpty());
}

TEST_F(VendorViewTest, WhatItsSystemsNeedIsOthers) {
  v1::GetSystemRequest get;
  get.set_name("organizations/yunqi/systems/gate");
  v1::UpdateSystemRequest call;
  *call.mutable_system() = *service_.Call<v1::System>("CatalogService/GetSystem", service_.author, get);
  call.mutable_system()->add_dependencies()->set_system("organizations/yunqi/systems/camera");
  call.mutable_update_mask()->add_paths("dependencies");
  call.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::System>("CatalogService/UpdateSystem", service_.administrator, call), IsOk());
  EXPECT_EQ(service_.Call<v1::System>("CatalogService/GetSystem", service_.author, get)->dependencies_size(), 1);
  EXPECT_EQ(service_.Call<v1::System>("CatalogService/GetSystem", vendor_, get)->dependencies_size(), 0);
  const auto listed = ListSystems(vendor_);
  ASSERT_THAT(listed, IsOk());
  for (const v1::System& system : listed->systems()) EXPECT_EQ(system.dependencies_size(), 0) << system.name();
  EXPECT_THAT(ListSystems(vendor_, "dependency = organizations/yunqi/systems/camera"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

TEST_F(VendorViewTest, OfVendorsOnlyItsOwn) {
  EXPECT_THAT(GetVendor(vendor_, "anjubao"), IsOk());
  EXPECT_THAT(GetVendor(vendor_, "hikvision"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(GetVendor(unknown_, "anjubao"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(GetVendor(service_.author, "hikvision"), IsOk());
  EXPECT_THAT(Vendors(vendor_), ElementsAre("供应商 anjubao"));
  EXPECT_THAT(Vendors(vendor_, "title = \"供应商 hikvision\" OR title = \"供应商 anjubao\""),
              ElementsAre("供应商 anjubao"));
  EXPECT_THAT(Vendors(unknown_), IsEmpty());
  EXPECT_THAT(Vendors(service_.author), ElementsAre("供应商 anjubao", "供应商 hikvision"));
}

TEST_F(VendorViewTest, OfSystemsOnlyItsOwn) {
  EXPECT_THAT(GetSystem(vendor_, "gate"), IsOk());
  for (const char* other : {"camera", "access-control", "none"}) {
    EXPECT_THAT(GetSystem(vendor_, other), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND)) << other;
    EXPECT_THAT(Versions(vendor_, other), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND)) << other;
  }
  // Of no vendor, as this system is.
  EXPECT_THAT(GetSystem(unknown_, "access-control"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Versions(unknown_, "access-control"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Versions(vendor_, "gate"), IsOk());
  EXPECT_THAT(Versions(vendor_, "gate", "version = 9"), IsOk());
  EXPECT_THAT(Versions(service_.author, "camera"), IsOk());
  EXPECT_THAT(Versions(service_.author, "none"), StatusIs(StatusCode::kNotFound));

  EXPECT_THAT(Systems(vendor_), ElementsAre("系统 gate", "系统 intercom"));
  EXPECT_THAT(Systems(vendor_, "title = \"系统 camera\" OR title = \"系统 gate\""), ElementsAre("系统 gate"));
  EXPECT_THAT(Systems(vendor_, "vendor = organizations/yunqi/vendors/hikvision"), IsEmpty());
  EXPECT_THAT(Systems(unknown_), IsEmpty());
  EXPECT_THAT(Systems(service_.author), ElementsAre("门禁管理软件", "系统 camera", "系统 gate", "系统 intercom"));
}

TEST_F(VendorViewTest, APageGoesOnForWhomItBegan) {
  const auto first = ListSystems(vendor_, "", 1);
  ASSERT_THAT(first, IsOk());
  ASSERT_NE(first->next_page_token(), "");
  const auto second = ListSystems(vendor_, "", 1, first->next_page_token());
  ASSERT_THAT(second, IsOk());
  ASSERT_EQ(second->systems_size(), 1);
  EXPECT_EQ(second->systems(0).title(), "系统 intercom");
  EXPECT_EQ(second->next_page_token(), "");
  const Principal rival = calls_.VendorPerson("hai-kang", "hikvision");
  for (const Principal& other : {rival, service_.author}) {
    EXPECT_THAT(ListSystems(other, "", 1, first->next_page_token()),
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  }
}

}  // namespace
}  // namespace docket::request
