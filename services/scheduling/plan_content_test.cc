#include "services/scheduling/plan_content.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/plan_proto.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::testing::MatchesRegex;

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

Plan SomePlan() {
  Plan plan = DraftPlan({.organization_id = "wuye",
                         .id = "r1",
                         .targets = {{"organizations/wuye/systems/menjin", "", "3.2", "3.3"}},
                         .goal = "修复刷卡延迟"},
                        At(1'774'000'000));
  plan.slot = Slot{.start = At(1'774'100'000), .end = At(1'774'110'000)};
  return plan;
}

TEST(PlanContentTest, EveryPartOfTheContentCounts) {
  const std::vector<std::string> orders = {std::string(64, '1'), std::string(64, '2')};
  std::set<std::string> digests = {PlanContentSha256(SomePlan(), orders)};
  const std::function<void(Plan&)> edits[] = {
      [](Plan& plan) { plan.targets[0].to_version = "3.4"; },
      [](Plan& plan) { plan.targets[0].component = "agent"; },
      // The same bytes, split elsewhere.
      [](Plan& plan) {
        plan.targets[0].from_version = "3.23";
        plan.targets[0].to_version = ".3";
      },
      [](Plan& plan) { plan.targets.push_back(plan.targets[0]); },
      [](Plan& plan) { plan.sections[0].text += "。"; },
      [](Plan& plan) { plan.sections[0].state = SectionState::kComplete; },
      [](Plan& plan) { plan.slot->end += absl::Microseconds(1); },
      [](Plan& plan) { plan.slot.reset(); },
  };
  for (const auto& edit : edits) {
    Plan plan = SomePlan();
    edit(plan);
    EXPECT_TRUE(digests.insert(PlanContentSha256(plan, orders)).second);
  }
  EXPECT_TRUE(digests.insert(PlanContentSha256(SomePlan(), {})).second);
  EXPECT_TRUE(digests.insert(PlanContentSha256(SomePlan(), {orders[1], orders[0]})).second);
  for (const std::string& digest : digests) EXPECT_THAT(digest, MatchesRegex("[0-9a-f]{64}"));
}

TEST(PlanContentTest, WhatIsNoContentDoesNotCount) {
  const std::string digest = PlanContentSha256(SomePlan(), {});
  Plan plan = SomePlan();
  plan.state = PlanState::kImplementing;
  plan.revision = 9;
  plan.approver = "organizations/wuye/people/wang";
  plan.implementers = {"organizations/wuye/people/zhao"};
  plan.sections[0].author = "organizations/wuye/people/zhao";
  plan.actual_start_time = At(1);
  EXPECT_EQ(PlanContentSha256(plan, {}), digest);
}

TEST(PlanContentTest, SurvivesTheStoredDocument) {
  Plan plan = SomePlan();
  ASSERT_THAT(
      FillSection(plan, SectionKind::kTraining, "无需", true, "organizations/wuye/people/zhao", At(1'774'000'001)),
      IsOk());
  plan.implementers = {"organizations/wuye/people/zhao"};
  plan.rollback =
      Rollback{.trigger = "刷卡失败", .decider = "d", .decide_time = At(7), .restored = true, .result = "已恢复"};
  Plan read;
  read.slot = plan.slot;
  ASSERT_THAT(DecodeDocument(EncodeDocument(plan), read), IsOk());
  EXPECT_EQ(PlanContentSha256(read, {}), PlanContentSha256(plan, {}));
  EXPECT_EQ(read.implementers, plan.implementers);
  EXPECT_EQ(read.section(SectionKind::kTraining).author, "organizations/wuye/people/zhao");
  EXPECT_EQ(read.rollback->result, "已恢复");
  Plan broken;
  EXPECT_FALSE(DecodeDocument("\xff\xff", broken).ok());
}

TEST(PlanContentTest, WorkOrders) {
  WorkOrder order;
  order.title = "升级";
  order.assignee = "organizations/wuye/people/zhao";
  const std::string digest = WorkOrderSha256(order);
  WorkOrder moved = order;
  moved.state = WorkOrderState::kDone;
  moved.result = "完成";
  EXPECT_EQ(WorkOrderSha256(moved), digest);
  const std::function<void(WorkOrder&)> edits[] = {[](WorkOrder& o) { o.title = "回退"; },
                                                   [](WorkOrder& o) { o.assignee = "organizations/wuye/people/chen"; },
                                                   [](WorkOrder& o) { o.instructions = "先停服务"; },
                                                   [](WorkOrder& o) { o.dependencies = {"a"}; },
                                                   [](WorkOrder& o) { o.planned_start_time = At(1); },
                                                   [](WorkOrder& o) { o.planned_end_time = At(1); }};
  std::set<std::string> digests = {digest};
  for (const auto& edit : edits) {
    WorkOrder edited = order;
    edit(edited);
    EXPECT_TRUE(digests.insert(WorkOrderSha256(edited)).second);
  }
}

}  // namespace
}  // namespace docket::scheduling
