#include "services/scheduling/work_order.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::HasSubstr;

absl::Time Now() { return absl::FromUnixSeconds(1'774'000'000); }

const WorkOrderState kStates[] = {WorkOrderState::kPending, WorkOrderState::kInProgress, WorkOrderState::kDone,
                                  WorkOrderState::kFailed, WorkOrderState::kCancelled};

Plan PlanIn(PlanState state) {
  Plan plan = DraftPlan({.organization_id = "tushuguan", .id = "r1"}, Now());
  plan.state = state;
  return plan;
}

WorkOrder Order(WorkOrderState state) {
  WorkOrder order;
  order.organization_id = "tushuguan";
  order.plan_id = "r1";
  order.id = "c";
  order.title = "升级流通系统";
  order.assignee = "organizations/tushuguan/people/zhao";
  order.state = state;
  return order;
}

TEST(WorkOrderTest, StartsOnlyFromPendingWhileThePlanIsBeingImplemented) {
  for (int plan_state = 1; plan_state <= 6; ++plan_state) {
    for (const WorkOrderState state : kStates) {
      const Plan plan = PlanIn(static_cast<PlanState>(plan_state));
      SCOPED_TRACE(absl::StrCat(PlanStateName(plan.state), " ", WorkOrderStateName(state)));
      WorkOrder order = Order(state);
      const absl::Status status = StartWorkOrder(order, plan, {}, Now());
      if (plan.state == PlanState::kImplementing && state == WorkOrderState::kPending) {
        EXPECT_THAT(status, IsOk());
        EXPECT_EQ(order.state, WorkOrderState::kInProgress);
        EXPECT_EQ(order.actual_start_time, Now());
      } else {
        EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
        EXPECT_EQ(order.state, state);
      }
    }
  }
}

TEST(WorkOrderTest, EndsOnlyFromInProgressWhileThePlanIsBeingImplemented) {
  for (int plan_state = 1; plan_state <= 6; ++plan_state) {
    for (const WorkOrderState state : kStates) {
      for (const bool succeeded : {true, false}) {
        const Plan plan = PlanIn(static_cast<PlanState>(plan_state));
        SCOPED_TRACE(absl::StrCat(PlanStateName(plan.state), " ", WorkOrderStateName(state), " ", succeeded));
        WorkOrder order = Order(state);
        const absl::Status status =
            succeeded ? CompleteWorkOrder(order, plan, "完成", Now()) : FailWorkOrder(order, plan, "安装包损坏", Now());
        if (plan.state == PlanState::kImplementing && state == WorkOrderState::kInProgress) {
          EXPECT_THAT(status, IsOk());
          EXPECT_EQ(order.state, succeeded ? WorkOrderState::kDone : WorkOrderState::kFailed);
          EXPECT_EQ(order.actual_end_time, Now());
          EXPECT_EQ(order.result, succeeded ? "完成" : "安装包损坏");
        } else {
          EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
          EXPECT_EQ(order.state, state);
        }
      }
    }
  }
}

TEST(WorkOrderTest, DependenciesComeFirst) {
  const Plan plan = PlanIn(PlanState::kImplementing);
  WorkOrder order = Order(WorkOrderState::kPending);
  order.dependencies = {"a", "b"};
  std::vector<WorkOrderOutline> all = {
      {"a", WorkOrderState::kDone, ""}, {"b", WorkOrderState::kInProgress, ""}, {"c", WorkOrderState::kPending, ""}};
  const absl::Status status = StartWorkOrder(order, plan, all, Now());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("missing"), "organizations/tushuguan/plans/r1/workOrders/b");
  all[1].state = WorkOrderState::kDone;
  EXPECT_THAT(StartWorkOrder(order, plan, all, Now()), IsOk());
}

TEST(WorkOrderTest, NothingStartsAfterAFailure) {
  WorkOrder order = Order(WorkOrderState::kPending);
  const std::vector<WorkOrderOutline> all = {{"a", WorkOrderState::kFailed, ""}, {"c", WorkOrderState::kPending, ""}};
  EXPECT_THAT(StartWorkOrder(order, PlanIn(PlanState::kImplementing), all, Now()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("rolled back")));
}

TEST(WorkOrderTest, OnlyTheAssignee) {
  const WorkOrder order = Order(WorkOrderState::kPending);
  EXPECT_THAT(CheckAssignee(order, {.person = "organizations/tushuguan/people/zhao"}), IsOk());
  EXPECT_THAT(CheckAssignee(order, {.person = "organizations/tushuguan/people/chen", .system_admin = true}),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_ASSIGNEE));
}

TEST(WorkOrderTest, NewOnesDependOnWorkOrdersOfThePlan) {
  WorkOrder order = Order(WorkOrderState::kPending);
  const std::vector<WorkOrderOutline> existing = {{"a", WorkOrderState::kPending, ""}};
  EXPECT_THAT(CheckNewWorkOrder(order, existing), IsOk());
  order.dependencies = {"a"};
  EXPECT_THAT(CheckNewWorkOrder(order, existing), IsOk());
  order.dependencies = {"a", "x"};
  EXPECT_THAT(CheckNewWorkOrder(order, existing),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  order.dependencies = {"a", "a"};
  EXPECT_THAT(CheckNewWorkOrder(order, existing),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  order.dependencies.clear();
  order.planned_start_time = Now();
  order.planned_end_time = Now();
  EXPECT_THAT(CheckNewWorkOrder(order, existing),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST(WorkOrderTest, TheLastOpenOne) {
  const WorkOrder order = Order(WorkOrderState::kInProgress);
  EXPECT_TRUE(IsLastOpen(order, std::vector<WorkOrderOutline>{{"c", WorkOrderState::kInProgress, ""}}));
  for (const WorkOrderState state : kStates) {
    const std::vector<WorkOrderOutline> all = {{"a", state, ""}, {"c", WorkOrderState::kInProgress, ""}};
    EXPECT_EQ(IsLastOpen(order, all), state == WorkOrderState::kDone) << WorkOrderStateName(state);
    EXPECT_EQ(IsOpen(state), state == WorkOrderState::kPending || state == WorkOrderState::kInProgress);
  }
}

}  // namespace
}  // namespace docket::scheduling
