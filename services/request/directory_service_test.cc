#include "services/request/directory_service.h"

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

class DirectoryServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Organization> CreateOrganization(const common::v1::Principal& by, const std::string& id,
                                                      const std::string& time_zone = "Asia/Shanghai") {
    v1::CreateOrganizationRequest call;
    call.set_organization_id(id);
    call.mutable_organization()->set_title("江城市少年儿童图书馆");
    call.mutable_organization()->set_time_zone(time_zone);
    call.mutable_organization()->set_language_code("zh-CN");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Organization>("DirectoryService/CreateOrganization", by, call);
  }

  absl::StatusOr<v1::Vendor> CreateVendor(const std::string& organization, const std::string& id,
                                          const std::string& request_id = "") {
    v1::CreateVendorRequest call;
    call.set_parent("organizations/" + organization);
    call.set_vendor_id(id);
    call.mutable_vendor()->set_title("汇文软件有限公司");
    call.mutable_vendor()->set_contract_reference("HT-2025-017");
    call.mutable_vendor()->mutable_support_end_time()->set_seconds(1830000000);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::Vendor>("DirectoryService/CreateVendor", service_.administrator, call);
  }

  absl::StatusOr<v1::Person> CreatePerson(const std::string& id, const v1::Person& person) {
    v1::CreatePersonRequest call;
    call.set_parent("organizations/yunqi");
    call.set_person_id(id);
    *call.mutable_person() = person;
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Person>("DirectoryService/CreatePerson", service_.administrator, call);
  }

  static v1::Person Requester(const std::string& department) {
    v1::Person person;
    person.set_display_name("李娜");
    person.set_department("organizations/yunqi/departments/" + department);
    person.add_roles(common::v1::ROLE_REQUESTER);
    person.set_email("li.na@yunqi.example");
    return person;
  }

  WholeService service_;
};

TEST_F(DirectoryServiceTest, OrganizationsAreSetUpByThePlatformOnly) {
  const auto created = CreateOrganization(service_.administrator, "children-library");
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->name(), "organizations/children-library");
  EXPECT_EQ(created->etag(), "1");
  const event::v1::Event event = service_.LastEvent("OrganizationCreated");
  EXPECT_EQ(event.organization(), "organizations/children-library");
  event::v1::OrganizationCreated payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.title(), "江城市少年儿童图书馆");

  v1::GetOrganizationRequest get;
  get.set_name("organizations/children-library");
  const auto got = service_.Call<v1::Organization>("DirectoryService/GetOrganization", service_.administrator, get);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->SerializeAsString(), created->SerializeAsString());

  EXPECT_THAT(CreateOrganization(service_.administrator, "children-library"),
              StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(CreateOrganization(service_.administrator, "elsewhere", "Asia/Nowhere"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const common::v1::Principal local = PersonOf("yunqi", "guan-li", "it", {common::v1::ROLE_ADMINISTRATOR});
  EXPECT_THAT(CreateOrganization(local, "another"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(CreateOrganization(service_.director, "another"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

TEST_F(DirectoryServiceTest, Vendors) {
  const std::string id = service_.NewRequestId();
  const auto created = CreateVendor("library", "huiwen", id);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->support_end_time().seconds(), 1830000000);
  const auto again = CreateVendor("library", "huiwen", id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), created->SerializeAsString());
  EXPECT_THAT(CreateVendor("library", "huiwen"), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(CreateVendor("library", "other", id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(CreateVendor("nowhere", "huiwen"), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  v1::GetVendorRequest get;
  get.set_name(created->name());
  EXPECT_THAT(service_.Call<v1::Vendor>("DirectoryService/GetVendor", service_.administrator, get), IsOk());
  EXPECT_THAT(service_.Call<v1::Vendor>("DirectoryService/GetVendor", service_.author, get),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  get.set_name("organizations/library/vendors/none");
  EXPECT_THAT(service_.Call<v1::Vendor>("DirectoryService/GetVendor", service_.administrator, get),
              StatusIs(StatusCode::kNotFound));

  v1::ListVendorsRequest list;
  list.set_parent("organizations/library");
  const auto listed =
      service_.Call<v1::ListVendorsResponse>("DirectoryService/ListVendors", service_.administrator, list);
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->vendors_size(), 1);
}

TEST_F(DirectoryServiceTest, People) {
  const auto created = CreatePerson("li-na", Requester("customer-service"));
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->display_name(), "李娜");
  EXPECT_THAT(created->roles(), ElementsAre(common::v1::ROLE_REQUESTER));
  v1::GetPersonRequest get;
  get.set_name("organizations/yunqi/people/li-na");
  const auto got = service_.Call<v1::Person>("DirectoryService/GetPerson", service_.author, get);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->SerializeAsString(), created->SerializeAsString());
  event::v1::PersonCreated payload;
  ASSERT_TRUE(service_.LastEvent("PersonCreated").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.department(), "organizations/yunqi/departments/customer-service");

  const auto broken = CreatePerson("zhang", Requester("no-such-department"));
  ASSERT_THAT(broken, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(broken.status())->metadata().at("resource"),
            "organizations/yunqi/departments/no-such-department");
  v1::Person vendor;
  vendor.set_display_name("厂商工程师");
  vendor.add_roles(common::v1::ROLE_VENDOR);
  EXPECT_THAT(CreatePerson("vendor-engineer", vendor),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  vendor.set_vendor("organizations/yunqi/vendors/none");
  EXPECT_THAT(CreatePerson("vendor-engineer", vendor),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  ASSERT_THAT(CreateVendor("yunqi", "anjubao"), IsOk());
  vendor.set_vendor("organizations/yunqi/vendors/anjubao");
  EXPECT_THAT(CreatePerson("vendor-engineer", vendor), IsOk());

  v1::ListPeopleRequest list;
  list.set_parent("organizations/yunqi");
  const auto listed = service_.Call<v1::ListPeopleResponse>("DirectoryService/ListPeople", service_.author, list);
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->people_size(), 2);
}

TEST_F(DirectoryServiceTest, DepartmentsInPages) {
  v1::ListDepartmentsRequest call;
  call.set_parent("organizations/yunqi");
  call.set_page_size(2);
  std::vector<std::string> titles;
  int pages = 0;
  do {
    const auto page =
        service_.Call<v1::ListDepartmentsResponse>("DirectoryService/ListDepartments", service_.author, call);
    ASSERT_THAT(page, IsOk());
    for (const v1::Department& department : page->departments()) titles.push_back(department.title());
    call.set_page_token(page->next_page_token());
    ++pages;
  } while (!call.page_token().empty());
  EXPECT_EQ(pages, 2);
  EXPECT_THAT(titles, ElementsAre("客户服务部", "工程部", "信息部"));
  // A token belongs to its list.
  call.set_page_size(1);
  const auto first =
      service_.Call<v1::ListDepartmentsResponse>("DirectoryService/ListDepartments", service_.author, call);
  ASSERT_THAT(first, IsOk());
  v1::ListVendorsRequest other;
  other.set_parent("organizations/yunqi");
  other.set_page_token(first->next_page_token());
  EXPECT_THAT(service_.Call<v1::ListVendorsResponse>("DirectoryService/ListVendors", service_.author, other),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  v1::GetDepartmentRequest get;
  get.set_name("organizations/yunqi/departments/it");
  const auto got = service_.Call<v1::Department>("DirectoryService/GetDepartment", service_.author, get);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->title(), "信息部");
}

}  // namespace
}  // namespace docket::request
