#include "services/scheduling/plan.h"

#include <functional>
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
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kDigest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

const PlanState kStates[] = {PlanState::kDraft,       PlanState::kApproved, PlanState::kImplementing,
                             PlanState::kImplemented, PlanState::kAccepted, PlanState::kRolledBack};

absl::Time Now() { return absl::FromUnixSeconds(1'774'000'000); }

Caller Person(const std::string& id) { return {.person = "organizations/wuye/people/" + id}; }

Plan Drafted() {
  Plan plan = DraftPlan({.organization_id = "wuye",
                         .id = "r1",
                         .request_number = "REQ-2026-000001",
                         .title = "门禁管理软件升级",
                         .requester = "organizations/wuye/people/li",
                         .department = "organizations/wuye/departments/anbao",
                         .targets = {{"organizations/wuye/systems/menjin", "", "3.2", "3.3"},
                                     {"organizations/wuye/systems/app", "server", "1.0", "1.1"},
                                     {"organizations/wuye/systems/menjin", "agent", "1", "2"}},
                         .goal = "修复刷卡延迟"},
                        Now());
  plan.content_sha256 = kDigest;
  return plan;
}

// Complete, in the state asked for.
Plan In(PlanState state) {
  Plan plan = Drafted();
  for (const SectionKind kind : kSectionKinds) {
    EXPECT_THAT(FillSection(plan, kind, "内容", false, "organizations/wuye/people/zhao", Now()), IsOkAndHolds(false));
  }
  plan.slot = Slot{.start = Now(), .end = Now() + absl::Hours(4)};
  plan.work_orders = 1;
  plan.state = state;
  if (state != PlanState::kDraft) {
    plan.approver = "organizations/wuye/people/wang";
    plan.approved_sha256 = kDigest;
  }
  return plan;
}

TEST(PlanTest, DraftHoldsOneOpenSectionOfEachKindWithProposals) {
  const Plan plan = Drafted();
  ASSERT_EQ(plan.sections.size(), kSectionKinds.size());
  for (size_t i = 0; i < kSectionKinds.size(); ++i) {
    EXPECT_EQ(plan.sections[i].kind, kSectionKinds[i]);
    EXPECT_EQ(plan.sections[i].state, SectionState::kOpen);
    EXPECT_THAT(plan.sections[i].author, IsEmpty());
  }
  EXPECT_EQ(plan.section(SectionKind::kGoal).text, "修复刷卡延迟");
  EXPECT_EQ(plan.revision, 1);
  EXPECT_THAT(plan.Systems(), ElementsAre("organizations/wuye/systems/app", "organizations/wuye/systems/menjin"));
}

// Every transition in every state: allowed where listed, WRONG_STATE with the list elsewhere.
TEST(PlanTest, TransitionsByState) {
  struct Case {
    std::string name;
    std::function<absl::Status(Plan&)> move;
    std::vector<PlanState> allowed;
    std::string allowed_states;
  };
  const std::vector<PlanState> editable = {PlanState::kDraft, PlanState::kApproved};
  const Case cases[] = {
      {"fill", [](Plan& plan) { return FillSection(plan, SectionKind::kGoal, "改", false, "p", Now()).status(); },
       editable, "DRAFT,APPROVED"},
      {"slot",
       [](Plan& plan) {
         return SetSlot(plan, {Now(), Now() + absl::Hours(1)}, Now()).status();
       },
       editable, "DRAFT,APPROVED"},
      {"release", [](Plan& plan) { return ClearSlot(plan).status(); }, editable, "DRAFT,APPROVED"},
      {"work order", [](Plan& plan) { return AddWorkOrder(plan).status(); }, editable, "DRAFT,APPROVED"},
      {"approve", [](Plan& plan) { return Approve(plan, "w", kDigest); }, {PlanState::kDraft}, "DRAFT"},
      {"start", [](Plan& plan) { return StartImplementation(plan, Now()); }, {PlanState::kApproved}, "APPROVED"},
      {"complete",
       [](Plan& plan) { return CompleteImplementation(plan, Now()); },
       {PlanState::kImplementing},
       "IMPLEMENTING"},
      {"accept", [](Plan& plan) { return Accept(plan, "w", "好"); }, {PlanState::kImplemented}, "IMPLEMENTED"},
      {"roll back",
       [](Plan& plan) { return RollBack(plan, {.trigger = "刷卡失败"}); },
       {PlanState::kImplementing, PlanState::kImplemented},
       "IMPLEMENTING,IMPLEMENTED"},
      {"evidence",
       [](Plan& plan) { return AddEvidence(plan); },
       {PlanState::kDraft, PlanState::kApproved, PlanState::kImplementing, PlanState::kImplemented},
       "DRAFT,APPROVED,IMPLEMENTING,IMPLEMENTED"},
  };
  for (const Case& c : cases) {
    for (const PlanState state : kStates) {
      SCOPED_TRACE(absl::StrCat(c.name, " in ", PlanStateName(state)));
      Plan plan = In(state);
      const absl::Status status = c.move(plan);
      if (std::find(c.allowed.begin(), c.allowed.end(), state) != c.allowed.end()) {
        EXPECT_THAT(status, IsOk());
        continue;
      }
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
      ASSERT_TRUE(GetErrorInfo(status).has_value());
      EXPECT_EQ(GetErrorInfo(status)->metadata().at("state"), PlanStateName(state));
      EXPECT_EQ(GetErrorInfo(status)->metadata().at("allowed_states"), c.allowed_states);
      EXPECT_EQ(plan.state, state);
    }
  }
}

TEST(PlanTest, EveryEditVoidsAnApproval) {
  const std::function<absl::StatusOr<bool>(Plan&)> edits[] = {
      [](Plan& plan) { return FillSection(plan, SectionKind::kTraining, "无需培训", true, "p", Now()); },
      [](Plan& plan) {
        return SetSlot(plan, {Now(), Now() + absl::Hours(1)}, Now());
      },
      [](Plan& plan) { return ClearSlot(plan); },
      [](Plan& plan) { return AddWorkOrder(plan); },
  };
  for (const auto& edit : edits) {
    Plan approved = In(PlanState::kApproved);
    EXPECT_THAT(edit(approved), IsOkAndHolds(true));
    EXPECT_EQ(approved.state, PlanState::kDraft);
    EXPECT_THAT(approved.approver, IsEmpty());
    EXPECT_THAT(approved.approved_sha256, IsEmpty());
    Plan draft = In(PlanState::kDraft);
    EXPECT_THAT(edit(draft), IsOkAndHolds(false));
  }
}

TEST(PlanTest, FillSectionWritesAuthorAndWaiver) {
  Plan plan = Drafted();
  ASSERT_THAT(
      FillSection(plan, SectionKind::kTraining, "界面未变，无需培训", true, "organizations/wuye/people/zhao", Now()),
      IsOk());
  EXPECT_EQ(plan.section(SectionKind::kTraining).state, SectionState::kWaived);
  EXPECT_EQ(plan.section(SectionKind::kTraining).author, "organizations/wuye/people/zhao");
  EXPECT_EQ(plan.section(SectionKind::kTraining).update_time, Now());
}

TEST(PlanTest, SlotBounds) {
  struct Case {
    Slot slot;
    bool ok;
  };
  const absl::Duration day = absl::Hours(24);
  const Case cases[] = {
      {{Now() - day, Now() + absl::Seconds(1)}, true},
      {{Now() - day, Now()}, false},            // over
      {{Now() + day, Now() + day}, false},      // empty
      {{Now() + 2 * day, Now() + day}, false},  // backwards
      {{Now(), Now() + 14 * day}, true},
      {{Now(), Now() + 14 * day + absl::Microseconds(1)}, false},  // too long
      {{Now() + kMaxSlotLead, Now() + kMaxSlotLead + day}, true},
      {{Now() + kMaxSlotLead + absl::Seconds(1), Now() + kMaxSlotLead + day}, false},  // too far ahead
  };
  for (const Case& c : cases) {
    Plan plan = Drafted();
    const absl::StatusOr<bool> result = SetSlot(plan, c.slot, Now());
    if (c.ok) {
      EXPECT_THAT(result, IsOk());
      EXPECT_EQ(plan.slot, c.slot);
    } else {
      EXPECT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
      EXPECT_FALSE(plan.slot.has_value());
    }
  }
}

TEST(PlanTest, SlotsThatTouchDoNotOverlap) {
  const Slot slot{.start = Now(), .end = Now() + absl::Hours(2)};
  EXPECT_FALSE(slot.Overlaps({slot.end, slot.end + absl::Hours(1)}));
  EXPECT_FALSE(slot.Overlaps({slot.start - absl::Hours(1), slot.start}));
  EXPECT_TRUE(slot.Overlaps({slot.end - absl::Microseconds(1), slot.end + absl::Hours(1)}));
  EXPECT_TRUE(slot.Overlaps({slot.start + absl::Minutes(1), slot.start + absl::Minutes(2)}));
  EXPECT_TRUE(slot.Contains(slot.start));
  EXPECT_FALSE(slot.Contains(slot.end));
}

TEST(PlanTest, ApprovalNamesEverythingThatIsMissing) {
  Plan plan = Drafted();
  ASSERT_THAT(FillSection(plan, SectionKind::kGoal, "目标", false, "p", Now()), IsOk());
  const absl::Status status = Approve(plan, "w", kDigest);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("missing"),
            "SCOPE,TIME,RESPONSIBLE_PERSONS,TECHNICAL_APPROACH,RISK_RESPONSE,TRAINING,BUDGET,slot,work_orders");
}

TEST(PlanTest, ApprovalIsBoundToTheContentSeen) {
  Plan plan = In(PlanState::kDraft);
  const absl::Status status = Approve(plan, "w", std::string(64, 'b'));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("current_digest"), kDigest);
  ASSERT_THAT(Approve(plan, "organizations/wuye/people/wang", kDigest), IsOk());
  EXPECT_EQ(plan.state, PlanState::kApproved);
  EXPECT_EQ(plan.approver, "organizations/wuye/people/wang");
  EXPECT_EQ(plan.approved_sha256, kDigest);
}

TEST(PlanTest, NeitherRequesterNorAuthorApproves) {
  const Plan plan = In(PlanState::kDraft);
  for (const std::string person : {"li", "zhao"}) {
    const absl::Status status = CheckMayApprove(plan, Person(person));
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("conflicting_duty"), person == "li" ? "requester" : "author");
  }
  EXPECT_THAT(CheckMayApprove(plan, Person("wang")), IsOk());
}

TEST(PlanTest, WhoMayAccept) {
  Plan plan = In(PlanState::kImplemented);
  AddImplementer(plan, "organizations/wuye/people/zhao");
  AddImplementer(plan, "organizations/wuye/people/chen");
  AddImplementer(plan, "organizations/wuye/people/zhao");
  EXPECT_THAT(plan.implementers, ElementsAre("organizations/wuye/people/chen", "organizations/wuye/people/zhao"));

  Caller implementer = Person("zhao");
  implementer.it_director = true;
  EXPECT_THAT(CheckMayAccept(plan, implementer),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  Caller requester = Person("li");
  requester.it_director = true;
  EXPECT_THAT(CheckMayAccept(plan, requester),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  Caller director = Person("wang");
  director.it_director = true;
  EXPECT_THAT(CheckMayAccept(plan, director), IsOk());
  Caller head = Person("sun");
  head.department_head = true;
  head.department = "organizations/wuye/departments/anbao";
  EXPECT_THAT(CheckMayAccept(plan, head), IsOk());
  head.department = "organizations/wuye/departments/kefu";
  EXPECT_THAT(CheckMayAccept(plan, head),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
}

TEST(PlanTest, TimesOfExecution) {
  Plan plan = In(PlanState::kApproved);
  ASSERT_THAT(StartImplementation(plan, Now()), IsOk());
  EXPECT_EQ(plan.actual_start_time, Now());
  Plan rolled_back = plan;
  ASSERT_THAT(CompleteImplementation(plan, Now() + absl::Hours(1)), IsOk());
  EXPECT_EQ(plan.actual_end_time, Now() + absl::Hours(1));
  ASSERT_THAT(RollBack(rolled_back, {.trigger = "t", .decide_time = Now() + absl::Hours(2)}), IsOk());
  EXPECT_EQ(rolled_back.actual_end_time, Now() + absl::Hours(2));
  ASSERT_THAT(RollBack(plan, {.trigger = "t", .decide_time = Now() + absl::Hours(3)}), IsOk());
  EXPECT_EQ(plan.actual_end_time, Now() + absl::Hours(1));
}

TEST(PlanTest, WorkOrdersAndEvidenceAreBounded) {
  Plan plan = Drafted();
  plan.work_orders = kMaxWorkOrders;
  EXPECT_THAT(AddWorkOrder(plan), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  plan.evidence = kMaxEvidence;
  EXPECT_THAT(AddEvidence(plan), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST(PlanTest, Etag) {
  EXPECT_THAT(CheckEtag(7, ""), IsOk());
  EXPECT_THAT(CheckEtag(7, "7"), IsOk());
  for (const char* etag : {"6", "8", "07", "x", " 7"}) {
    EXPECT_THAT(CheckEtag(7, etag), StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG)) << etag;
  }
}

}  // namespace
}  // namespace docket::scheduling
