// PlanService as clients see it, on a real database.
#include "services/scheduling/plan_service.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/evaluation_events.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PlanServiceTest : public ::testing::Test {
 protected:
  using H = testing::SchedulingHarness;

  testing::SchedulingHarness h_;
};

TEST_F(PlanServiceTest, ApprovedEvaluationDraftsAPlan) {
  const std::string name = h_.DraftPlan("r1", {"menjin", "app"});
  const v1::Plan plan = h_.Get(name);
  EXPECT_EQ(plan.state(), v1::Plan::STATE_DRAFT);
  EXPECT_EQ(plan.request(), "organizations/wuye/requests/r1");
  EXPECT_EQ(plan.evaluation(), "organizations/wuye/evaluations/r1");
  EXPECT_EQ(plan.title(), "门禁管理软件升级");
  EXPECT_EQ(plan.requester(), "organizations/wuye/people/li");
  EXPECT_EQ(plan.department(), H::kDepartment);
  EXPECT_EQ(plan.approved_budget().minor_units(), 1'234'507);
  EXPECT_EQ(plan.evaluation_sha256().substr(0, 4), "5e5e");
  ASSERT_EQ(plan.sections_size(), 8);
  EXPECT_EQ(plan.sections(0).text(), "升级到新版本\n刷卡响应慢");
  EXPECT_EQ(plan.sections(1).text(),
            "organizations/wuye/systems/menjin: 1.0 → 2.0\norganizations/wuye/systems/app: 1.0 → 2.0");
  EXPECT_EQ(plan.sections(4).text(), "原厂升级\n夜间停机升级，保留旧版本以备回退");
  EXPECT_EQ(plan.sections(7).text(), "CNY 12345.07");
  for (const v1::Section& section : plan.sections()) EXPECT_EQ(section.state(), v1::Section::STATE_OPEN);
  EXPECT_EQ(plan.etag(), "1");

  const event::v1::Event event = h_.LastEvent("PlanDrafted");
  EXPECT_EQ(event.change(), "organizations/wuye/requests/r1");
  EXPECT_EQ(event.subject(), name);
  EXPECT_EQ(event.actor().name(), "services/scheduling");
  event::v1::PlanDrafted drafted;
  ASSERT_TRUE(event.payload().UnpackTo(&drafted));
  EXPECT_EQ(drafted.plan().targets_size(), 2);
  EXPECT_EQ(drafted.plan().state(), "DRAFT");
  EXPECT_THAT(drafted.plan().content_sha256(), SizeIs(32));
}

TEST_F(PlanServiceTest, EventsAreActedOnOnce) {
  const event::v1::Event event = h_.EvaluationApproved("r1");
  absl::StatusOr<event::v1::DeliverEventsResponse> response = h_.Deliver({event, event});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->results(0).verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(response->results(1).verdict(), event::v1::DeliveryResult::VERDICT_DUPLICATE);
  // Another event about the same request leaves the plan as it is.
  ASSERT_THAT(h_.Fill("organizations/wuye/plans/r1", v1::SECTION_KIND_GOAL, "目标"), IsOk());
  response = h_.Deliver({h_.EvaluationApproved("r1", {"app"})});
  EXPECT_EQ(response->results(0).verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(h_.Get("organizations/wuye/plans/r1").sections(0).text(), "目标");
  EXPECT_EQ(h_.Get("organizations/wuye/plans/r1").targets(0).system(), "organizations/wuye/systems/menjin");
  EXPECT_THAT(h_.EventTypes(), ElementsAre("PlanDrafted", "PlanSectionFilled"));
}

TEST_F(PlanServiceTest, UnknownEventsAreIgnoredAndBrokenOnesRejected) {
  event::v1::Event unknown = h_.EvaluationApproved("r1");
  event::v1::EvaluationRejected rejected;
  unknown.mutable_payload()->PackFrom(rejected);
  unknown.set_type("EvaluationRejected");
  event::v1::Event foreign = h_.EvaluationApproved("r2");
  foreign.set_organization("organizations/tushuguan");
  event::v1::Event undigested = h_.EvaluationApproved("r3");
  event::v1::EvaluationApproved payload;
  ASSERT_TRUE(undigested.payload().UnpackTo(&payload));
  payload.clear_content_sha256();
  undigested.mutable_payload()->PackFrom(payload);
  const absl::StatusOr<event::v1::DeliverEventsResponse> response =
      h_.Deliver({unknown, foreign, undigested, h_.EvaluationApproved("r4")});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->results(0).verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(response->results(1).verdict(), event::v1::DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(response->results(2).verdict(), event::v1::DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(response->results(3).verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(h_.Get("organizations/wuye/plans/r4").state(), v1::Plan::STATE_DRAFT);
  EXPECT_THAT(h_.EventTypes(), ElementsAre("PlanDrafted"));
}

TEST_F(PlanServiceTest, OnlyEvaluationApprovesEvaluations) {
  event::v1::Event event = h_.EvaluationApproved("r1");
  event::v1::EvaluationApproved payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_THAT(DraftFromEvaluation(event, payload), IsOk());
  event.set_source("services/request");
  EXPECT_THAT(DraftFromEvaluation(event, payload), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(PlanServiceTest, GetPlanThatDoesNotExist) {
  v1::GetPlanRequest request;
  request.set_name("organizations/wuye/plans/none");
  EXPECT_THAT(h_.Call<v1::Plan>("PlanService/GetPlan", H::Director(), request),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(PlanServiceTest, FillSectionKeepsHistoryAndDigest) {
  const std::string name = h_.DraftPlan("r1");
  const v1::Plan before = h_.Get(name);
  const absl::StatusOr<v1::Plan> filled = h_.Fill(name, v1::SECTION_KIND_TRAINING, "界面未变，无需培训", true);
  ASSERT_THAT(filled, IsOk());
  EXPECT_EQ(filled->sections(6).state(), v1::Section::STATE_WAIVED);
  EXPECT_EQ(filled->sections(6).author(), H::SystemAdmin().name());
  EXPECT_EQ(filled->revision(), 2);
  EXPECT_NE(filled->content_sha256(), before.content_sha256());
  EXPECT_EQ(h_.Get(name).SerializeAsString(), filled->SerializeAsString());

  const event::v1::Event event = h_.LastEvent("PlanSectionFilled");
  EXPECT_EQ(event.subject_revision(), 2);
  EXPECT_EQ(event.reason(), "界面未变，无需培训");
  EXPECT_NE(event.before_sha256(), event.after_sha256());
  ASSERT_EQ(event.changes_size(), 2);
  EXPECT_EQ(event.changes(0).field(), "sections.TRAINING.state");
  EXPECT_EQ(event.changes(0).after(), "WAIVED");
  EXPECT_EQ(event.changes(1).after(), "界面未变，无需培训");
  EXPECT_EQ(event.actor().name(), H::SystemAdmin().name());
}

TEST_F(PlanServiceTest, StaleEtagIsRefused) {
  const std::string name = h_.DraftPlan("r1");
  v1::FillSectionRequest request;
  request.set_name(name);
  request.set_kind(v1::SECTION_KIND_GOAL);
  request.set_text("目标");
  request.set_etag("1");
  request.set_request_id(h_.NewRequestId());
  ASSERT_THAT(h_.Call<v1::Plan>("PlanService/FillSection", H::SystemAdmin(), request), IsOk());
  request.set_request_id(h_.NewRequestId());
  EXPECT_THAT(h_.Call<v1::Plan>("PlanService/FillSection", H::SystemAdmin(), request),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST_F(PlanServiceTest, RepeatedCallsAreAnsweredOnce) {
  const std::string name = h_.DraftPlan("r1");
  v1::FillSectionRequest request;
  request.set_name(name);
  request.set_kind(v1::SECTION_KIND_GOAL);
  request.set_text("目标");
  request.set_request_id(h_.NewRequestId());
  const auto first = h_.Call<v1::Plan>("PlanService/FillSection", H::SystemAdmin(), request);
  const auto second = h_.Call<v1::Plan>("PlanService/FillSection", H::SystemAdmin(), request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(h_.Get(name).revision(), 2);
  request.set_text("别的目标");
  EXPECT_THAT(h_.Call<v1::Plan>("PlanService/FillSection", H::SystemAdmin(), request),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
}

TEST_F(PlanServiceTest, SlotsOfOneSystemDoNotOverlap) {
  const std::string first = h_.DraftPlan("r1", {"menjin", "app"});
  const std::string second = h_.DraftPlan("r2", {"app", "xunjian"});
  const std::string third = h_.DraftPlan("r3", {"wuguan"});
  const absl::Time start = h_.now() + absl::Hours(24);
  ASSERT_THAT(h_.Reserve(first, start, start + absl::Hours(4)), IsOk());
  const auto refused = h_.Reserve(second, start + absl::Hours(3), start + absl::Hours(6));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_SLOT_CONFLICT));
  EXPECT_THAT(GetErrorInfo(refused.status())->metadata().at("conflicts"),
              HasSubstr("organizations/wuye/plans/r1 2026-03-21T09:46:40Z/2026-03-21T13:46:40Z app"));
  // Touching is no overlap; neither is another system, nor the plan's own earlier slot.
  EXPECT_THAT(h_.Reserve(second, start + absl::Hours(4), start + absl::Hours(6)), IsOk());
  EXPECT_THAT(h_.Reserve(third, start, start + absl::Hours(4)), IsOk());
  EXPECT_THAT(h_.Reserve(first, start - absl::Hours(1), start + absl::Hours(3)), IsOk());
  EXPECT_THAT(h_.Reserve(second, start + absl::Hours(3), start + absl::Hours(6)), IsOk());
  EXPECT_EQ(h_.LastEvent("SlotReserved").changes(0).before(), "2026-03-21T13:46:40Z/2026-03-21T15:46:40Z");
}

TEST_F(PlanServiceTest, EveryConflictIsListed) {
  const absl::Time start = h_.now() + absl::Hours(24);
  for (const std::string id : {"r1", "r2", "r3"}) {
    const std::string plan = h_.DraftPlan(id);
    const absl::Duration offset = absl::Hours(24) * (id[1] - '1');
    ASSERT_THAT(h_.Reserve(plan, start + offset, start + offset + absl::Hours(2)), IsOk());
  }
  const auto refused = h_.Reserve(h_.DraftPlan("r9"), start, start + absl::Hours(72));
  ASSERT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_SLOT_CONFLICT));
  const std::string conflicts = GetErrorInfo(refused.status())->metadata().at("conflicts");
  for (const char* id : {"plans/r1", "plans/r2", "plans/r3"}) EXPECT_THAT(conflicts, HasSubstr(id));
}

TEST_F(PlanServiceTest, OnlyOneOfManyPlannersGetsTheSlot) {
  constexpr int kPlanners = 8;
  std::vector<std::string> plans;
  // Named in opposite orders, so that locks taken as they come would deadlock.
  for (int i = 0; i < kPlanners; ++i) {
    plans.push_back(h_.DraftPlan(absl::StrCat("r", i), i % 2 == 0
                                                           ? std::vector<std::string>{"app", "menjin", "wuguan"}
                                                           : std::vector<std::string>{"wuguan", "menjin", "app"}));
  }
  const absl::Time start = h_.now() + absl::Hours(24);
  std::vector<absl::Status> results(kPlanners);
  std::vector<std::thread> threads;
  for (int i = 0; i < kPlanners; ++i) {
    threads.emplace_back(
        [&, i] { results[i] = h_.Reserve(plans[i], start + absl::Minutes(i), start + absl::Hours(2)).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  int reserved = 0;
  for (const absl::Status& result : results) {
    if (result.ok()) {
      ++reserved;
    } else {
      EXPECT_THAT(result, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_SLOT_CONFLICT));
    }
  }
  EXPECT_EQ(reserved, 1);
}

TEST_F(PlanServiceTest, ReleasedSlotsAreFree) {
  const std::string first = h_.DraftPlan("r1");
  const std::string second = h_.DraftPlan("r2");
  const absl::Time start = h_.now() + absl::Hours(24);
  ASSERT_THAT(h_.Reserve(first, start, start + absl::Hours(4)), IsOk());
  v1::ReleaseSlotRequest request;
  request.set_name(first);
  request.set_request_id(h_.NewRequestId());
  const auto released = h_.Call<v1::Plan>("PlanService/ReleaseSlot", H::SystemAdmin(), request);
  ASSERT_THAT(released, IsOk());
  EXPECT_FALSE(released->has_slot());
  event::v1::SlotReleased payload;
  ASSERT_TRUE(h_.LastEvent("SlotReleased").payload().UnpackTo(&payload));
  EXPECT_EQ(FromProto(payload.slot()).start, start);
  EXPECT_THAT(h_.Reserve(second, start, start + absl::Hours(4)), IsOk());
  request.set_request_id(h_.NewRequestId());
  EXPECT_THAT(h_.Call<v1::Plan>("PlanService/ReleaseSlot", H::SystemAdmin(), request),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
}

TEST_F(PlanServiceTest, SlotOutOfBounds) {
  const std::string plan = h_.DraftPlan("r1");
  EXPECT_THAT(h_.Reserve(plan, h_.now() - absl::Hours(2), h_.now()),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(h_.Reserve(plan, h_.now(), h_.now() + absl::Hours(24 * 14 + 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(h_.EventTypes(), ElementsAre("PlanDrafted"));
}

TEST_F(PlanServiceTest, ApprovePlan) {
  const std::string name = h_.Complete("r1");
  const absl::StatusOr<v1::Plan> approved = h_.Approve(name);
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->state(), v1::Plan::STATE_APPROVED);
  EXPECT_EQ(approved->approver(), H::Director().name());
  EXPECT_EQ(approved->approved_sha256(), approved->content_sha256());
  event::v1::PlanApproved payload;
  ASSERT_TRUE(h_.LastEvent("PlanApproved").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.plan().state(), "APPROVED");
  EXPECT_EQ(payload.plan().approver(), H::Director().name());
  EXPECT_TRUE(payload.plan().has_slot());
  EXPECT_EQ(h_.LastEvent("PlanApproved").change(), "organizations/wuye/requests/r1");
  EXPECT_THAT(h_.Approve(name), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(PlanServiceTest, ApprovalIsRefusedToAuthorAndRequesterAndLeavesATrace) {
  const std::string name = h_.Complete("r1");
  ASSERT_THAT(h_.Fill(name, v1::SECTION_KIND_GOAL, "目标", false, H::Director("wang")), IsOk());
  EXPECT_THAT(h_.Approve(name, H::Director("wang")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(h_.Approve(name, H::Director("li")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  const event::v1::Event denied = h_.LastEvent("CallDenied");
  EXPECT_EQ(denied.outcome(), event::v1::OUTCOME_DENIED);
  EXPECT_EQ(denied.subject(), name);
  EXPECT_EQ(denied.change(), "organizations/wuye/requests/r1");
  EXPECT_THAT(h_.Approve(name, H::SystemAdmin()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(h_.Approve(name, H::Director("gao")), IsOk());
}

TEST_F(PlanServiceTest, ApprovalOfAnotherContentOrAnIncompletePlan) {
  const std::string name = h_.DraftPlan("r1");
  const auto incomplete = h_.Approve(name);
  EXPECT_THAT(incomplete, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_THAT(GetErrorInfo(incomplete.status())->metadata().at("missing"), HasSubstr("RISK_RESPONSE"));
  v1::ApprovePlanRequest request;
  request.set_name(name);
  request.set_request_id(h_.NewRequestId());
  request.set_content_sha256(std::string(64, '0'));
  EXPECT_THAT(h_.Call<v1::Plan>("PlanService/ApprovePlan", H::Director(), request),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED));
}

TEST_F(PlanServiceTest, EditsVoidTheApprovalAndSayWhy) {
  const std::string name = h_.Approved("r1");
  const auto cause = [&] {
    event::v1::PlanApprovalVoided payload;
    EXPECT_TRUE(h_.LastEvent("PlanApprovalVoided").payload().UnpackTo(&payload));
    EXPECT_EQ(payload.plan().state(), "DRAFT");
    return payload.cause();
  };
  ASSERT_THAT(h_.Fill(name, v1::SECTION_KIND_SCOPE, "范围扩大"), IsOk());
  EXPECT_EQ(cause(), "section SCOPE");
  EXPECT_EQ(h_.Get(name).state(), v1::Plan::STATE_DRAFT);
  EXPECT_THAT(h_.Get(name).approver(), IsEmpty());

  ASSERT_THAT(h_.Approve(name), IsOk());
  ASSERT_THAT(h_.Reserve(name, h_.now(), h_.now() + absl::Hours(2)), IsOk());
  EXPECT_EQ(cause(), "slot");
  ASSERT_THAT(h_.Approve(name), IsOk());
  const std::string approved_at = h_.Get(name).content_sha256();
  ASSERT_THAT(h_.AddWorkOrder(name, "升级客户端"), IsOk());
  EXPECT_EQ(cause(), "work order");
  EXPECT_NE(h_.Get(name).content_sha256(), approved_at);
  EXPECT_EQ(h_.Get(name).state(), v1::Plan::STATE_DRAFT);
}

TEST_F(PlanServiceTest, NoEditsOnceImplementing) {
  const std::string name = h_.Implementing("r1");
  const absl::Time start = h_.now() + absl::Hours(48);
  EXPECT_THAT(h_.Fill(name, v1::SECTION_KIND_GOAL, "改"),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(h_.Reserve(name, start, start + absl::Hours(1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(h_.AddWorkOrder(name, "再来一步"),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(h_.Get(name).state(), v1::Plan::STATE_IMPLEMENTING);
}

TEST_F(PlanServiceTest, OtherOrganisationsSeeNothing) {
  const std::string name = h_.DraftPlan("r1");
  v1::GetPlanRequest request;
  request.set_name(name);
  const common::v1::Principal stranger = rpc::testing::Person("tushuguan", "wang", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(h_.Call<v1::Plan>("PlanService/GetPlan", stranger, request),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
}

}  // namespace
}  // namespace docket::scheduling
