// What a submission does to the round that it comes of.
#include "services/request/collection/round_reference.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/mysql/transaction.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/collection_fixture.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

class RoundReferenceTest : public CollectionTest {
 protected:
  // For everyone: customer-service, engineering, it.
  std::string Opened() {
    const auto round = OpenRound(service_.director);
    EXPECT_THAT(round, IsOk());
    return round.value_or(v1::CollectionRound()).name();
  }

  v1::CollectionRound Shown(const std::string& name) { return GetRound(name).value_or(v1::CollectionRound()); }
  // The author's department.
  v1::DepartmentAnswer AnswerOf(const std::string& round) { return Shown(round).answers(0); }

  absl::StatusOr<v1::Request> Submit(const std::string& request) {
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, request);
  }
};

TEST_F(RoundReferenceTest, ARequestEndsTheNilReturnOfItsDepartment) {
  const std::string round = Opened();
  const std::string other = Opened();
  ASSERT_THAT(Answer(service_.head, round, true, "", "本季度无需求"), IsOk());
  ASSERT_THAT(Answer(service_.other_head, round, true, "", "无"), IsOk());
  ASSERT_THAT(Answer(service_.head, other, true, "", "无"), IsOk());
  ASSERT_EQ(Shown(round).nil_return_count(), 2);
  service_.clock().Advance(absl::Hours(1));
  const auto request = SubmitFrom(round);
  ASSERT_THAT(request, IsOk());

  const v1::CollectionRound after = Shown(round);
  EXPECT_EQ(after.etag(), "4");
  EXPECT_EQ(after.update_time().seconds(), request->submit_time().seconds());
  EXPECT_EQ(after.answered_count(), 2);
  EXPECT_EQ(after.nil_return_count(), 1);
  EXPECT_EQ(after.missing_departments_size(), 1);
  v1::DepartmentAnswer answer = after.answers(0);
  EXPECT_TRUE(answer.answered());
  EXPECT_FALSE(answer.nil_return());
  EXPECT_EQ(answer.comment(), "");
  EXPECT_EQ(answer.answerer(), service_.author.name());
  EXPECT_EQ(answer.answer_time().seconds(), request->submit_time().seconds());
  EXPECT_FALSE(answer.late());
  EXPECT_EQ(answer.request_count(), 1);
  // Others and other rounds keep theirs.
  EXPECT_TRUE(after.answers(1).nil_return());
  EXPECT_EQ(after.answers(1).comment(), "无");
  EXPECT_EQ(Shown(other).nil_return_count(), 1);
  EXPECT_EQ(Rounds().at(1).nil_return_count(), 1);
  EXPECT_EQ(Summary(round)->nil_return_count(), 1);

  const std::vector<event::v1::Event> events = service_.EventsOf("CollectionAnswerGiven");
  ASSERT_THAT(events, SizeIs(4));
  const event::v1::Event& event = events.back();
  EXPECT_EQ(event.subject(), round);
  EXPECT_EQ(event.subject_revision(), 4);
  EXPECT_EQ(event.change(), request->name());
  EXPECT_EQ(event.actor().name(), service_.author.name());
  EXPECT_EQ(event.before_sha256(), events[1].after_sha256());
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "answers.customer-service");
  EXPECT_EQ(event.changes(0).before(), "NIL_RETURN: 本季度无需求");
  EXPECT_EQ(event.changes(0).after(), "DONE");
  const auto payload = PayloadOf<event::v1::CollectionAnswerGiven>(event);
  EXPECT_EQ(payload.department(), answer.department());
  EXPECT_FALSE(payload.nil_return());
  EXPECT_EQ(payload.comment(), "");

  // The author might as well have answered that the needs are in.
  ASSERT_THAT(Answer(service_.author, other, false), IsOk());
  answer.clear_request_count();
  EXPECT_EQ(answer.DebugString(), AnswerOf(other).DebugString());
}

TEST_F(RoundReferenceTest, AnAuthorWhoHasADepartmentOnlyByNowEndsItsNilReturn) {
  const std::string round = Opened();
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  common::v1::Principal newcomer = service_.author;
  newcomer.clear_department();
  ASSERT_THAT(SubmitFrom(round, newcomer), IsOk());
  EXPECT_FALSE(AnswerOf(round).nil_return());
  EXPECT_EQ(AnswerOf(round).request_count(), 1);
}

TEST_F(RoundReferenceTest, OnlyANilReturnIsEnded) {
  // Who has not answered has not by a request, and who has said that the needs are in goes on having said so.
  const std::string round = Opened();
  ASSERT_THAT(SubmitFrom(round), IsOk());
  EXPECT_FALSE(AnswerOf(round).answered());
  EXPECT_EQ(Shown(round).etag(), "1");
  ASSERT_THAT(Answer(service_.head, round, false, "", "两项"), IsOk());
  service_.clock().Advance(absl::Hours(1));
  ASSERT_THAT(SubmitFrom(round), IsOk());
  EXPECT_EQ(AnswerOf(round).answerer(), service_.head.name());
  EXPECT_EQ(AnswerOf(round).comment(), "两项");
  EXPECT_EQ(Shown(round).etag(), "2");
  EXPECT_THAT(service_.EventsOf("CollectionAnswerGiven"), SizeIs(1));

  // A department that was not asked has no answer to change.
  const auto narrow =
      OpenRound(service_.director, [](auto& call) { call.add_departments("organizations/yunqi/departments/it"); });
  ASSERT_THAT(narrow, IsOk());
  ASSERT_THAT(SubmitFrom(narrow->name()), IsOk());
  EXPECT_EQ(Shown(narrow->name()).etag(), "1");
}

TEST_F(RoundReferenceTest, ARefusedOrDraftedRequestEndsNothing) {
  const std::string round = Opened();
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  v1::Request form = WholeService::Form();
  form.set_source(v1::Request::SOURCE_COLLECTION_ROUND);
  form.set_source_reference(round);
  form.mutable_targets(0)->set_from_version("3.9");
  const v1::Request draft = service_.Create(service_.author, form);
  EXPECT_THAT(Submit(draft.name()), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
  EXPECT_TRUE(AnswerOf(round).nil_return());
  EXPECT_EQ(Shown(round).etag(), "2");
}

TEST_F(RoundReferenceTest, ANeedAfterTheDueTimeIsALateAnswer) {
  const std::string round = Opened();
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  SetClock("Asia/Shanghai", absl::CivilSecond(2026, 9, 29, 18, 0, 1));
  ASSERT_THAT(SubmitFrom(round), IsOk());
  EXPECT_TRUE(AnswerOf(round).late());
  EXPECT_TRUE(PayloadOf<event::v1::CollectionAnswerGiven>(service_.LastEvent("CollectionAnswerGiven")).late());
}

TEST_F(RoundReferenceTest, ADepartmentWhoseRequestsAreGoneMayNeedNothingAgain) {
  const std::string round = Opened();
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  const auto request = SubmitFrom(round);
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(Answer(service_.head, round, true),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, request->name(),
                                                       [](auto& call) { call.set_reason("重复"); }),
              IsOk());
  EXPECT_EQ(AnswerOf(round).request_count(), 0);
  EXPECT_TRUE(AnswerOf(round).answered());
  EXPECT_FALSE(AnswerOf(round).nil_return());
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  EXPECT_TRUE(AnswerOf(round).nil_return());
}

TEST_F(RoundReferenceTest, ARequestThatComesBackToTheRoundEndsItAsWell) {
  const std::string round = Opened();
  const auto request = SubmitFrom(round);
  ASSERT_THAT(request, IsOk());
  service_.Return(request->name());
  service_.GiveSource(request->name(), v1::Request::SOURCE_FORM, "");
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  service_.GiveSource(request->name(), v1::Request::SOURCE_COLLECTION_ROUND, round);
  ASSERT_THAT(Submit(request->name()), IsOk());
  EXPECT_FALSE(AnswerOf(round).nil_return());
  EXPECT_EQ(AnswerOf(round).request_count(), 1);
  // Again: there is nothing to end.
  service_.Return(request->name());
  ASSERT_THAT(Submit(request->name()), IsOk());
  EXPECT_EQ(Shown(round).etag(), "3");
}

TEST_F(RoundReferenceTest, AClosedRoundKeepsItsAnswers) {
  const std::string round = Opened();
  const auto request = SubmitFrom(round);
  ASSERT_THAT(request, IsOk());
  service_.Return(request->name());
  service_.GiveSource(request->name(), v1::Request::SOURCE_FORM, "");
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  const auto close = Act<v1::CloseCollectionRoundRequest, v1::CollectionRound>(
      "CloseCollectionRound", service_.director, round, [](auto& call) { call.set_reason("需求已齐"); });
  ASSERT_THAT(close, IsOk());
  service_.GiveSource(request->name(), v1::Request::SOURCE_COLLECTION_ROUND, round);
  ASSERT_THAT(Submit(request->name()), IsOk());
  EXPECT_TRUE(AnswerOf(round).nil_return());
  EXPECT_EQ(Shown(round).etag(), close->etag());
  // What is new to a closed round is refused, and changes nothing either.
  EXPECT_THAT(SubmitFrom(round), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(Shown(round).etag(), close->etag());
}

TEST_F(RoundReferenceTest, ANilReturnThatComesInAtTheSameMomentIsSeen) {
  const std::string round = Opened();
  absl::Status submitted;
  std::thread submission;
  // An answer that is on its way: it holds the round, and has not been committed.
  const absl::Status answered = mysql::RunInTransaction(
      service_.pool(), absl::Now() + absl::Seconds(30), [&](mysql::Transaction& tx) -> absl::Status {
        EXPECT_THAT(tx.Query("SELECT 1 FROM collection_round FOR UPDATE"), IsOk());
        submission = std::thread([&] { submitted = SubmitFrom(round).status(); });
        service_.AwaitLockWait();
        return tx
            .Execute(
                "UPDATE collection_answer SET nil_return = 1, answer_us = 1 WHERE department_id = 'customer-service'")
            .status();
      });
  EXPECT_THAT(answered, IsOk());
  submission.join();
  EXPECT_THAT(submitted, IsOk());
  EXPECT_FALSE(AnswerOf(round).nil_return());
  EXPECT_EQ(AnswerOf(round).request_count(), 1);
}

TEST_F(RoundReferenceTest, ManyRequestsAtOnceEndItOnce) {
  const std::string round = Opened();
  ASSERT_THAT(Answer(service_.head, round, true), IsOk());
  std::vector<std::thread> callers;
  for (int i = 0; i < 24; ++i) callers.emplace_back([&] { EXPECT_THAT(SubmitFrom(round), IsOk()); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(AnswerOf(round).request_count(), 24);
  EXPECT_FALSE(AnswerOf(round).nil_return());
  EXPECT_EQ(Shown(round).etag(), "3");
  EXPECT_THAT(service_.EventsOf("CollectionAnswerGiven"), SizeIs(2));
}

TEST_F(RoundReferenceTest, NilReturnsAndRequestsAtOnceNeverBothStand) {
  for (int i = 0; i < 5; ++i) {
    const std::string round = Opened();
    std::vector<std::thread> callers;
    for (int k = 0; k < 6; ++k) {
      callers.emplace_back([&] { EXPECT_THAT(SubmitFrom(round), IsOk()); });
      // Before the first request, or refused after it.
      callers.emplace_back([&] {
        const absl::Status status = Answer(service_.head, round, true).status();
        if (!status.ok()) {
          EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(AnswerOf(round).request_count(), 6);
    EXPECT_FALSE(AnswerOf(round).nil_return());
  }
}

}  // namespace
}  // namespace docket::request
