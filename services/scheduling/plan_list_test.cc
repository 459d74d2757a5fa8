// PlanService/ListPlans as clients see it, on a real database.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PlanListTest : public ::testing::Test {
 protected:
  using H = testing::SchedulingHarness;

  absl::StatusOr<v1::ListPlansResponse> List(const std::string& filter, int page_size = 0,
                                             const std::string& token = "", const std::string& order_by = "") {
    v1::ListPlansRequest request;
    request.set_parent("organizations/wuye");
    request.set_filter(filter);
    request.set_page_size(page_size);
    request.set_page_token(token);
    request.set_order_by(order_by);
    return h_.Call<v1::ListPlansResponse>("PlanService/ListPlans", H::Director(), request);
  }
  std::vector<std::string> Ids(const std::string& filter) {
    std::vector<std::string> ids;
    const absl::StatusOr<v1::ListPlansResponse> response = List(filter);
    EXPECT_THAT(response, IsOk()) << filter;
    if (!response.ok()) return ids;
    for (const v1::Plan& plan : response->plans()) ids.push_back(plan.name().substr(plan.name().rfind('/') + 1));
    return ids;
  }

  testing::SchedulingHarness h_;
};

TEST_F(PlanListTest, PagesNewestFirst) {
  std::vector<std::string> expected;
  for (int i = 0; i < 45; ++i) {
    h_.clock().Advance(absl::Seconds(i % 3));  // some at the same moment
    h_.DraftPlan(absl::StrCat("r", i + 100));
    expected.insert(expected.begin(), absl::StrCat("organizations/wuye/plans/r", i + 100));
  }
  std::vector<std::string> listed;
  std::string token;
  int pages = 0;
  do {
    const absl::StatusOr<v1::ListPlansResponse> page = List("", 20, token);
    ASSERT_THAT(page, IsOk());
    for (const v1::Plan& plan : page->plans()) listed.push_back(plan.name());
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, expected);
  EXPECT_THAT(List("", 0)->plans(), SizeIs(45));
  // A token goes on with its own query only.
  const std::string first = List("", 20)->next_page_token();
  EXPECT_THAT(List("state = DRAFT", 20, first),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_EQ(List("", 1, "", "create_time")->plans(0).name(), "organizations/wuye/plans/r100");
}

TEST_F(PlanListTest, Filters) {
  h_.DraftPlan("r1", {"menjin"});
  h_.DraftPlan("r2", {"menjin", "app"});
  h_.DraftPlan("r3", {"app"});
  ASSERT_THAT(h_.Reserve("organizations/wuye/plans/r3", h_.now(), h_.now() + absl::Hours(1)), IsOk());
  const std::string menjin = "\"organizations/wuye/systems/menjin\"";
  const std::string app = "\"organizations/wuye/systems/app\"";
  EXPECT_THAT(Ids("system = " + menjin), ElementsAre("r2", "r1"));
  EXPECT_THAT(Ids("system = " + menjin + " AND system = " + app), ElementsAre("r2"));
  EXPECT_THAT(Ids("system != " + menjin), ElementsAre("r3"));
  EXPECT_THAT(Ids("NOT system = " + app), ElementsAre("r1"));
  EXPECT_THAT(Ids("state = DRAFT AND kind = NORMAL"), ElementsAre("r3", "r2", "r1"));
  EXPECT_THAT(Ids("state = APPROVED"), IsEmpty());
  EXPECT_THAT(Ids("request_number = \"REQ-2026-r2\""), ElementsAre("r2"));
  EXPECT_THAT(Ids("title:\"门禁*\""), SizeIs(3));
  EXPECT_THAT(Ids("department = \"organizations/wuye/departments/anbao\""), SizeIs(3));
  EXPECT_THAT(Ids("slot_start:*"), ElementsAre("r3"));
  EXPECT_THAT(Ids("slot_end > 2026-03-20T10:00:00Z"), ElementsAre("r3"));
  EXPECT_THAT(Ids("create_time > 2026-03-21T00:00:00Z"), IsEmpty());
  EXPECT_THAT(List("colour = red"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("colour"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("system = menjin"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

}  // namespace
}  // namespace docket::scheduling
