#include "services/evaluation/evaluation.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/evaluation/report.h"
#include "services/evaluation/testing/sample_evaluation.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kLater = kSampleNow + absl::Minutes(5);

// An evaluation in each of the states, all of them able to make every transition that the state allows.
Evaluation In(State state) {
  switch (state) {
    case State::kOpen: {
      Evaluation evaluation = SampleOpen();
      (void)evaluation.SetPanel(SampleSeats(), kSampleNow);
      (void)evaluation.SetOptions(SampleOptions(), {}, kSampleNow);
      return evaluation;
    }
    case State::kScoring:
      return SampleScoring();
    case State::kScored:
      return SampleScored();
    case State::kReported:
      return SampleReported().first;
    case State::kApproving:
      return SampleApproving();
    case State::kApproved: {
      Evaluation evaluation = SampleApproving();
      (void)evaluation.CastVote(SampleExecutive(), SampleVote(evaluation), kSampleNow);
      return evaluation;
    }
    case State::kRejected: {
      Evaluation evaluation = SampleApproving();
      (void)evaluation.CastVote(SampleExecutive(), SampleVote(evaluation, Decision::kReject), kSampleNow);
      return evaluation;
    }
  }
  return SampleOpen();
}

constexpr State kStates[] = {State::kOpen,      State::kScoring,  State::kScored,  State::kReported,
                             State::kApproving, State::kApproved, State::kRejected};

struct Transition {
  const char* name;
  std::set<State> allowed;
  std::function<absl::Status(Evaluation&)> run;
};

const std::vector<Transition>& Transitions() {
  static const auto* const kTransitions = new std::vector<Transition>{
      {"SetPanel", {State::kOpen}, [](Evaluation& e) { return e.SetPanel(SampleSeats(), kLater); }},
      {"SetOptions", {State::kOpen}, [](Evaluation& e) { return e.SetOptions(SampleOptions(), {}, kLater); }},
      {"StartScoring", {State::kOpen}, [](Evaluation& e) { return e.StartScoring(kLater); }},
      {"SubmitScores",
       {State::kScoring},
       [](Evaluation& e) { return e.SubmitScores(SampleSheet(e, "sun-lei"), kLater).status(); }},
      {"DeclareConflict",
       {State::kOpen, State::kScoring},
       [](Evaluation& e) { return e.DeclareConflict(SamplePerson("sun-lei"), "亲属任职", kLater).status(); }},
      {"ConfirmBudget",
       {State::kOpen, State::kScoring, State::kScored, State::kReported},
       [](Evaluation& e) { return e.ConfirmBudget(SampleBudget(6'000'000), kLater); }},
      {"GenerateReport",
       {State::kScored, State::kReported},
       [](Evaluation& e) -> absl::Status {
         if (!e.budget.has_value()) e.budget = SampleBudget();
         const absl::StatusOr<Report> report = MakeReport(e, SampleSheets(e), SampleFindings(), kLater);
         if (!report.ok()) return report.status();
         return e.AcceptReport(*report, kLater);
       }},
      {"AcceptReport",
       {State::kScored, State::kReported},
       [](Evaluation& e) { return e.AcceptReport(SampleReported().second, kLater); }},
      {"RequestApproval",
       {State::kReported},
       [](Evaluation& e) { return e.RequestApproval(SamplePolicy(), SampleReported().second, kLater); }},
      {"CastVote",
       {State::kApproving},
       [](Evaluation& e) { return e.CastVote(SampleExecutive(), SampleVote(e), kLater); }},
  };
  return *kTransitions;
}

TEST(EvaluationTest, EveryTransitionInEveryState) {
  for (const Transition& transition : Transitions()) {
    for (const State state : kStates) {
      SCOPED_TRACE(absl::StrCat(transition.name, " in ", StateName(state)));
      Evaluation evaluation = In(state);
      ASSERT_EQ(evaluation.state, state);
      const std::string before = ResourceSha256(evaluation);
      const int64_t revision = evaluation.revision;
      const absl::Status status = transition.run(evaluation);
      if (transition.allowed.count(state) > 0) {
        EXPECT_THAT(status, IsOk());
        EXPECT_EQ(evaluation.revision, revision + 1);
        EXPECT_EQ(evaluation.update_time, kLater);
        EXPECT_NE(ResourceSha256(evaluation), before);
      } else {
        EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
        EXPECT_EQ(GetErrorInfo(status)->metadata().at("state"), std::string(StateName(state)));
        EXPECT_FALSE(GetErrorInfo(status)->metadata().at("allowed_states").empty());
        EXPECT_EQ(evaluation.revision, revision);
      }
    }
  }
}

TEST(EvaluationTest, OpensUnderTheRequestsIdentifier) {
  const Evaluation evaluation = SampleOpen();
  EXPECT_EQ(evaluation.Name(), absl::StrCat("organizations/jinxiu/evaluations/", kSampleRequestId));
  EXPECT_EQ(evaluation.revision, 1);
  EXPECT_EQ(evaluation.state, State::kOpen);
}

TEST(EvaluationTest, OpensForNothingButARequest) {
  for (const char* name : {"", "requests/x", "organizations/jinxiu/requests/42", "organizations/jinxiu/plans/x",
                           "organizations/jinxiu/plans/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17",
                           "organizations/jinxiu/requests/0194C2F0-3D1A-7C5E-9B21-6F0A4D8E2C17"}) {
    RequestSnapshot request = SampleRequest();
    request.name = name;
    EXPECT_THAT(Evaluation::Open(request, kSampleNow), StatusIs(absl::StatusCode::kInvalidArgument)) << name;
  }
}

TEST(EvaluationTest, ChecksTheEtag) {
  const Evaluation evaluation = In(State::kOpen);
  EXPECT_THAT(evaluation.CheckEtag(""), IsOk());
  EXPECT_THAT(evaluation.CheckEtag("3"), IsOk());
  EXPECT_THAT(evaluation.CheckEtag("2"), StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(evaluation.CheckEtag("03"), StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST(EvaluationTest, ScoringNeedsPanelAndOptions) {
  Evaluation evaluation = SampleOpen();
  absl::Status status = evaluation.StartScoring(kLater);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("missing"), "seats.BUSINESS,seats.FINANCE,seats.IT,options");
  // A conflict declared since the panel was named takes the vote of finance away.
  evaluation = In(State::kOpen);
  ASSERT_THAT(evaluation.DeclareConflict(SamplePerson("qian-fang"), "亲属任职", kLater), IsOk());
  status = evaluation.StartScoring(kLater);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("missing"), "seats.FINANCE");
}

TEST(EvaluationTest, EmptyCriteriaMeanAllNine) {
  EXPECT_THAT(In(State::kOpen).criteria, SizeIs(9));
  Evaluation evaluation = SampleOpen();
  ASSERT_THAT(evaluation.SetOptions(SampleOptions(), {{CriterionKind::kCost, 5}}, kLater), IsOk());
  EXPECT_THAT(evaluation.criteria, SizeIs(1));
}

TEST(EvaluationTest, TheLastScoresOpenThemAll) {
  Evaluation evaluation = SampleScoring();
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "sun-lei"), kLater), IsOkAndHolds(ScoringEffect::kNone));
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "sun-lei"), kLater),
              StatusIs(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "qian-fang"), kLater),
              IsOkAndHolds(ScoringEffect::kNone));
  EXPECT_EQ(evaluation.state, State::kScoring);
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "gongyingshang"), kLater),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "chen-zong"), kLater),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "zhao-jianguo"), kLater),
              IsOkAndHolds(ScoringEffect::kUnsealed));
  EXPECT_EQ(evaluation.state, State::kScored);
}

TEST(EvaluationTest, IncompleteScoresChangeNothing) {
  Evaluation evaluation = SampleScoring();
  ScoreSheet sheet = SampleSheet(evaluation, "sun-lei");
  sheet.scores.pop_back();
  EXPECT_THAT(evaluation.SubmitScores(sheet, kLater),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_FALSE(FindSeat(evaluation.seats, SamplePerson("sun-lei"))->scored);
}

TEST(EvaluationTest, AConflictCanBeTheLastThingThatWasMissing) {
  Evaluation evaluation = SampleScoring();
  ASSERT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "sun-lei"), kLater), IsOk());
  ASSERT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "qian-fang"), kLater), IsOk());
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("zhao-jianguo"), "参股供应商", kLater),
              IsOkAndHolds(ScoringEffect::kUnsealed));
  EXPECT_EQ(evaluation.state, State::kScored);
  EXPECT_THAT(CountingSheets(evaluation, SampleSheets(evaluation)), SizeIs(2));
}

TEST(EvaluationTest, AConflictTakesScoresOutThatAreIn) {
  Evaluation evaluation = SampleScoring();
  ASSERT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "sun-lei"), kLater), IsOk());
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("sun-lei"), "参股供应商", kLater),
              IsOkAndHolds(ScoringEffect::kNone));
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("sun-lei"), "参股供应商", kLater),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "sun-lei"), kLater),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_CONFLICT_OF_INTEREST));
  const Seat* seat = FindSeat(evaluation.seats, SamplePerson("sun-lei"));
  EXPECT_FALSE(seat->scored);
  EXPECT_EQ(seat->conflict_reason, "参股供应商");
}

TEST(EvaluationTest, WithoutAnyVoteThePanelIsNamedAnew) {
  Evaluation evaluation = SampleScoring();
  ASSERT_THAT(evaluation.DeclareConflict(SamplePerson("sun-lei"), "甲", kLater), IsOk());
  ASSERT_THAT(evaluation.DeclareConflict(SamplePerson("qian-fang"), "乙", kLater), IsOk());
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("zhao-jianguo"), "丙", kLater),
              IsOkAndHolds(ScoringEffect::kReopened));
  EXPECT_EQ(evaluation.state, State::kOpen);
}

TEST(EvaluationTest, TheRequesterIsNotLeftAloneToSpeakForTheBusiness) {
  Evaluation evaluation = SampleOpen();
  std::vector<Seat> seats = SampleSeats();
  seats.push_back({.person = evaluation.request.requester, .role = SeatRole::kBusiness});
  ASSERT_THAT(evaluation.SetPanel(seats, kLater), IsOk());
  ASSERT_THAT(evaluation.SetOptions(SampleOptions(), {}, kLater), IsOk());
  ASSERT_THAT(evaluation.StartScoring(kLater), IsOk());
  ASSERT_THAT(evaluation.SubmitScores(SampleSheet(evaluation, "sun-lei"), kLater), IsOk());
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("zhao-jianguo"), "丙", kLater),
              IsOkAndHolds(ScoringEffect::kReopened));
  for (const Seat& seat : evaluation.seats) EXPECT_FALSE(seat.scored);
}

TEST(EvaluationTest, ConflictsBelongToThoseWhoVote) {
  Evaluation evaluation = In(State::kOpen);
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("chen-zong"), "无", kLater),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  EXPECT_THAT(evaluation.DeclareConflict(SamplePerson("gongyingshang"), "无", kLater),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
}

TEST(EvaluationTest, ANewBudgetOutdatesTheReport) {
  Evaluation evaluation = In(State::kReported);
  ASSERT_THAT(evaluation.ConfirmBudget(SampleBudget(7'000'000), kLater), IsOk());
  EXPECT_EQ(evaluation.state, State::kScored);
  EXPECT_THAT(evaluation.content_sha256, IsEmpty());
  EXPECT_EQ(evaluation.report_version, 1);
}

TEST(EvaluationTest, BudgetsAreInTheCostsCurrencyAndNotTheRequesters) {
  Evaluation evaluation = In(State::kOpen);
  Budget budget = SampleBudget();
  budget.amount.currency_code = "USD";
  EXPECT_THAT(evaluation.ConfirmBudget(budget, kLater),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  budget = SampleBudget();
  budget.confirmed_by = evaluation.request.requester;
  EXPECT_THAT(evaluation.ConfirmBudget(budget, kLater),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
}

TEST(EvaluationTest, TheBudgetCoversTheCostOrNot) {
  Evaluation evaluation = In(State::kScored);
  const Option& upgrade = evaluation.options[0];
  EXPECT_THAT(evaluation.CheckBudgetCovers(upgrade),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  evaluation.budget = SampleBudget(5'000'000);
  EXPECT_THAT(evaluation.CheckBudgetCovers(upgrade), IsOk());
  evaluation.budget = SampleBudget(4'999'999);
  EXPECT_THAT(evaluation.CheckBudgetCovers(upgrade),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BUDGET_EXCEEDED));
  evaluation.budget->amount = {"USD", 900'000'000};
  EXPECT_THAT(evaluation.CheckBudgetCovers(upgrade),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BUDGET_EXCEEDED));
}

TEST(EvaluationTest, ApprovalIsRequestedForWhatTheReportSays) {
  auto [evaluation, report] = SampleReported();
  Evaluation changed = evaluation;
  changed.options[0].implementation_proposal = "白天升级";
  EXPECT_THAT(changed.RequestApproval(SamplePolicy(), report, kLater),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED));
  changed = evaluation;
  changed.options[0].cost_lines[0].amount.minor_units += 1;
  EXPECT_THAT(changed.RequestApproval(SamplePolicy(), report, kLater),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BUDGET_EXCEEDED));
  auto [infeasible, negative] = SampleReported(false);
  EXPECT_THAT(infeasible.RequestApproval(SamplePolicy(), negative, kLater),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_THAT(evaluation.RequestApproval({.id = "default", .version = 2}, report, kLater),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(evaluation.state, State::kReported);
  ASSERT_THAT(evaluation.RequestApproval(SamplePolicy(), report, kLater), IsOk());
  EXPECT_EQ(evaluation.approval->content_sha256, report.content_sha256);
}

TEST(EvaluationTest, VotesAreBoundToTheContent) {
  Evaluation evaluation = SampleApproving();
  Vote vote = SampleVote(evaluation);
  vote.content_sha256[0] ^= 1;
  const absl::Status status = evaluation.CastVote(SampleExecutive(), vote, kLater);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED));
  EXPECT_NE(GetErrorInfo(status)->metadata().at("approved_digest"),
            GetErrorInfo(status)->metadata().at("current_digest"));
  EXPECT_THAT(evaluation.approval->stages[0].votes, IsEmpty());
}

TEST(EvaluationTest, ARejectionSaysWhy) {
  Evaluation evaluation = SampleApproving();
  Vote vote = SampleVote(evaluation, Decision::kReject);
  vote.reason = "";
  EXPECT_THAT(evaluation.CastVote(SampleExecutive(), vote, kLater),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  vote.reason = "预算不足";
  ASSERT_THAT(evaluation.CastVote(SampleExecutive(), vote, kLater), IsOk());
  EXPECT_EQ(evaluation.state, State::kRejected);
}

TEST(EvaluationTest, TheRequesterNeverVotes) {
  for (const State state : kStates) {
    Evaluation evaluation = In(state);
    EXPECT_THAT(evaluation.CheckMayVote({evaluation.request.requester, {"EXECUTIVE"}}),
                StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  }
}

TEST(EvaluationTest, AVoteKeepsWhoAndWhen) {
  Evaluation evaluation = SampleApproving();
  ASSERT_THAT(evaluation.CastVote(SampleExecutive(), SampleVote(evaluation), kLater), IsOk());
  EXPECT_EQ(evaluation.state, State::kApproved);
  ASSERT_THAT(evaluation.approval->stages[0].votes, SizeIs(1));
  EXPECT_EQ(evaluation.approval->stages[0].votes[0].person, SamplePerson("chen-zong"));
  EXPECT_EQ(evaluation.approval->stages[0].votes[0].vote_time, kLater);
}

}  // namespace
}  // namespace docket::evaluation
