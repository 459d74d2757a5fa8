// The list of all organisations, which only the platform's administrator reads.
#include <string>
#include <vector>

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

class OrganizationListTest : public ::testing::Test {
 protected:
  void Create(const std::string& id, const std::string& title, const std::string& time_zone,
              const std::string& language) {
    v1::CreateOrganizationRequest call;
    call.set_organization_id(id);
    call.mutable_organization()->set_title(title);
    call.mutable_organization()->set_time_zone(time_zone);
    call.mutable_organization()->set_language_code(language);
    call.set_request_id(service_.NewRequestId());
    EXPECT_THAT(service_.Call<v1::Organization>("DirectoryService/CreateOrganization", service_.administrator, call),
                IsOk());
  }

  absl::StatusOr<v1::ListOrganizationsResponse> Page(const common::v1::Principal& by,
                                                     const v1::ListOrganizationsRequest& call) {
    return service_.Call<v1::ListOrganizationsResponse>("DirectoryService/ListOrganizations", by, call);
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& filter, const std::string& order_by = "",
                                                int page_size = 0) {
    v1::ListOrganizationsRequest call;
    call.set_filter(filter);
    call.set_order_by(order_by);
    call.set_page_size(page_size);
    std::vector<std::string> names;
    do {
      const auto page = Page(service_.administrator, call);
      if (!page.ok()) return page.status();
      for (const v1::Organization& organization : page->organizations()) names.push_back(organization.name());
      call.set_page_token(page->next_page_token());
    } while (!call.page_token().empty());
    return names;
  }

  WholeService service_;
};

TEST_F(OrganizationListTest, FiltersOrdersAndPages) {
  Create("hudson", "Hudson Library", "America/New_York", "en");
  Create("annex", "江城市图书馆", "Asia/Shanghai", "zh-CN");
  for (int size : {0, 1, 2, 3}) {
    EXPECT_THAT(*List("", "", size), ElementsAre("organizations/annex", "organizations/hudson", "organizations/library",
                                                 "organizations/yunqi"))
        << size;
    // Two have the same title.
    EXPECT_THAT(*List("", "title desc", size), ElementsAre("organizations/library", "organizations/annex",
                                                           "organizations/yunqi", "organizations/hudson"))
        << size;
  }
  EXPECT_THAT(*List("", "name desc", 2), ElementsAre("organizations/yunqi", "organizations/library",
                                                     "organizations/hudson", "organizations/annex"));
  EXPECT_THAT(*List("title:\"*图书馆\" AND name != organizations/annex"), ElementsAre("organizations/library"));
  EXPECT_THAT(*List("time_zone = \"America/New_York\""), ElementsAre("organizations/hudson"));
  EXPECT_THAT(*List("language_code = en"), ElementsAre("organizations/hudson"));
  EXPECT_THAT(*List("create_time < 2000-01-01T00:00:00Z"), IsEmpty());
  EXPECT_THAT(*List("name = organizations/yunqi"), ElementsAre("organizations/yunqi"));
  EXPECT_THAT(List("name = yunqi"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("etag = 1"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("", "create_time"), StatusIs(StatusCode::kInvalidArgument));

  v1::ListOrganizationsRequest call;
  call.set_page_size(1);
  const auto first = Page(service_.administrator, call);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->organizations(0).title(), "江城市图书馆");
  call.set_page_token(first->next_page_token());
  call.set_filter("language_code = en");
  EXPECT_THAT(Page(service_.administrator, call),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(OrganizationListTest, IsThePlatformsOnly) {
  const common::v1::Principal local = PersonOf("yunqi", "guan", "", {common::v1::ROLE_ADMINISTRATOR});
  EXPECT_THAT(Page(local, {}), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_EQ(service_.LastEvent("CallDenied").subject(), "organizations/yunqi");
  EXPECT_THAT(Page(service_.auditor, {}), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

}  // namespace
}  // namespace docket::request
