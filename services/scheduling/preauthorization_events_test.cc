// Standard changes: their plans are drafted from the template, and the gate asks about the template instead of the
// evaluation.
#include "services/scheduling/preauthorization_events.h"

#include <functional>
#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::HasSubstr;

constexpr char kPlan[] = "organizations/wuye/plans/r1";
constexpr char kTemplate[] = "organizations/wuye/changeTemplates/signature-update/versions/3";

class PreauthorizationEventsTest : public ::testing::Test {
 protected:
  using H = testing::SchedulingHarness;

  event::v1::DeliveryResult::Verdict Deliver(const event::v1::Event& event) {
    const auto response = h_.Deliver({event});
    EXPECT_THAT(response, IsOk());
    return response.ok() ? response->results(0).verdict() : event::v1::DeliveryResult::VERDICT_UNSPECIFIED;
  }
  // Drafted, completed, approved and proven.
  void Ready() {
    ASSERT_EQ(Deliver(h_.RequestPreauthorized("r1")), event::v1::DeliveryResult::VERDICT_ACCEPTED);
    h_.CompletePlan(kPlan);
    ASSERT_THAT(h_.Approve(kPlan), IsOk());
    h_.RecordAllEvidence(kPlan);
    // Nobody asks the evaluation, which knows nothing of the change.
    h_.sources().evaluation = [](const Plan&) { return absl::NotFoundError("no such evaluation"); };
  }
  static v1::GateCheck CheckOf(const v1::GateDecision& decision, v1::GateCheck::Kind kind) {
    for (const v1::GateCheck& check : decision.checks()) {
      if (check.kind() == kind) return check;
    }
    return {};
  }

  testing::SchedulingHarness h_;
};

TEST_F(PreauthorizationEventsTest, ThePlanIsDraftedFromTheTemplate) {
  ASSERT_EQ(Deliver(h_.RequestPreauthorized("r1")), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  const v1::Plan plan = h_.Get(kPlan);
  EXPECT_EQ(plan.state(), v1::Plan::STATE_DRAFT);
  EXPECT_EQ(plan.kind(), common::v1::CHANGE_KIND_STANDARD);
  EXPECT_EQ(plan.evaluation(), "");
  EXPECT_EQ(plan.evaluation_sha256(), "");
  EXPECT_EQ(plan.template_(), kTemplate);
  EXPECT_EQ(plan.template_sha256().substr(0, 4), "7e7e");
  EXPECT_FALSE(plan.has_approved_budget());
  EXPECT_EQ(plan.sections(0).text(), "升级到新版本\n刷卡响应慢");
  EXPECT_EQ(plan.sections(0).state(), v1::Section::STATE_OPEN);
  EXPECT_EQ(plan.sections(4).text(), "1. 备份特征库\n2. 导入新特征库并重启服务\n测试要求 Tests:\n- 抽测 20 张门卡");
  EXPECT_EQ(plan.sections(5).text(), "- 导入失败 → 恢复备份\n回退办法 Rollback:\n停止服务，恢复备份的特征库");
  for (const int section : {4, 5}) {
    EXPECT_EQ(plan.sections(section).state(), v1::Section::STATE_COMPLETE);
    EXPECT_EQ(plan.sections(section).author(), "organizations/wuye/people/zhou");
  }
  EXPECT_EQ(h_.LastEvent("PlanDrafted").change(), "organizations/wuye/requests/r1");
}

TEST_F(PreauthorizationEventsTest, WhatTheTemplateMayCost) {
  event::v1::Event event = h_.RequestPreauthorized("r1");
  event::v1::RequestPreauthorized payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  payload.mutable_content()->mutable_budget()->set_currency_code("CNY");
  payload.mutable_content()->mutable_budget()->set_minor_units(100005);
  event.mutable_payload()->PackFrom(payload);
  ASSERT_EQ(Deliver(event), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(h_.Get(kPlan).approved_budget().minor_units(), 100005);
  EXPECT_EQ(h_.Get(kPlan).sections(7).text(), "CNY 1000.05");
}

TEST_F(PreauthorizationEventsTest, TheWriterOfTheProcedureDoesNotApproveThePlan) {
  ASSERT_EQ(Deliver(h_.RequestPreauthorized("r1")), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_THAT(h_.Approve(kPlan, H::Director("zhou")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
}

TEST_F(PreauthorizationEventsTest, BrokenEventsAreRejected) {
  const std::function<void(event::v1::Event&, event::v1::RequestPreauthorized&)> mistakes[] = {
      [](auto& event, auto&) { event.set_source("services/evaluation"); },
      [](auto& event, auto&) { event.set_organization("organizations/tushuguan"); },
      [](auto&, auto& payload) { payload.mutable_request()->set_name("organizations/wuye/plans/r1"); },
      [](auto&, auto& payload) { payload.clear_template_(); },
      [](auto&, auto& payload) { payload.set_template_("organizations/other/changeTemplates/a/versions/1"); },
      [](auto&, auto& payload) { payload.clear_template_sha256(); },
  };
  for (const auto& mistake : mistakes) {
    event::v1::Event event = h_.RequestPreauthorized("r1");
    event::v1::RequestPreauthorized payload;
    ASSERT_TRUE(event.payload().UnpackTo(&payload));
    mistake(event, payload);
    EXPECT_THAT(DraftFromPreauthorization(event, payload), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST_F(PreauthorizationEventsTest, EventsAreActedOnOnce) {
  const event::v1::Event event = h_.RequestPreauthorized("r1");
  EXPECT_EQ(Deliver(event), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(Deliver(event), event::v1::DeliveryResult::VERDICT_DUPLICATE);
  EXPECT_EQ(Deliver(h_.RequestPreauthorized("r1")), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_THAT(h_.EventTypes(), ::testing::ElementsAre("PlanDrafted"));
}

TEST_F(PreauthorizationEventsTest, TheGateAsksTheTemplates) {
  Ready();
  const auto decision = h_.Check(kPlan);
  ASSERT_THAT(decision, IsOk());
  EXPECT_TRUE(decision->allowed()) << decision->DebugString();
  EXPECT_THAT(CheckOf(*decision, v1::GateCheck::KIND_PREAUTHORIZATION).detail(), HasSubstr(kTemplate));
  EXPECT_EQ(CheckOf(*decision, v1::GateCheck::KIND_EVALUATION_APPROVAL).detail(), "");
  EXPECT_THAT(h_.Start(kPlan), IsOk());
}

TEST_F(PreauthorizationEventsTest, TheGateFailsClosed) {
  Ready();
  const std::function<absl::StatusOr<Preauthorization>(const Plan&)> answers[] = {
      [](const Plan&) { return absl::InternalError("broken"); },
      [](const Plan&) { return Preauthorization{}; },
      [](const Plan& plan) {
        return Preauthorization{
            .reason = "模板因故撤销", .template_name = plan.template_name, .template_sha256 = plan.template_sha256};
      },
      [](const Plan& plan) {
        return Preauthorization{
            .standing = true, .template_name = plan.template_name, .template_sha256 = std::string(64, '0')};
      },
      [](const Plan& plan) {
        return Preauthorization{
            .standing = true, .template_name = plan.template_name + "0", .template_sha256 = plan.template_sha256};
      },
  };
  for (const auto& answer : answers) {
    h_.sources().preauthorization = answer;
    const absl::Status refused = h_.Start(kPlan).status();
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_GATE_DENIED));
    EXPECT_EQ(GetErrorInfo(refused)->metadata().at("denied_by"), "PREAUTHORIZATION");
  }
  h_.sources().preauthorization = nullptr;
  EXPECT_THAT(h_.Start(kPlan), IsOk());
}

TEST_F(PreauthorizationEventsTest, OtherPlansAskTheEvaluationAsEver) {
  h_.sources().preauthorization = [](const Plan&) { return absl::UnavailableError("must not be asked"); };
  const std::string plan = h_.Approved("r2");
  h_.RecordAllEvidence(plan);
  EXPECT_THAT(h_.Start(plan), IsOk());
}

}  // namespace
}  // namespace docket::scheduling
