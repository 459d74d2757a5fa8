// Lists of templates and of their versions, on a real database.
#include "services/request/template/change_template_list_service.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/template/testing/template_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

class ChangeTemplateListTest : public TemplateFixture {};

TEST_F(ChangeTemplateListTest, ListsFiltersAndPages) {
  v1::ChangeTemplateVersion engine = Content();
  engine.set_title("人脸引擎补丁");
  for (const char* id : {"c", "a", "signatures", "b"}) {
    s_.clock().Advance(absl::Seconds(1));
    ASSERT_THAT(Create(id, id == std::string("b") ? engine : Content()), IsOk());
  }
  ASSERT_THAT(Approve(s_.director), IsOk());
  EXPECT_EQ(Ids(""), (std::vector<std::string>{"a", "b", "c", "signatures"}));
  EXPECT_EQ(Ids("approved = true"), (std::vector<std::string>{"signatures"}));
  EXPECT_EQ(Ids("NOT approved = true"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Ids("title:\"引擎\""), (std::vector<std::string>{"b"}));
  EXPECT_EQ(Ids("system = \"organizations/yunqi/systems/access-control\" AND state = ACTIVE").size(), 4u);
  EXPECT_EQ(Ids("system != \"organizations/yunqi/systems/access-control\"").size(), 0u);
  EXPECT_THAT(List("system = \"organizations/library/systems/access-control\""),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("secret = 1"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("", 0, "", "title"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));

  std::vector<std::string> seen;
  std::string token;
  do {
    const auto page = List("", 1, token, "create_time desc");
    ASSERT_THAT(page, IsOk());
    ASSERT_EQ(page->change_templates_size(), 1);
    seen.push_back(page->change_templates(0).name());
    token = page->next_page_token();
    // A token goes on with its own list only.
    if (!token.empty()) {
      EXPECT_THAT(List("approved = true", 1, token, "create_time desc"),
                  StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
    }
  } while (!token.empty());
  EXPECT_THAT(seen, ElementsAre(::testing::EndsWith("/b"), ::testing::EndsWith("/signatures"),
                                ::testing::EndsWith("/a"), ::testing::EndsWith("/c")));
}

TEST_F(ChangeTemplateListTest, ListsOfVersions) {
  ASSERT_THAT(Create(), IsOk());
  ASSERT_THAT(Approve(s_.director), IsOk());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Propose(), IsOk());
  EXPECT_EQ(Numbers(""), (std::vector<std::string>{"4", "3", "2", "1"}));
  EXPECT_EQ(Numbers("state = PROPOSED AND version < 4"), (std::vector<std::string>{"3", "2"}));
  EXPECT_EQ(Numbers(absl::StrCat("decider = \"", s_.director.name(), "\"")), (std::vector<std::string>{"1"}));
  EXPECT_EQ(Numbers("system = \"organizations/yunqi/systems/access-control\"").size(), 4u);
  const auto page = ListVersions("", 3, "", "version");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->versions(0).name(), kFirst);
  const auto rest = ListVersions("", 3, page->next_page_token(), "version");
  ASSERT_THAT(rest, IsOk());
  ASSERT_EQ(rest->versions_size(), 1);
  EXPECT_EQ(rest->next_page_token(), "");
}

}  // namespace
}  // namespace docket::request
