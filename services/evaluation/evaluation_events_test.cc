#include "services/evaluation/evaluation_events.h"

#include <string>
#include <vector>

#include "common/change_hold/testing/hold_events.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/evaluation/testing/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using event::v1::DeliveryResult;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EvaluationEventsTest : public ServiceFixture {
 protected:
  std::vector<DeliveryResult::Verdict> Verdicts(const std::vector<event::v1::Event>& events,
                                                absl::string_view from = "request") {
    std::vector<DeliveryResult::Verdict> verdicts;
    const auto reply = Deliver(events, from);
    EXPECT_THAT(reply, IsOk());
    if (!reply.ok()) return verdicts;
    for (const DeliveryResult& result : reply->results()) verdicts.push_back(result.verdict());
    return verdicts;
  }
};

TEST_F(EvaluationEventsTest, AnAcceptedRequestOpensItsEvaluation) {
  const event::v1::Event accepted = Accepted();
  EXPECT_THAT(Verdicts({accepted}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  v1::GetEvaluationRequest get;
  get.set_name(Name());
  const auto evaluation = As<v1::Evaluation>(Requester(), "GetEvaluation", get);
  ASSERT_THAT(evaluation, IsOk());
  EXPECT_EQ(evaluation->state(), v1::Evaluation::STATE_OPEN);
  EXPECT_EQ(evaluation->title(), "业主服务APP升级到3.2");
  EXPECT_EQ(evaluation->request_number(), "REQ-2026-000001");

  const std::vector<event::v1::Event> told = Outbox();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].type(), "EvaluationOpened");
  EXPECT_EQ(told[0].subject(), Name());
  EXPECT_EQ(told[0].subject_revision(), 1);
  EXPECT_EQ(told[0].change(), SampleRequest().name);
  EXPECT_EQ(told[0].systems_size(), 1);
  EXPECT_EQ(told[0].systems(0), SampleRequest().targets[0].system);
  EXPECT_EQ(told[0].organization(), "organizations/jinxiu");
  EXPECT_EQ(told[0].actor().name(), "services/evaluation");
  EXPECT_EQ(told[0].trace_id(), accepted.trace_id());
  EXPECT_THAT(told[0].after_sha256(), SizeIs(32));
  event::v1::EvaluationOpened payload;
  ASSERT_TRUE(told[0].payload().UnpackTo(&payload));
  EXPECT_TRUE(MessageDifferencer::Equals(payload.request(), ToProto(SampleRequest())));
}

TEST_F(EvaluationEventsTest, BeingToldAgainChangesNothing) {
  const event::v1::Event accepted = Accepted();
  EXPECT_THAT(Verdicts({accepted, accepted}),
              ElementsAre(DeliveryResult::VERDICT_ACCEPTED, DeliveryResult::VERDICT_DUPLICATE));
  // Another event about the same request: known, and no second evaluation.
  EXPECT_THAT(Verdicts({Accepted()}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(OutboxTypes(), ElementsAre("EvaluationOpened"));
  ASSERT_THAT(As<v1::Evaluation>(Director(), "SetPanel", Panel()), IsOk());
  EXPECT_THAT(Verdicts({Accepted()}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  v1::GetEvaluationRequest get;
  get.set_name(Name());
  EXPECT_EQ(As<v1::Evaluation>(Director(), "GetEvaluation", get)->revision(), 2);
}

TEST_F(EvaluationEventsTest, WhatIsOnHoldStandsStill) {
  // Even where the hold is known before the evaluation is.
  const std::string change = SampleRequest().name;
  ASSERT_THAT(Deliver({docket::testing::HoldEvent(change, 6, true, uuids_), Accepted()}), IsOk());
  const auto on_hold = StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD);
  EXPECT_THAT(As<v1::Evaluation>(Director(), "SetPanel", Panel()), on_hold);
  EXPECT_THAT(As<v1::Evaluation>(It(), "SetOptions", Options()), on_hold);
  EXPECT_THAT(As<v1::Evaluation>(Finance(), "ConfirmBudget", BudgetOf(5'000'000)), on_hold);
  ASSERT_THAT(Deliver({docket::testing::HoldEvent(change, 7, false, uuids_)}), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(Director(), "SetPanel", Panel()), IsOk());
}

TEST_F(EvaluationEventsTest, AnInstanceOfAnApprovedTemplateIsNotEvaluated) {
  event::v1::Event accepted = Accepted();
  event::v1::RequestAccepted payload;
  ASSERT_TRUE(accepted.payload().UnpackTo(&payload));
  payload.mutable_request()->set_kind(common::v1::CHANGE_KIND_STANDARD);
  payload.mutable_request()->set_template_("organizations/jinxiu/changeTemplates/signatures/versions/1");
  accepted.mutable_payload()->PackFrom(payload);
  EXPECT_THAT(Verdicts({accepted}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(OutboxTypes(), IsEmpty());
  v1::GetEvaluationRequest get;
  get.set_name(Name());
  EXPECT_THAT(As<v1::Evaluation>(Director(), "GetEvaluation", get), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EvaluationEventsTest, OtherEventsAreIgnored) {
  event::v1::Event withdrawn = Accepted();
  withdrawn.set_type("RequestWithdrawn");
  withdrawn.mutable_payload()->PackFrom(event::v1::RequestWithdrawn());
  event::v1::Event unknown = Accepted();
  unknown.set_type("SomethingOfTheFuture");
  unknown.mutable_payload()->set_type_url("type.googleapis.com/docket.event.v1.SomethingOfTheFuture");
  // Out of order: the withdrawal of a request that is accepted later.
  EXPECT_THAT(Verdicts({withdrawn, unknown, Accepted()}),
              ElementsAre(DeliveryResult::VERDICT_ACCEPTED, DeliveryResult::VERDICT_ACCEPTED,
                          DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(OutboxTypes(), ElementsAre("EvaluationOpened"));
}

TEST_F(EvaluationEventsTest, WhatNamesNoRequestOfItsOrganisationIsRejected) {
  event::v1::Event other_organization = Accepted();
  other_organization.set_organization("organizations/shuxiang");
  event::v1::Event nameless = Accepted();
  nameless.mutable_payload()->PackFrom(event::v1::RequestAccepted());
  event::v1::Event other_payload = Accepted();
  other_payload.mutable_payload()->PackFrom(event::v1::RequestDeclined());
  for (event::v1::Event* event : {&other_organization, &nameless, &other_payload}) {
    event->set_subject(FormatUuid(uuids_.Next()));
    EXPECT_THAT(Verdicts({*event}), ElementsAre(DeliveryResult::VERDICT_REJECTED));
  }
  EXPECT_THAT(Outbox(), IsEmpty());
}

TEST_F(EvaluationEventsTest, OnlyTheRequestServiceAcceptsRequests) {
  event::v1::Event forged = Accepted();
  EXPECT_THAT(Verdicts({forged}, "scheduling"), ElementsAre(DeliveryResult::VERDICT_REJECTED));
  forged = Accepted();
  forged.set_source("services/scheduling");
  EXPECT_THAT(Verdicts({forged}, "scheduling"), ElementsAre(DeliveryResult::VERDICT_REJECTED));
  EXPECT_THAT(Outbox(), IsEmpty());
}

TEST_F(EvaluationEventsTest, TheApprovalCarriesWhatTheNextOneNeeds) {
  const auto approved = Reach(State::kApproved);
  ASSERT_THAT(approved, IsOk());
  EXPECT_THAT(OutboxTypes(),
              ElementsAre("EvaluationOpened", "PanelSet", "OptionsSet", "ScoringStarted", "ScoresSubmitted",
                          "ScoresSubmitted", "ScoresSubmitted", "ScoresUnsealed", "BudgetConfirmed", "ReportGenerated",
                          "ApprovalRequested", "VoteCast", "EvaluationApproved"));
  const event::v1::Event event = Outbox().back();
  EXPECT_EQ(event.subject_revision(), approved->revision());
  EXPECT_EQ(event.actor().name(), SamplePerson("chen-zong"));
  EXPECT_EQ(event.change(), SampleRequest().name);
  event::v1::EvaluationApproved payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_TRUE(MessageDifferencer::Equals(payload.request(), ToProto(SampleRequest())));
  EXPECT_EQ(payload.recommended_option(), "upgrade");
  EXPECT_EQ(payload.option_title(), "升级到3.2");
  EXPECT_EQ(payload.implementation_proposal(), "夜间停机升级,先备份数据库。");
  EXPECT_EQ(payload.budget().minor_units(), 5'000'000);
  EXPECT_THAT(payload.content_sha256(), SizeIs(32));
  EXPECT_THAT(payload.deciders(), ElementsAre(SamplePerson("chen-zong")));
}

TEST_F(EvaluationEventsTest, ARejectionIsToldWithItsReason) {
  ASSERT_THAT(Reach(State::kRejected), IsOk());
  const std::vector<event::v1::Event> told = Outbox();
  EXPECT_EQ(told.back().type(), "EvaluationRejected");
  EXPECT_EQ(told.back().reason(), "预算不足");
  event::v1::EvaluationRejected payload;
  ASSERT_TRUE(told.back().payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request().number(), "REQ-2026-000001");
}

TEST_F(EvaluationEventsTest, EveryEventLinksToTheOneBefore) {
  ASSERT_THAT(Reach(State::kApproved), IsOk());
  std::string before;
  int64_t revision = 0;
  for (const event::v1::Event& event : Outbox()) {
    SCOPED_TRACE(event.type());
    EXPECT_GE(event.subject_revision(), revision);
    if (event.subject_revision() > revision) {
      EXPECT_EQ(event.before_sha256(), before);
    }
    before = event.after_sha256();
    revision = event.subject_revision();
    EXPECT_THAT(before, SizeIs(32));
  }
}

TEST_F(EvaluationEventsTest, EditsCarryTheirHistory) {
  ASSERT_THAT(Reach(State::kOpen), IsOk());
  ASSERT_THAT(As<v1::Evaluation>(It(), "SetOptions", Options()), IsOk());
  v1::SetOptionsRequest cheaper = Options();
  cheaper.mutable_options(0)->mutable_cost_lines(0)->mutable_amount()->set_minor_units(1);
  ASSERT_THAT(As<v1::Evaluation>(It(), "SetOptions", cheaper), IsOk());
  const event::v1::Event event = Outbox().back();
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "options.upgrade");
  EXPECT_THAT(event.changes(0).before(), ::testing::HasSubstr("4500000"));
  EXPECT_THAT(event.changes(0).after(), ::testing::Not(::testing::HasSubstr("4500000")));
}

TEST_F(EvaluationEventsTest, NoEventGivesSealedScoresAway) {
  ASSERT_THAT(Reach(State::kScoring), IsOk());
  v1::SubmitScoresRequest scores = Scores(8, 5);
  ASSERT_THAT(As<v1::Evaluation>(Business(), "SubmitScores", scores), IsOk());
  const event::v1::Event event = Outbox().back();
  ASSERT_EQ(event.type(), "ScoresSubmitted");
  event::v1::ScoresSubmitted payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.person(), SamplePerson("zhao-jianguo"));
  EXPECT_THAT(payload.scores_sha256(), SizeIs(32));
  EXPECT_THAT(event.changes(), IsEmpty());
  // The digest is salted: the same scores of the same person digest differently without the salt.
  ScoreSheet guessed{.person = SamplePerson("zhao-jianguo"), .scores = ListFromProto(scores.scores())};
  EXPECT_NE(payload.scores_sha256(), ScoreCommitment(guessed));
  // With the stored salt it proves them.
  const auto rows = pool_->Query(Deadline(), "SELECT salt, commitment FROM score_sheet");
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(1));
  guessed.salt = rows->front().Text(0);
  EXPECT_EQ(payload.scores_sha256(), ScoreCommitment(guessed));
  EXPECT_EQ(payload.scores_sha256(), rows->front().Text(1));
}

}  // namespace
}  // namespace docket::evaluation
