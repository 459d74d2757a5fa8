#include "services/scheduling/gate.h"

#include <functional>
#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::scheduling {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

absl::Time Now() { return absl::FromUnixSeconds(1'774'000'000); }
const std::string kContent(64, 'c');
const std::string kEvaluation(64, 'e');

// Everything as it must be.
GateFacts Good() {
  GateFacts facts;
  facts.plan = DraftPlan({.organization_id = "wuye",
                          .id = "r1",
                          .targets = {{"organizations/wuye/systems/menjin", "", "3.2", "3.3"},
                                      {"organizations/wuye/systems/app", "server", "1.0", "1.1"}},
                          .evaluation_sha256 = kEvaluation},
                         Now());
  facts.plan.state = PlanState::kApproved;
  facts.plan.approver = "organizations/wuye/people/wang";
  facts.plan.approved_sha256 = kContent;
  facts.plan.slot = Slot{.start = Now() - absl::Hours(1), .end = Now() + absl::Hours(1)};
  facts.content_sha256 = kContent;
  facts.work_orders = {{"a", WorkOrderState::kPending, ""}};
  facts.evidence = {{EvidenceKind::kBackup, std::nullopt, true},
                    {EvidenceKind::kRestoreDrill, std::nullopt, true},
                    {EvidenceKind::kTestRun, TestCategory::kFunctional, true},
                    {EvidenceKind::kTestRun, TestCategory::kPerformance, true},
                    {EvidenceKind::kTestRun, TestCategory::kCompatibility, true},
                    {EvidenceKind::kTestRun, TestCategory::kSecurity, true},
                    {EvidenceKind::kUserAcceptance, std::nullopt, true}};
  facts.evaluation = EvaluationApproval{.approved = true, .content_sha256 = kEvaluation};
  facts.filing = std::optional<LatestFiling>(
      LatestFiling{.number = "BB-2026-000001", .acknowledged = true, .plan_sha256 = kContent});
  facts.now = Now();
  return facts;
}

TEST(GateTest, LetsThroughWhatIsAsItMustBe) {
  const GateDecision decision = Decide(Good());
  EXPECT_TRUE(decision.allowed);
  EXPECT_THAT(decision.DeniedBy(), IsEmpty());
  EXPECT_EQ(decision.decide_time, Now());
  ASSERT_EQ(decision.checks.size(), 10u);
  EXPECT_EQ(decision.checks.back().kind, GateCheckKind::kHold);
  for (size_t i = 0; i < decision.checks.size(); ++i) {
    if (i < 9) {
      EXPECT_EQ(static_cast<size_t>(decision.checks[i].kind), i + 1);
    }
    EXPECT_THAT(decision.checks[i].detail, Not(IsEmpty()));
  }
}

TEST(GateTest, KnowsNothingSaysNo) {
  GateFacts facts;
  facts.plan = DraftPlan({.organization_id = "wuye", .id = "r1"}, Now());
  facts.now = Now();
  EXPECT_THAT(Decide(facts).DeniedBy(), ElementsAre("PLAN_STATE", "PLAN_APPROVAL", "EVALUATION_APPROVAL", "SLOT",
                                                    "BACKUP", "TESTS", "USER_ACCEPTANCE", "FILING"));
}

TEST(GateTest, ToldApartIsWhoSaysNoAndWhoDoesNotAnswer) {
  GateFacts facts = Good();
  EXPECT_TRUE(Decide(facts).MayPass());
  facts.filing = absl::UnavailableError("down");
  facts.evaluation = absl::DeadlineExceededError("slow");
  EXPECT_FALSE(Decide(facts).allowed);
  EXPECT_TRUE(Decide(facts).MayPass());
  facts.evaluation = absl::InternalError("broken");
  EXPECT_FALSE(Decide(facts).MayPass());
  facts.evaluation = EvaluationApproval{.approved = false, .reason = "撤回"};
  EXPECT_FALSE(Decide(facts).MayPass());
}

TEST(GateTest, EachFactAloneIsEnoughToDeny) {
  struct Case {
    std::string what;
    std::function<void(GateFacts&)> spoil;
    std::string denied_by;
    std::string detail;
  };
  const auto add = [](EvidenceKind kind, std::optional<TestCategory> category, bool passed) {
    return [=](GateFacts& facts) { facts.evidence.push_back({kind, category, passed}); };
  };
  const auto without = [](EvidenceKind kind) {
    return [=](GateFacts& facts) { std::erase_if(facts.evidence, [&](const auto& e) { return e.kind == kind; }); };
  };
  const Case cases[] = {
      {"implemented", [](GateFacts& f) { f.plan.state = PlanState::kImplemented; }, "PLAN_STATE", "IMPLEMENTED"},
      {"rolled back", [](GateFacts& f) { f.plan.state = PlanState::kRolledBack; }, "PLAN_STATE", "ROLLED_BACK"},
      {"failed order", [](GateFacts& f) { f.work_orders[0].state = WorkOrderState::kFailed; }, "PLAN_STATE",
       "rolled back"},
      {"no approver", [](GateFacts& f) { f.plan.approver.clear(); }, "PLAN_APPROVAL", "not approved"},
      {"another content approved", [](GateFacts& f) { f.plan.approved_sha256 = kEvaluation; }, "PLAN_APPROVAL",
       kEvaluation},
      {"evaluation silent", [](GateFacts& f) { f.evaluation = absl::UnavailableError("x"); }, "EVALUATION_APPROVAL",
       "UNAVAILABLE"},
      {"evaluation says no",
       [](GateFacts& f) { f.evaluation = EvaluationApproval{.approved = false, .reason = "撤回"}; },
       "EVALUATION_APPROVAL", "撤回"},
      {"evaluation of another content",
       [](GateFacts& f) { f.evaluation = EvaluationApproval{.approved = true, .content_sha256 = kContent}; },
       "EVALUATION_APPROVAL", kContent},
      {"evaluation without content",
       [](GateFacts& f) {
         f.plan.evaluation_sha256.clear();
         f.evaluation = EvaluationApproval{.approved = true};
       },
       "EVALUATION_APPROVAL", ""},
      {"no slot", [](GateFacts& f) { f.plan.slot.reset(); }, "SLOT", "no slot"},
      {"before the slot", [](GateFacts& f) { f.plan.slot->start = Now() + absl::Microseconds(1); }, "SLOT",
       "the slot is"},
      {"at the slot's end", [](GateFacts& f) { f.plan.slot->end = Now(); }, "SLOT", "the slot is"},
      {"another holds",
       [](GateFacts& f) {
         f.conflicts = {{"organizations/wuye/plans/r2", "organizations/wuye/systems/menjin", {Now(), Now()}}};
       },
       "CONFLICT", "organizations/wuye/plans/r2"},
      {"no backup", without(EvidenceKind::kBackup), "BACKUP", "no backup"},
      {"no drill", without(EvidenceKind::kRestoreDrill), "BACKUP", "no restore drill"},
      {"latest drill failed", add(EvidenceKind::kRestoreDrill, std::nullopt, false), "BACKUP", "failed"},
      {"no tests", without(EvidenceKind::kTestRun), "TESTS",
       "missing: FUNCTIONAL, PERFORMANCE, COMPATIBILITY, SECURITY"},
      {"latest run failed", add(EvidenceKind::kTestRun, TestCategory::kSecurity, false), "TESTS", "failed: SECURITY"},
      {"unsigned", without(EvidenceKind::kUserAcceptance), "USER_ACCEPTANCE", "not signed"},
      {"signature withdrawn", add(EvidenceKind::kUserAcceptance, std::nullopt, false), "USER_ACCEPTANCE",
       "not satisfied"},
      {"register silent", [](GateFacts& f) { f.filing = absl::DeadlineExceededError("x"); }, "FILING",
       "DEADLINE_EXCEEDED"},
      {"on hold",
       [](GateFacts& f) {
         f.hold = ChangeHold{.holder = "organizations/wuye/people/wang", .reason = "等厂商答复", .since = Now()};
       },
       "HOLD", "等厂商答复"},
      {"not filed", [](GateFacts& f) { f.filing = std::optional<LatestFiling>(); }, "FILING", "not filed"},
      {"not acknowledged", [](GateFacts& f) { (*f.filing)->acknowledged = false; }, "FILING", "not acknowledged"},
      {"filed another content", [](GateFacts& f) { (*f.filing)->plan_sha256 = kEvaluation; }, "FILING",
       "BB-2026-000001"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    GateFacts facts = Good();
    c.spoil(facts);
    const GateDecision decision = Decide(facts);
    EXPECT_FALSE(decision.allowed);
    EXPECT_THAT(decision.DeniedBy(), ElementsAre(c.denied_by));
    for (const GateCheck& check : decision.checks) {
      if (check.passed) continue;
      EXPECT_THAT(check.detail, HasSubstr(c.detail));
    }
  }
}

TEST(GateTest, AnEditedPlanFailsApprovalAndFiling) {
  GateFacts facts = Good();
  facts.content_sha256 = std::string(64, 'd');
  EXPECT_THAT(Decide(facts).DeniedBy(), ElementsAre("PLAN_APPROVAL", "FILING"));
}

TEST(GateTest, TheNewestEvidenceCounts) {
  GateFacts facts = Good();
  facts.evidence.push_back({EvidenceKind::kTestRun, TestCategory::kSecurity, false});
  facts.evidence.push_back({EvidenceKind::kTestRun, TestCategory::kSecurity, true});
  EXPECT_TRUE(Decide(facts).allowed);
}

TEST(GateTest, PipelinesDeployWhileItIsBeingImplemented) {
  GateFacts facts = Good();
  facts.plan.state = PlanState::kImplementing;
  facts.work_orders[0].state = WorkOrderState::kInProgress;
  EXPECT_TRUE(Decide(facts).allowed);
}

TEST(GateTest, TheDeploymentMustBeATarget) {
  struct Case {
    DeploymentQuestion question;
    bool allowed;
  };
  const Case cases[] = {
      {{}, true},
      {{"organizations/wuye/systems/menjin", "", "3.3"}, true},
      {{"organizations/wuye/systems/menjin", "", "3.2"}, false},
      {{"organizations/wuye/systems/menjin", "agent", "3.3"}, false},
      {{"organizations/wuye/systems/app", "server", "1.1"}, true},
      {{"organizations/wuye/systems/app", "", "1.1"}, false},
      {{"organizations/wuye/systems/xunjian", "", "3.3"}, false},
  };
  for (const Case& c : cases) {
    GateFacts facts = Good();
    facts.question = c.question;
    const GateDecision decision = Decide(facts);
    EXPECT_EQ(decision.allowed, c.allowed) << c.question.system << " " << c.question.component;
    ASSERT_EQ(decision.checks.size(), 11u);
    EXPECT_EQ(decision.checks[9].kind, GateCheckKind::kTarget);
  }
}

TEST(SlotConflictTest, NamesEachPlanOnce) {
  const Slot slot{.start = Now(), .end = Now() + absl::Hours(2)};
  const std::vector<SlotConflict> conflicts = {
      {"organizations/wuye/plans/r1", "organizations/wuye/systems/app", slot},
      {"organizations/wuye/plans/r2", "organizations/wuye/systems/app", slot},
      {"organizations/wuye/plans/r1", "organizations/wuye/systems/menjin", slot}};
  const absl::Status status = SlotConflictError(conflicts);
  EXPECT_EQ(GetReason(status), Reason::REASON_SLOT_CONFLICT);
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("conflicts"),
            "organizations/wuye/plans/r1 2026-03-20T09:46:40Z/2026-03-20T11:46:40Z app,menjin; "
            "organizations/wuye/plans/r2 2026-03-20T09:46:40Z/2026-03-20T11:46:40Z app");
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("conflict_count"), "2");
}

TEST(SlotConflictTest, ManyGoOnInFurtherValues) {
  std::vector<SlotConflict> conflicts;
  for (int i = 0; i < 60; ++i) {
    conflicts.push_back({"organizations/wuye/plans/r" + std::to_string(i),
                         "organizations/wuye/systems/menjin",
                         {Now(), Now() + absl::Hours(2)}});
  }
  const absl::Status status = SlotConflictError(conflicts);
  const auto metadata = GetErrorInfo(status)->metadata();
  EXPECT_THAT(metadata.at("conflicts"), StartsWith("organizations/wuye/plans/r0 "));
  EXPECT_THAT(metadata.at("conflicts_2"), StartsWith("organizations/wuye/plans/r"));
  EXPECT_THAT(metadata.at("conflicts_3"), EndsWith(" menjin"));
  EXPECT_EQ(metadata.at("conflict_count"), "60");
  EXPECT_EQ(metadata.size(), 4u);
}

}  // namespace
}  // namespace docket::scheduling
