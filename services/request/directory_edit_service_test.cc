#include "services/request/directory_edit_service.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

class DirectoryEditTest : public ::testing::Test {
 protected:
  v1::Vendor CreateVendor(const std::string& id, const std::string& title, int64_t support_end = 0) {
    v1::CreateVendorRequest call;
    call.set_parent("organizations/yunqi");
    call.set_vendor_id(id);
    call.mutable_vendor()->set_title(title);
    if (support_end != 0) call.mutable_vendor()->mutable_support_end_time()->set_seconds(support_end);
    call.set_request_id(service_.NewRequestId());
    const auto created = service_.Call<v1::Vendor>("DirectoryService/CreateVendor", service_.administrator, call);
    EXPECT_THAT(created, IsOk());
    return created.value_or(v1::Vendor());
  }

  absl::StatusOr<v1::Person> CreatePerson(const std::string& id, const std::string& name, const std::string& department,
                                          const std::vector<common::v1::Role>& roles) {
    v1::CreatePersonRequest call;
    call.set_parent("organizations/yunqi");
    call.set_person_id(id);
    call.mutable_person()->set_display_name(name);
    if (!department.empty()) call.mutable_person()->set_department("organizations/yunqi/departments/" + department);
    for (const common::v1::Role role : roles) call.mutable_person()->add_roles(role);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Person>("DirectoryService/CreatePerson", service_.administrator, call);
  }

  // Update of any resource: `field` is its field in the call.
  template <typename Call, typename Resource>
  absl::StatusOr<Resource> Update(const char* method, Resource* (Call::*field)(), const Resource& resource,
                                  const std::vector<std::string>& paths, const common::v1::Principal& by) {
    Call call;
    *(call.*field)() = resource;
    for (const std::string& path : paths) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<Resource>(absl::StrCat("DirectoryService/", method), by, call);
  }
  absl::StatusOr<v1::Vendor> UpdateVendor(const v1::Vendor& vendor, const std::vector<std::string>& paths) {
    return Update("UpdateVendor", &v1::UpdateVendorRequest::mutable_vendor, vendor, paths, service_.administrator);
  }
  absl::StatusOr<v1::Person> UpdatePerson(const v1::Person& person, const std::vector<std::string>& paths) {
    return Update("UpdatePerson", &v1::UpdatePersonRequest::mutable_person, person, paths, service_.administrator);
  }

  absl::StatusOr<std::vector<std::string>> People(const std::string& filter, const std::string& order = "",
                                                  int size = 0) {
    v1::ListPeopleRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_order_by(order);
    call.set_page_size(size);
    std::vector<std::string> ids;
    do {
      const auto page = service_.Call<v1::ListPeopleResponse>("DirectoryService/ListPeople", service_.auditor, call);
      if (!page.ok()) return page.status();
      for (const v1::Person& person : page->people()) ids.push_back(IdOf(person.name()));
      call.set_page_token(page->next_page_token());
    } while (!call.page_token().empty());
    return ids;
  }

  WholeService service_;
};

TEST_F(DirectoryEditTest, VendorsTakeEdits) {
  v1::Vendor vendor = CreateVendor("huiwen", "汇文软件有限公司", 1830000000);
  vendor.set_title("汇文软件（集团）有限公司");
  vendor.clear_support_end_time();
  auto updated = UpdateVendor(vendor, {"title", "support_end_time"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->title(), "汇文软件（集团）有限公司");
  EXPECT_FALSE(updated->has_support_end_time());
  EXPECT_EQ(updated->etag(), "2");
  const event::v1::Event event = service_.LastEvent("VendorUpdated");
  ASSERT_EQ(event.changes_size(), 2);
  EXPECT_EQ(event.changes(0).field(), "title");
  EXPECT_EQ(event.changes(0).before(), "汇文软件有限公司");
  EXPECT_EQ(event.changes(1).field(), "support_end_time");
  EXPECT_EQ(event.changes(1).after(), "");

  EXPECT_THAT(UpdateVendor(vendor, {"title"}), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  vendor.set_etag("");
  EXPECT_THAT(UpdateVendor(vendor, {"title"}), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  vendor.set_etag("2");
  vendor.set_name("organizations/yunqi/vendors/none");
  EXPECT_THAT(UpdateVendor(vendor, {"title"}), StatusIs(StatusCode::kNotFound));
}

TEST_F(DirectoryEditTest, OfManyEditsOfOneVersionOneWins) {
  v1::Vendor vendor = CreateVendor("huiwen", "汇文");
  std::vector<absl::Status> results(16);
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      v1::Vendor edit = vendor;
      edit.set_title(absl::StrCat("汇文 ", i));
      results[i] = UpdateVendor(edit, {"title"}).status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  int won = 0;
  for (const absl::Status& result : results) {
    won += result.ok() ? 1 : 0;
    EXPECT_TRUE(result.ok() || absl::IsAborted(result)) << result;
  }
  EXPECT_EQ(won, 1);
}

TEST_F(DirectoryEditTest, PeopleStayConsistent) {
  CreateVendor("huiwen", "汇文");
  const auto created = CreatePerson("li-na", "李娜", "customer-service", {common::v1::ROLE_REQUESTER});
  ASSERT_THAT(created, IsOk());
  v1::Person person = *created;
  person.clear_department();
  EXPECT_THAT(UpdatePerson(person, {"department"}),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  person.set_department("organizations/yunqi/departments/none");
  EXPECT_THAT(UpdatePerson(person, {"department"}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  person.set_department("organizations/library/departments/it");
  EXPECT_THAT(UpdatePerson(person, {"department"}), StatusIs(StatusCode::kInvalidArgument));
  person.set_department("organizations/yunqi/departments/it");
  person.clear_roles();
  person.add_roles(common::v1::ROLE_SYSTEM_ADMIN);
  person.add_roles(common::v1::ROLE_DEPARTMENT_HEAD);
  const auto moved = UpdatePerson(person, {"department", "roles"});
  ASSERT_THAT(moved, IsOk());
  EXPECT_EQ(moved->department(), "organizations/yunqi/departments/it");
  EXPECT_THAT(moved->roles(), ElementsAre(common::v1::ROLE_DEPARTMENT_HEAD, common::v1::ROLE_SYSTEM_ADMIN));
  EXPECT_EQ(service_.LastEvent("PersonUpdated").changes(1).after(), R"(["ROLE_DEPARTMENT_HEAD","ROLE_SYSTEM_ADMIN"])");
  // The same roles in another order are no change.
  person = *moved;
  std::swap(*person.mutable_roles()->begin(), *(person.mutable_roles()->begin() + 1));
  EXPECT_EQ(UpdatePerson(person, {"roles"})->etag(), moved->etag());
}

TEST_F(DirectoryEditTest, OrganisationsAndDepartments) {
  v1::GetOrganizationRequest get;
  get.set_name("organizations/yunqi");
  v1::Organization organization =
      *service_.Call<v1::Organization>("DirectoryService/GetOrganization", service_.auditor, get);
  organization.set_time_zone("Asia/Atlantis");
  const auto update = [&](const common::v1::Principal& by) {
    return Update("UpdateOrganization", &v1::UpdateOrganizationRequest::mutable_organization, organization,
                  {"time_zone", "title"}, by);
  };
  EXPECT_THAT(update(service_.administrator), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  organization.set_time_zone("Asia/Urumqi");
  EXPECT_THAT(update(service_.director), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  // An organisation's own administrator, but no other's.
  EXPECT_THAT(update(PersonOf("library", "guan", "", {common::v1::ROLE_ADMINISTRATOR})),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  const auto updated = update(PersonOf("yunqi", "guan", "", {common::v1::ROLE_ADMINISTRATOR}));
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->time_zone(), "Asia/Urumqi");
  EXPECT_EQ(service_.LastEvent("OrganizationUpdated").subject(), "organizations/yunqi");

  v1::Department department;
  department.set_name("organizations/yunqi/departments/it");
  department.set_title("数字化部");
  department.set_etag("1");
  const auto renamed = Update("UpdateDepartment", &v1::UpdateDepartmentRequest::mutable_department, department, {},
                              service_.administrator);
  ASSERT_THAT(renamed, IsOk());
  EXPECT_EQ(renamed->title(), "数字化部");

  v1::ListDepartmentsRequest list;
  list.set_parent("organizations/yunqi");
  list.set_order_by("title desc");
  list.set_filter("title:\"*部\" AND name != organizations/yunqi/departments/engineering");
  const auto found =
      service_.Call<v1::ListDepartmentsResponse>("DirectoryService/ListDepartments", service_.author, list);
  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->departments_size(), 2);
  EXPECT_EQ(found->departments(0).title(), "数字化部");
}

TEST_F(DirectoryEditTest, VendorsByTheEndOfTheirSupport) {
  CreateVendor("a", "甲", 1800000000);
  CreateVendor("b", "乙", 1900000000);
  CreateVendor("c", "丙");
  v1::ListVendorsRequest call;
  call.set_parent("organizations/yunqi");
  const auto list = [&](const std::string& filter) {
    call.set_filter(filter);
    std::vector<std::string> ids;
    const auto found = service_.Call<v1::ListVendorsResponse>("DirectoryService/ListVendors", service_.author, call);
    EXPECT_THAT(found, IsOk());
    if (!found.ok()) return ids;
    for (const v1::Vendor& vendor : found->vendors()) ids.push_back(IdOf(vendor.name()));
    return ids;
  };
  EXPECT_THAT(list("support_end_time < 2028-01-01T00:00:00Z"), ElementsAre("a"));
  EXPECT_THAT(list("NOT support_end_time:*"), ElementsAre("c"));
  EXPECT_THAT(list("support_end_time > 0001-01-01T00:00:00Z AND support_end_time < 9999-12-31T23:59:59Z"),
              ElementsAre("a", "b"));
}

TEST_F(DirectoryEditTest, PeopleByRoleAndDepartment) {
  ASSERT_THAT(CreatePerson("li-na", "李娜", "customer-service", {common::v1::ROLE_REQUESTER}), IsOk());
  ASSERT_THAT(
      CreatePerson("wang", "王强", "customer-service", {common::v1::ROLE_DEPARTMENT_HEAD, common::v1::ROLE_REQUESTER}),
      IsOk());
  ASSERT_THAT(CreatePerson("chen", "陈敏", "it", {common::v1::ROLE_IT_DIRECTOR}), IsOk());
  ASSERT_THAT(CreatePerson("pipeline", "流水线", "", {common::v1::ROLE_SERVICE}), IsOk());
  EXPECT_THAT(*People("roles = REQUESTER"), ElementsAre("li-na", "wang"));
  EXPECT_THAT(*People("roles = ROLE_REQUESTER AND roles = DEPARTMENT_HEAD"), ElementsAre("wang"));
  EXPECT_THAT(*People("roles != REQUESTER"), ElementsAre("chen", "pipeline"));
  EXPECT_THAT(*People("department = organizations/yunqi/departments/customer-service AND NOT roles = DEPARTMENT_HEAD"),
              ElementsAre("li-na"));
  EXPECT_THAT(*People("vendor:*"), IsEmpty());
  for (int size : {1, 2, 9}) EXPECT_EQ(People("", "display_name desc", size)->size(), 4u);
  EXPECT_THAT(People("roles = KING"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(People("password = x"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

}  // namespace
}  // namespace docket::request
