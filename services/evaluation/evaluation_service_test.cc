#include "services/evaluation/evaluation_service.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/evaluation/testing/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class EvaluationServiceTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::Evaluation> Get() {
    v1::GetEvaluationRequest call;
    call.set_name(Name());
    return As<v1::Evaluation>(Director(), "GetEvaluation", call);
  }
  absl::StatusOr<v1::Ranking> GetRanking() {
    v1::GetRankingRequest call;
    call.set_name(Name());
    return As<v1::Ranking>(Executive(), "GetRanking", call);
  }
  // Makes `count` evaluations by event and returns their names, oldest first.
  std::vector<std::string> Open(int count) {
    std::vector<event::v1::Event> events;
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) {
      const std::string id = FormatUuid(uuids_.Next());
      events.push_back(Accepted(id));
      names.push_back(Name(id));
    }
    EXPECT_THAT(Deliver(events), IsOk());
    return names;
  }
};

TEST_F(EvaluationServiceTest, TheWholeWay) {
  const auto approved = Reach(State::kApproved);
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->state(), v1::Evaluation::STATE_APPROVED);
  EXPECT_EQ(approved->recommended_option(), "upgrade");
  EXPECT_TRUE(approved->feasible());
  EXPECT_EQ(approved->approval().policy(), "default/1");
  EXPECT_EQ(approved->budget().confirmed_by(), SamplePerson("qian-fang"));
  EXPECT_TRUE(MessageDifferencer::Equals(*Get(), *approved));
}

TEST_F(EvaluationServiceTest, WhatDoesNotExistIsNotFound) {
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(As<v1::Evaluation>(Director(), "SetPanel", Panel()), StatusIs(absl::StatusCode::kNotFound));
  v1::GetReportRequest report;
  report.set_name(Name() + "/reports/1");
  EXPECT_THAT(As<v1::Report>(Director(), "GetReport", report), StatusIs(absl::StatusCode::kNotFound));
  v1::CheckApprovalRequest check;
  check.set_name(Name());
  EXPECT_THAT(As<v1::ApprovalStatus>(Director(), "CheckApproval", check), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EvaluationServiceTest, EachMethodIsRefusedInAStateThatIsWrongForIt) {
  ASSERT_THAT(Reach(State::kApproved), IsOk());
  const auto refused = [&](const absl::Status& status) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("state"), "APPROVED");
  };
  refused(As<v1::Evaluation>(Director(), "SetPanel", Panel()).status());
  refused(As<v1::Evaluation>(It(), "SetOptions", Options()).status());
  refused(As<v1::Evaluation>(Director(), "StartScoring", Mutating<v1::StartScoringRequest>()).status());
  refused(As<v1::Evaluation>(It(), "SubmitScores", Scores(1, 1)).status());
  auto conflict = Mutating<v1::DeclareConflictRequest>();
  conflict.set_reason("亲属任职");
  refused(As<v1::Evaluation>(It(), "DeclareConflict", conflict).status());
  refused(As<v1::Evaluation>(Finance(), "ConfirmBudget", BudgetOf(1)).status());
  refused(As<v1::Report>(Director(), "GenerateReport", ReportOf(true)).status());
  refused(As<v1::Evaluation>(Director(), "RequestApproval", Mutating<v1::RequestApprovalRequest>()).status());
  refused(As<v1::Evaluation>(Person("wu-zong", {common::v1::ROLE_EXECUTIVE}), "CastVote",
                             VoteOn(Get()->content_sha256(), v1::Vote::DECISION_APPROVE))
              .status());
  // Each refusal is told, so that it can be found in the audit trail.
  int denied = 0;
  for (const event::v1::Event& event : Outbox()) {
    if (event.outcome() != event::v1::OUTCOME_DENIED) continue;
    ++denied;
    EXPECT_EQ(event.subject(), Name());
    EXPECT_EQ(event.change(), SampleRequest().name);
  }
  EXPECT_EQ(denied, 9);
}

TEST_F(EvaluationServiceTest, AStaleEtagIsRefusedBeforeTheStateIsLookedAt) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  v1::SetPanelRequest panel = Panel();
  panel.set_etag("1");
  EXPECT_THAT(As<v1::Evaluation>(Director(), "SetPanel", panel),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  v1::SubmitScoresRequest scores = Scores(8, 5);
  scores.set_etag("1");
  EXPECT_THAT(As<v1::Evaluation>(It(), "SubmitScores", scores),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  // The relation to the evaluation comes before the etag.
  EXPECT_THAT(As<v1::Evaluation>(Executive(), "SubmitScores", scores),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  scores.set_etag(Get()->etag());
  EXPECT_THAT(As<v1::Evaluation>(It(), "SubmitScores", scores), IsOk());
}

TEST_F(EvaluationServiceTest, ARepeatedCallIsAnsweredAsTheFirstTime) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  const v1::SubmitScoresRequest scores = Scores(8, 5);
  const auto first = As<v1::Evaluation>(It(), "SubmitScores", scores);
  ASSERT_THAT(first, IsOk());
  const size_t told = Outbox().size();
  const auto again = As<v1::Evaluation>(It(), "SubmitScores", scores);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(MessageDifferencer::Equals(*first, *again));
  EXPECT_THAT(Outbox(), SizeIs(told));
  v1::SubmitScoresRequest other = Scores(9, 5);
  other.set_request_id(scores.request_id());
  EXPECT_THAT(As<v1::Evaluation>(It(), "SubmitScores", other),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(As<v1::Evaluation>(It(), "SubmitScores", Scores(9, 5)), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(EvaluationServiceTest, APanelIsCheckedAsAWhole) {
  ASSERT_THAT(Reach(State::kOpen), IsOk());
  v1::SetPanelRequest panel = Panel();
  panel.mutable_seats(1)->set_person(panel.seats(0).person());
  panel.mutable_seats(2)->set_role(v1::SEAT_ROLE_BUSINESS);
  const absl::Status status = As<v1::Evaluation>(Director(), "SetPanel", panel).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(GetBadRequest(status)->field_violations_size(), 2);
  EXPECT_THAT(As<v1::Evaluation>(It(), "SetPanel", Panel()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  v1::SetPanelRequest foreign = Panel();
  foreign.mutable_seats(0)->set_person("organizations/shuxiang/people/zhao");
  EXPECT_THAT(As<v1::Evaluation>(Director(), "SetPanel", foreign), StatusIs(absl::StatusCode::kInvalidArgument));
  // A caller cannot take a vote away, or give one, by what the service decides.
  v1::SetPanelRequest forged = Panel();
  forged.mutable_seats(0)->set_conflict_declared(true);
  forged.mutable_seats(3)->set_voting(true);
  const auto set = As<v1::Evaluation>(Director(), "SetPanel", forged);
  ASSERT_THAT(set, IsOk());
  EXPECT_TRUE(set->seats(0).voting());
  EXPECT_FALSE(set->seats(3).voting());
}

TEST_F(EvaluationServiceTest, VendorsAndOutsidersDoNotScore) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(Vendor(), "SubmitScores", Scores(10, 1)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  EXPECT_THAT(As<v1::Evaluation>(Requester(), "SubmitScores", Scores(10, 1)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  // A vendor in a business seat has no vote either.
  EXPECT_THAT(As<v1::Evaluation>(Person("zhao-jianguo", {common::v1::ROLE_VENDOR}), "SubmitScores", Scores(10, 1)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
}

TEST_F(EvaluationServiceTest, ScoresStaySealedUntilAllAreIn) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(It(), "SubmitScores", Scores(9, 4)), IsOk());
  const auto sealed = Get();
  ASSERT_THAT(sealed, IsOk());
  EXPECT_TRUE(sealed->seats(2).scored());
  EXPECT_FALSE(sealed->seats(0).scored());
  EXPECT_THAT(sealed->ShortDebugString(), Not(HasSubstr("points")));
  const absl::Status status = GetRanking().status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("missing"), "scores");
  ASSERT_THAT(As<v1::Evaluation>(Business(), "SubmitScores", Scores(8, 5)), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(Finance(), "SubmitScores", Scores(7, 6)), IsOk());
  const auto ranking = GetRanking();
  ASSERT_THAT(ranking, IsOk());
  ASSERT_EQ(ranking->options_size(), 2);
  EXPECT_EQ(ranking->options(0).option(), "upgrade");
  EXPECT_EQ(ranking->options(0).mean_thousandths(), 8000);
  EXPECT_EQ(ranking->options(0).dispersion_thousandths(), 816);
  EXPECT_EQ(ranking->options(1).mean_thousandths(), 5000);
  EXPECT_EQ(ranking->options(1).criterion_mean_thousandths_size(), 9);
  EXPECT_THAT(ranking->options(0).loser_rationale(), IsEmpty());
  EXPECT_THAT(ranking->options(1).loser_rationale(), HasSubstr("落后 3.000 分"));
  EXPECT_THAT(ranking->options(1).loser_rationale_en(), HasSubstr("Lost by 3.000 points"));
  EXPECT_EQ(ranking->decisive_criteria_size(), 0);
}

TEST_F(EvaluationServiceTest, AConflictDuringScoringCanOpenTheScores) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(It(), "SubmitScores", Scores(9, 4)), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(Finance(), "SubmitScores", Scores(7, 6)), IsOk());
  auto conflict = Mutating<v1::DeclareConflictRequest>();
  conflict.set_reason("本人持有供应商股份");
  EXPECT_THAT(As<v1::Evaluation>(Requester(), "DeclareConflict", conflict),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  const auto declared = As<v1::Evaluation>(Business(), "DeclareConflict", conflict);
  ASSERT_THAT(declared, IsOk());
  EXPECT_EQ(declared->state(), v1::Evaluation::STATE_SCORED);
  EXPECT_FALSE(declared->seats(0).voting());
  EXPECT_EQ(OutboxTypes().back(), "ScoresUnsealed");
  EXPECT_EQ(Outbox()[Outbox().size() - 2].reason(), "本人持有供应商股份");
  EXPECT_EQ(GetRanking()->options(0).mean_thousandths(), 8000);
  EXPECT_THAT(As<v1::Evaluation>(Business(), "SubmitScores", Scores(8, 5)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_CONFLICT_OF_INTEREST));
}

TEST_F(EvaluationServiceTest, PanellistsWhoScoreAtTheSameMomentOpenTheScoresOnce) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  const std::vector<std::pair<common::v1::Principal, v1::SubmitScoresRequest>> calls = {
      {Business(), Scores(8, 5)}, {Finance(), Scores(7, 6)}, {It(), Scores(9, 4)}};
  std::vector<absl::Status> outcomes(calls.size());
  std::vector<std::thread> panellists;
  for (size_t i = 0; i < calls.size(); ++i) {
    panellists.emplace_back(
        [&, i] { outcomes[i] = As<v1::Evaluation>(calls[i].first, "SubmitScores", calls[i].second).status(); });
  }
  for (std::thread& panellist : panellists) panellist.join();
  for (const absl::Status& outcome : outcomes) EXPECT_THAT(outcome, IsOk());
  EXPECT_EQ(Get()->state(), v1::Evaluation::STATE_SCORED);
  EXPECT_EQ(GetRanking()->options(0).mean_thousandths(), 8000);
  const std::vector<std::string> types = OutboxTypes();
  EXPECT_EQ(std::count(types.begin(), types.end(), "ScoresSubmitted"), 3);
  EXPECT_EQ(std::count(types.begin(), types.end(), "ScoresUnsealed"), 1);
}

TEST_F(EvaluationServiceTest, ScoresAreDiscardedWhenThePanelMustBeNamedAnew) {
  ASSERT_THAT(Reach(State::kOpen), IsOk());
  v1::SetPanelRequest panel = Panel();
  v1::Seat* own = panel.add_seats();
  own->set_person(SamplePerson("wang-xiaoyan"));
  own->set_role(v1::SEAT_ROLE_BUSINESS);
  ASSERT_THAT(As<v1::Evaluation>(Director(), "SetPanel", panel), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(It(), "SetOptions", Options()), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(Director(), "StartScoring", Mutating<v1::StartScoringRequest>()), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(It(), "SubmitScores", Scores(9, 4)), IsOk());
  auto conflict = Mutating<v1::DeclareConflictRequest>();
  conflict.set_reason("利益冲突");
  const auto reopened = As<v1::Evaluation>(Business(), "DeclareConflict", conflict);
  ASSERT_THAT(reopened, IsOk());
  EXPECT_EQ(reopened->state(), v1::Evaluation::STATE_OPEN);
  const auto sheets = store_->LoadScores(Deadline(), *store_->Load(Deadline(), Name()));
  ASSERT_THAT(sheets, IsOk());
  EXPECT_THAT(*sheets, IsEmpty());
  // Another panel judges, and who had scored scores again.
  panel.set_request_id(NewRequestId());
  panel.mutable_seats(0)->set_person(SamplePerson("zhou-min"));
  ASSERT_THAT(As<v1::Evaluation>(Director(), "SetPanel", panel), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(Director(), "StartScoring", Mutating<v1::StartScoringRequest>()), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(It(), "SubmitScores", Scores(3, 4)), IsOk());
}

TEST_F(EvaluationServiceTest, EveryOptionIsScoredOnEveryCriterion) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  v1::SubmitScoresRequest scores = Scores(8, 5);
  scores.mutable_scores()->RemoveLast();
  scores.mutable_scores(0)->set_option("other");
  const absl::Status status = As<v1::Evaluation>(It(), "SubmitScores", scores).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  // One unknown, two missing.
  EXPECT_EQ(GetBadRequest(status)->field_violations_size(), 3);
}

TEST_F(EvaluationServiceTest, ScoringStartsWhenEverythingIsThere) {
  ASSERT_THAT(Reach(State::kOpen), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(Director(), "SetPanel", Panel()), IsOk());
  const absl::Status status =
      As<v1::Evaluation>(Director(), "StartScoring", Mutating<v1::StartScoringRequest>()).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("missing"), "options");
}

TEST_F(EvaluationServiceTest, ListsPageByPage) {
  const std::vector<std::string> names = Open(7);
  v1::ListEvaluationsRequest call;
  call.set_parent("organizations/jinxiu");
  call.set_page_size(3);
  std::vector<std::string> seen;
  int pages = 0;
  do {
    const auto page = As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call);
    ASSERT_THAT(page, IsOk());
    for (const v1::Evaluation& evaluation : page->evaluations()) seen.push_back(evaluation.name());
    call.set_page_token(page->next_page_token());
    ++pages;
  } while (!call.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, std::vector<std::string>(names.rbegin(), names.rend()));
}

TEST_F(EvaluationServiceTest, APageThatEndsExactlyWithTheListIsTheLast) {
  Open(60);
  v1::ListEvaluationsRequest call;
  call.set_parent("organizations/jinxiu");
  call.set_page_size(60);
  const auto page = As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->evaluations_size(), 60);
  EXPECT_EQ(page->next_page_token(), "");
  std::set<std::string> distinct;
  for (const v1::Evaluation& evaluation : page->evaluations()) distinct.insert(evaluation.name());
  EXPECT_THAT(distinct, SizeIs(60));
}

TEST_F(EvaluationServiceTest, ALargePageEndsEarly) {
  const std::vector<std::string> names = Open(15);
  v1::SetOptionsRequest options = Options();
  for (int i = 0; i < 8; ++i) {
    v1::Option* option = options.add_options();
    *option = options.options(0);
    option->set_id(absl::StrCat("o", i));
    option->set_description(std::string(5000, 'x'));
    option->set_implementation_proposal(std::string(5000, 'x'));
  }
  for (const std::string& name : names) {
    options.set_name(name);
    options.set_request_id(NewRequestId());
    ASSERT_THAT(As<v1::Evaluation>(It(), "SetOptions", options), IsOk());
  }
  v1::ListEvaluationsRequest call;
  call.set_parent("organizations/jinxiu");
  call.set_page_size(1000);
  const auto first = As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call);
  ASSERT_THAT(first, IsOk());
  EXPECT_LT(first->evaluations_size(), 15);
  EXPECT_LT(first->ByteSizeLong(), 2u * 1024u * 1024u);
  call.set_page_token(first->next_page_token());
  const auto second = As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->evaluations_size() + second->evaluations_size(), 15);
}

TEST_F(EvaluationServiceTest, ListsWhatTheFilterSays) {
  Open(2);
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  v1::ListEvaluationsRequest call;
  call.set_parent("organizations/jinxiu");
  call.set_filter("state = SCORING AND title:\"业主*\"");
  const auto page = As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call);
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->evaluations_size(), 1);
  EXPECT_EQ(page->evaluations(0).name(), Name());
  call.set_filter("state = NOWHERE");
  EXPECT_THAT(As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  call.set_filter("state = SCORING 业主");
  EXPECT_THAT(As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  call.set_filter("");
  call.set_page_size(1);
  call.set_page_token(As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call)->next_page_token());
  call.set_filter("state = OPEN");
  EXPECT_THAT(As<v1::ListEvaluationsResponse>(Executive(), "ListEvaluations", call),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(EvaluationServiceTest, OrganisationsDoNotSeeEachOther) {
  ASSERT_THAT(Reach(State::kOpen), IsOk());
  const auto stranger = rpc::testing::Person("shuxiang", "he", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(As<v1::Evaluation>(stranger, "SetPanel", Panel()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  v1::ListEvaluationsRequest call;
  call.set_parent("organizations/shuxiang");
  const auto page = As<v1::ListEvaluationsResponse>(stranger, "ListEvaluations", call);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->evaluations_size(), 0);
}

}  // namespace
}  // namespace docket::evaluation
