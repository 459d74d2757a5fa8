// ExecutionService as clients see it, on a real database.
#include "services/scheduling/execution_service.h"

#include <string>
#include <vector>

#include "common/change_hold/testing/hold_events.h"
#include "common/status/error.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class ExecutionServiceTest : public ::testing::Test {
 protected:
  using H = testing::SchedulingHarness;

  // Approved and proven: the gate lets it through.
  std::string Ready(absl::string_view id) {
    const std::string plan = h_.Approved(id);
    h_.RecordAllEvidence(plan);
    return plan;
  }
  absl::StatusOr<v1::Plan> Accept(const std::string& plan, const common::v1::Principal& caller) {
    v1::AcceptImplementationRequest request;
    request.set_name(plan);
    request.set_request_id(h_.NewRequestId());
    request.set_comment("运行一周，各项正常");
    return h_.Call<v1::Plan>("ExecutionService/AcceptImplementation", caller, request);
  }
  absl::StatusOr<v1::Plan> RollBack(const std::string& plan, const common::v1::Principal& caller) {
    v1::RollBackImplementationRequest request;
    request.set_name(plan);
    request.set_request_id(h_.NewRequestId());
    request.set_trigger("升级后部分门禁无法刷卡");
    request.set_restored(true);
    request.set_result("已恢复到 1.0 版本");
    return h_.Call<v1::Plan>("ExecutionService/RollBackImplementation", caller, request);
  }
  void Finish(const std::string& plan) {
    for (const v1::WorkOrder& order : h_.WorkOrders(plan)) {
      ASSERT_THAT(h_.MoveWorkOrder("Start", order.name()), IsOk());
      ASSERT_THAT(h_.MoveWorkOrder("Complete", order.name()), IsOk());
    }
  }
  static std::string DeniedBy(const absl::Status& status) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_GATE_DENIED));
    return GetErrorInfo(status).has_value() ? GetErrorInfo(status)->metadata().at("denied_by") : "";
  }

  testing::SchedulingHarness h_;
};

TEST_F(ExecutionServiceTest, FromTheGateToAcceptance) {
  const std::string plan = Ready("r1");
  const absl::StatusOr<v1::GateDecision> decision = h_.Check(plan, "organizations/wuye/systems/menjin", "2.0");
  ASSERT_THAT(decision, IsOk());
  EXPECT_TRUE(decision->allowed()) << decision->DebugString();
  ASSERT_EQ(decision->checks_size(), 11);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(decision->checks(i).kind(), i + 1);
  EXPECT_EQ(decision->content_sha256(), h_.Get(plan).content_sha256());
  EXPECT_EQ(decision->targets_size(), 1);

  const absl::StatusOr<v1::Plan> started = h_.Start(plan);
  ASSERT_THAT(started, IsOk());
  EXPECT_EQ(started->state(), v1::Plan::STATE_IMPLEMENTING);
  EXPECT_EQ(FromProto(started->actual_start_time()), h_.now());
  EXPECT_TRUE(h_.Check(plan)->allowed());

  Finish(plan);
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_IMPLEMENTED);
  EXPECT_THAT(Accept(plan, H::Director("zhao")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(Accept(plan, H::Head("zhou", "organizations/wuye/departments/kefu")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  const absl::StatusOr<v1::Plan> accepted = Accept(plan, H::Head());
  ASSERT_THAT(accepted, IsOk());
  EXPECT_EQ(accepted->state(), v1::Plan::STATE_ACCEPTED);
  EXPECT_EQ(accepted->acceptor(), H::Head().name());
  EXPECT_EQ(accepted->acceptance_comment(), "运行一周，各项正常");
  EXPECT_TRUE(accepted->has_slot());

  event::v1::ImplementationAccepted payload;
  ASSERT_TRUE(h_.LastEvent("ImplementationAccepted").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.plan().name(), plan);
  EXPECT_EQ(payload.plan().state(), "ACCEPTED");
  EXPECT_THAT(payload.plan().implementers(), ElementsAre(H::SystemAdmin().name()));
  EXPECT_EQ(payload.plan().acceptor(), H::Head().name());
  for (const event::v1::Event& event : h_.Events()) {
    EXPECT_EQ(event.change(), "organizations/wuye/requests/r1") << event.type();
    // Whoever refuses a call does not know what it was about.
    EXPECT_EQ(event.systems().empty(), event.type() == "CallDenied") << event.type();
  }
  // The rest of the slot is free.
  EXPECT_THAT(h_.Reserve(h_.DraftPlan("r2"), h_.now(), h_.now() + absl::Hours(1)), IsOk());
  EXPECT_THAT(RollBack(plan, H::Director()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(ExecutionServiceTest, WhatIsOnHoldDoesNotGoOn) {
  const std::string change = "organizations/wuye/requests/r1";
  const std::string plan = Ready("r1");
  UuidGenerator uuids(h_.clock());
  ASSERT_THAT(h_.Deliver({docket::testing::HoldEvent(change, 9, true, uuids)}), IsOk());
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()), "HOLD");
  EXPECT_FALSE(h_.Check(plan)->allowed());
  EXPECT_THAT(h_.Approve(plan), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
  ASSERT_THAT(h_.Deliver({docket::testing::HoldEvent(change, 10, false, uuids)}), IsOk());
  ASSERT_THAT(h_.Start(plan), IsOk());

  // Nothing new is begun, but what is under way may report, and go back.
  const std::string order = h_.WorkOrders(plan).front().name();
  ASSERT_THAT(h_.Deliver({docket::testing::HoldEvent(change, 11, true, uuids)}), IsOk());
  EXPECT_THAT(h_.MoveWorkOrder("Start", order),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
  ASSERT_THAT(h_.Deliver({docket::testing::HoldEvent(change, 12, false, uuids)}), IsOk());
  ASSERT_THAT(h_.MoveWorkOrder("Start", order), IsOk());
  ASSERT_THAT(h_.Deliver({docket::testing::HoldEvent(change, 13, true, uuids)}), IsOk());
  EXPECT_THAT(h_.MoveWorkOrder("Complete", order), IsOk());
  EXPECT_THAT(Accept(plan, H::Head()), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
  EXPECT_THAT(RollBack(plan, H::Director()), IsOk());
}

TEST_F(ExecutionServiceTest, AServiceThatIsAwayIsNoRefusal) {
  const std::string plan = Ready("r1");
  const auto answer = h_.sources().filing;
  h_.sources().filing = [](const Plan&) { return absl::UnavailableError("down"); };
  const absl::Status away = h_.Start(plan).status();
  EXPECT_THAT(away, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
  EXPECT_TRUE(GetRetryDelay(away).has_value());
  EXPECT_THAT(h_.EventTypes(), Not(Contains("CallDenied")));

  // A pipeline is told no all the same, and why.
  const absl::StatusOr<v1::GateDecision> decision = h_.Check(plan);
  ASSERT_THAT(decision, IsOk());
  EXPECT_FALSE(decision->allowed());
  for (const v1::GateCheck& check : decision->checks()) {
    EXPECT_EQ(check.unanswered(), check.kind() == v1::GateCheck::KIND_FILING) << check.DebugString();
  }

  h_.sources().filing = answer;
  EXPECT_THAT(h_.Start(plan), IsOk());
}

TEST_F(ExecutionServiceTest, TheGateNamesEverythingThatSaysNo) {
  const std::string plan = h_.DraftPlan("r1");
  h_.sources().evaluation = [](const Plan&) { return absl::UnavailableError("down"); };
  h_.sources().filing = [](const Plan&) { return std::optional<LatestFiling>(); };
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()),
            "PLAN_STATE,PLAN_APPROVAL,EVALUATION_APPROVAL,SLOT,BACKUP,TESTS,USER_ACCEPTANCE,FILING");
  const event::v1::Event denied = h_.LastEvent("CallDenied");
  event::v1::CallDenied payload;
  ASSERT_TRUE(denied.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.error_reason(), "GATE_DENIED");
  EXPECT_EQ(denied.subject(), plan);
  EXPECT_EQ(denied.actor().name(), H::SystemAdmin().name());

  const absl::StatusOr<v1::GateDecision> decision = h_.Check(plan);
  ASSERT_THAT(decision, IsOk());
  EXPECT_FALSE(decision->allowed());
  const event::v1::Event decided = h_.LastEvent("GateDecided");
  EXPECT_EQ(decided.outcome(), event::v1::OUTCOME_DENIED);
  event::v1::GateDecided gate;
  ASSERT_TRUE(decided.payload().UnpackTo(&gate));
  EXPECT_FALSE(gate.allowed());
  EXPECT_THAT(gate.denied_by(), Contains("FILING"));
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_DRAFT);
}

TEST_F(ExecutionServiceTest, ItFailsClosedWhenOthersDoNotAnswer) {
  const std::string plan = Ready("r1");
  h_.sources().evaluation = [](const Plan&) { return absl::DeadlineExceededError("slow"); };
  EXPECT_THAT(h_.Start(plan), StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
  // What no waiting will mend is a refusal.
  h_.sources().evaluation = [](const Plan&) { return absl::InternalError("broken"); };
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()), "EVALUATION_APPROVAL");
  h_.sources().evaluation = nullptr;
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_APPROVED);
  EXPECT_THAT(h_.Start(plan), IsOk());
}

TEST_F(ExecutionServiceTest, AnEditAfterApprovalAndFilingIsCaught) {
  const std::string plan = Ready("r1");
  const std::string filed = h_.Get(plan).content_sha256();
  h_.sources().filing = [filed](const Plan&) {
    return std::optional<LatestFiling>(
        LatestFiling{.number = "BB-2026-000001", .acknowledged = true, .plan_sha256 = filed});
  };
  ASSERT_THAT(h_.Fill(plan, v1::SECTION_KIND_SCOPE, "顺便升级数据库"), IsOk());
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()), "PLAN_STATE,PLAN_APPROVAL,FILING");
  // Approved anew, but the filing is for the earlier content.
  ASSERT_THAT(h_.Approve(plan), IsOk());
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()), "FILING");
}

TEST_F(ExecutionServiceTest, ContentChangedBehindTheServicesBackIsCaught) {
  const std::string plan = Ready("r1");
  ASSERT_THAT(h_.pool().Execute(absl::InfiniteFuture(),
                                "UPDATE work_order SET content_sha256 = REPEAT('x', 32) WHERE plan_id = 'r1'"),
              IsOk());
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()), "PLAN_APPROVAL,FILING");
}

TEST_F(ExecutionServiceTest, AnEditWhileTheGateIsBeingAskedAborts) {
  const std::string plan = Ready("r1");
  h_.sources().filing = [&](const Plan& asked) {
    EXPECT_THAT(h_.Fill(plan, v1::SECTION_KIND_GOAL, "改目标"), IsOk());
    return std::optional<LatestFiling>(LatestFiling{.acknowledged = true, .plan_sha256 = asked.content_sha256});
  };
  EXPECT_THAT(h_.Start(plan), StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_DRAFT);
}

TEST_F(ExecutionServiceTest, EvidenceThatArrivesWhileTheGateIsBeingAskedAborts) {
  const std::string plan = Ready("r1");
  h_.sources().filing = [&](const Plan& asked) {
    EXPECT_THAT(h_.Record(plan, H::Head(), testing::Signature(false)), IsOk());
    return std::optional<LatestFiling>(LatestFiling{.acknowledged = true, .plan_sha256 = asked.content_sha256});
  };
  EXPECT_THAT(h_.Start(plan), StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_EQ(h_.Get(plan).state(), v1::Plan::STATE_APPROVED);
}

TEST_F(ExecutionServiceTest, OutsideTheSlot) {
  const std::string plan = Ready("r1");
  h_.clock().Advance(absl::Hours(4));
  EXPECT_EQ(DeniedBy(h_.Start(plan).status()), "SLOT");
}

TEST_F(ExecutionServiceTest, AChangeThatOverrunsItsSlotHoldsTheSystem) {
  const std::string first = h_.Implementing("r1");
  h_.clock().Advance(absl::Hours(4));
  const std::string second = Ready("r2");
  EXPECT_EQ(DeniedBy(h_.Start(second).status()), "CONFLICT");
  ASSERT_THAT(RollBack(first, H::SystemAdmin()), IsOk());
  EXPECT_THAT(h_.Start(second), IsOk());
}

TEST_F(ExecutionServiceTest, StartingIsAnsweredOnceAndRefusedTwice) {
  const std::string plan = Ready("r1");
  v1::StartImplementationRequest request;
  request.set_name(plan);
  request.set_request_id(h_.NewRequestId());
  const auto first = h_.Call<v1::Plan>("ExecutionService/StartImplementation", H::SystemAdmin(), request);
  ASSERT_THAT(first, IsOk());
  const auto again = h_.Call<v1::Plan>("ExecutionService/StartImplementation", H::SystemAdmin(), request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_THAT(h_.Start(plan), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(h_.Start(plan, H::Director()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

TEST_F(ExecutionServiceTest, StaleEtagsAreRefused) {
  const std::string plan = Ready("r1");
  v1::StartImplementationRequest start;
  start.set_name(plan);
  start.set_etag("1");
  start.set_request_id(h_.NewRequestId());
  EXPECT_THAT(h_.Call<v1::Plan>("ExecutionService/StartImplementation", H::SystemAdmin(), start),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  v1::AcceptImplementationRequest accept;
  accept.set_name(plan);
  accept.set_etag("1");
  accept.set_comment("好");
  accept.set_request_id(h_.NewRequestId());
  EXPECT_THAT(h_.Call<v1::Plan>("ExecutionService/AcceptImplementation", H::Director(), accept),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST_F(ExecutionServiceTest, DeploymentsThatAreNoTarget) {
  const std::string plan = Ready("r1");
  const auto other = h_.Check(plan, "organizations/wuye/systems/menjin", "2.1");
  ASSERT_THAT(other, IsOk());
  EXPECT_FALSE(other->allowed());
  EXPECT_FALSE(other->checks(9).passed());
  EXPECT_THAT(h_.Check(plan, "organizations/wuye/systems/menjin", ""),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(h_.Check(plan, "", "2.0"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(h_.Check("organizations/wuye/plans/none"),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(ExecutionServiceTest, RollbackCancelsWhatIsOpen) {
  const std::string plan = h_.Complete("r1");
  ASSERT_THAT(h_.AddWorkOrder(plan, "升级客户端"), IsOk());
  ASSERT_THAT(h_.AddWorkOrder(plan, "通知业主"), IsOk());
  ASSERT_THAT(h_.Approve(plan), IsOk());
  h_.RecordAllEvidence(plan);
  EXPECT_THAT(RollBack(plan, H::Director()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(h_.Start(plan), IsOk());
  std::vector<v1::WorkOrder> orders = h_.WorkOrders(plan);
  ASSERT_EQ(orders.size(), 3u);
  ASSERT_THAT(h_.MoveWorkOrder("Start", orders[0].name()), IsOk());
  ASSERT_THAT(h_.MoveWorkOrder("Complete", orders[0].name()), IsOk());
  ASSERT_THAT(h_.MoveWorkOrder("Start", orders[1].name()), IsOk());

  const absl::StatusOr<v1::Plan> rolled_back = RollBack(plan, H::Director());
  ASSERT_THAT(rolled_back, IsOk());
  EXPECT_EQ(rolled_back->state(), v1::Plan::STATE_ROLLED_BACK);
  EXPECT_EQ(rolled_back->rollback().trigger(), "升级后部分门禁无法刷卡");
  EXPECT_EQ(rolled_back->rollback().decider(), H::Director().name());
  EXPECT_TRUE(rolled_back->rollback().restored());
  orders = h_.WorkOrders(plan);
  EXPECT_EQ(orders[0].state(), v1::WorkOrder::STATE_DONE);
  EXPECT_EQ(orders[1].state(), v1::WorkOrder::STATE_CANCELLED);
  EXPECT_EQ(orders[2].state(), v1::WorkOrder::STATE_CANCELLED);

  const event::v1::Event event = h_.LastEvent("ImplementationRolledBack");
  event::v1::ImplementationRolledBack payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.plan().state(), "ROLLED_BACK");
  EXPECT_TRUE(payload.restored());
  EXPECT_EQ(event.reason(), "升级后部分门禁无法刷卡");
  int cancelled = 0;
  for (const event::v1::FieldChange& change : event.changes()) cancelled += change.after() == "CANCELLED" ? 1 : 0;
  EXPECT_EQ(cancelled, 2);
  EXPECT_THAT(h_.MoveWorkOrder("Complete", orders[1].name()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(h_.Reserve(h_.DraftPlan("r2"), h_.now(), h_.now() + absl::Hours(1)), IsOk());
}

TEST_F(ExecutionServiceTest, AFailedWorkOrderLeavesOnlyTheRollback) {
  const std::string plan = h_.Complete("r1");
  ASSERT_THAT(h_.AddWorkOrder(plan, "升级客户端"), IsOk());
  ASSERT_THAT(h_.Approve(plan), IsOk());
  h_.RecordAllEvidence(plan);
  ASSERT_THAT(h_.Start(plan), IsOk());
  const std::vector<v1::WorkOrder> orders = h_.WorkOrders(plan);
  ASSERT_THAT(h_.MoveWorkOrder("Start", orders[0].name()), IsOk());
  ASSERT_THAT(h_.MoveWorkOrder("Fail", orders[0].name()), IsOk());
  EXPECT_THAT(h_.MoveWorkOrder("Start", orders[1].name()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_FALSE(h_.Check(plan)->allowed());
  EXPECT_THAT(Accept(plan, H::Director()), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(RollBack(plan, H::SystemAdmin("chen")), IsOk());
}

}  // namespace
}  // namespace docket::scheduling
