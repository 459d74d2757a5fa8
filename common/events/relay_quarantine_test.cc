// Events that a consumer does not take: what waits, what goes on, what comes back.
#include <string>
#include <vector>

#include "common/events/quarantine.h"
#include "common/events/testing/relay_fixture.h"
#include "common/status/error.h"

namespace docket::events {
namespace {

using event::v1::DeliverEventsRequest;
using event::v1::DeliveryResult;
using event::v1::Event;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RecordingSink;
using ::testing::SizeIs;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

class RelayQuarantineTest : public testing::RelayFixture {
 protected:
  std::vector<std::string> Quarantine() {
    std::vector<std::string> lines;
    const auto entries = ListQuarantine(*pool_, Soon(), "sink", 0, 100);
    EXPECT_THAT(entries, IsOk());
    for (const QuarantineEntry& entry : *entries) lines.push_back(absl::StrCat(entry.sequence, " ", entry.verdict));
    return lines;
  }

  // Answers by what the event's reason says.
  void ObeyNotes() {
    sink_.AnswerWith([](const Event& event) {
      if (event.reason() == "reject") return DeliveryResult::VERDICT_REJECTED;
      if (event.reason() == "retry") return DeliveryResult::VERDICT_RETRY;
      if (event.reason() == "conflict") return DeliveryResult::VERDICT_CONFLICT;
      return DeliveryResult::VERDICT_ACCEPTED;
    });
  }
  void TakeAll() { sink_.AnswerWith(nullptr); }

  RecordingSink sink_;
  std::unique_ptr<Relay> relay_ = MakeRelay("a", sink_);
};

TEST_F(RelayQuarantineTest, WhatIsPutOffHoldsBackItsSubjectAloneAndComesBackInOrder) {
  ObeyNotes();
  Emit(Subject(1), 1, "retry");
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
  Emit(Subject(1), 2);
  Emit(Subject(2), 1);
  Emit(Subject(1), 3);
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
  EXPECT_THAT(sink_.sequences(), ElementsAre(3));
  EXPECT_THAT(Quarantine(), ElementsAre("1 retry", "2 waiting", "4 waiting"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_relay_quarantined{consumer=\"sink\"} 3"));

  // Not before its time, then again, with a longer pause.
  clock_.Advance(absl::Milliseconds(400));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
  const int calls = sink_.calls();
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
  EXPECT_EQ(sink_.calls(), calls + 1);
  const auto entries = ListQuarantine(*pool_, Soon(), "sink", 0, 1);
  ASSERT_THAT(entries, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*entries)[0].attempts, 2);
  EXPECT_EQ((*entries)[0].reason, "told so");

  TakeAll();
  clock_.Advance(absl::Seconds(5));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(3));
  EXPECT_THAT(sink_.sequences(), ElementsAre(3, 1, 2, 4));
  EXPECT_THAT(Quarantine(), IsEmpty());
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_relay_quarantined{consumer=\"sink\"} 0"));
  // The subject is free again.
  Emit(Subject(1), 4);
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
}

TEST_F(RelayQuarantineTest, ThePauseGrowsToFiveMinutes) {
  ObeyNotes();
  Emit(Subject(1), 1, "retry");
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
    clock_.Advance(absl::Minutes(5));
  }
  EXPECT_EQ(sink_.calls(), 20);
  const int64_t next_try_us = Number("SELECT next_try_us FROM relay_quarantine");
  EXPECT_LE(next_try_us, clock_.NowMicros());
  EXPECT_GE(next_try_us, absl::ToUnixMicros(clock_.Now() - absl::Minutes(3)));
}

TEST_F(RelayQuarantineTest, WhatIsRejectedStaysUntilAnOperatorHasItTriedAgain) {
  ObeyNotes();
  Emit(Subject(1), 1, "reject");
  Emit(Subject(2), 1, "conflict");
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  Emit(Subject(1), 2);
  Emit(Subject(2), 2);
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
  EXPECT_EQ(sink_.calls(), 1);
  EXPECT_THAT(Quarantine(), ElementsAre("1 rejected", "2 conflict", "3 waiting", "4 waiting"));
  TakeAll();
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0)) << "nobody said that it should be tried again";
  ASSERT_THAT(RetryQuarantined(*pool_, Soon(), "sink", 1), IsOk());
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(2));
  EXPECT_THAT(sink_.sequences(), ElementsAre(1, 3));
  EXPECT_THAT(Quarantine(), ElementsAre("2 conflict", "4 waiting"));
}

TEST_F(RelayQuarantineTest, AnOperatorMayGiveAnEventUp) {
  ObeyNotes();
  Emit(Subject(1), 1, "reject");
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  Emit(Subject(1), 2);
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  ASSERT_THAT(DiscardQuarantined(*pool_, Soon(), "sink", 1), IsOk());
  EXPECT_THAT(DiscardQuarantined(*pool_, Soon(), "sink", 1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(RetryQuarantined(*pool_, Soon(), "sink", 1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
  EXPECT_THAT(sink_.sequences(), ElementsAre(2));
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_relay_quarantined{consumer=\"sink\"} 0"));
}

TEST_F(RelayQuarantineTest, EventsWithoutSubjectHoldNobodyBack) {
  ObeyNotes();
  Emit("", 0, "reject");
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  Emit("", 0);
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
  EXPECT_THAT(Quarantine(), ElementsAre("1 rejected"));
}

TEST_F(RelayQuarantineTest, ASuccessorKnowsTheQuarantine) {
  ObeyNotes();
  Emit(Subject(1), 1, "retry");
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  relay_->Stop();
  relay_ = MakeRelay("b", sink_);
  Emit(Subject(1), 2);
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
  EXPECT_THAT(Quarantine(), ElementsAre("1 retry", "2 waiting"));
}

TEST_F(RelayQuarantineTest, QuarantinedEventsOutliveTheOutbox) {
  ObeyNotes();
  Emit(Subject(1), 1, "retry");
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  clock_.Advance(absl::Hours(30));
  ASSERT_THAT(relay_->RunOnce(), IsOk());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 0);
  TakeAll();
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
  EXPECT_THAT(sink_.sequences(), ElementsAre(1));
}

TEST_F(RelayQuarantineTest, AnEventThatMakesTheCallInvalidIsFoundAndSetAside) {
  sink_.Gate([](const DeliverEventsRequest& request) -> absl::Status {
    for (const Event& event : request.events()) {
      if (event.reason() == "poison") return absl::InvalidArgumentError("what is this?");
    }
    return absl::OkStatus();
  });
  for (int i = 0; i < 100; ++i) Emit(Subject(i), 1, i == 37 || i == 38 || i == 99 ? "poison" : "");
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(97));
  EXPECT_THAT(Quarantine(), ElementsAre("38 rejected", "39 rejected", "100 rejected"));
  EXPECT_THAT(sink_.events(), SizeIs(97));
  EXPECT_LT(sink_.calls(), 60) << "it is not found by trying each event";
}

TEST_F(RelayQuarantineTest, AnEventTooLargeForTheConsumerIsSetAside) {
  RecordingSink small({.max_message_bytes = 64 << 10});
  Relay relay(Options("b"));
  relay.AddConsumer("sink", small.channel());
  for (int i = 0; i < 20; ++i) Emit(Subject(i), 1, "", i == 7 ? 100 << 10 : 10 << 10);
  EXPECT_THAT(relay.RunOnce(), IsOkAndHolds(19));
  EXPECT_THAT(Quarantine(), ElementsAre("8 rejected"));
}

TEST_F(RelayQuarantineTest, AnEventThatMakesTheConsumerFailIsSetAsideAfterSomeTries) {
  sink_.Gate([](const DeliverEventsRequest& request) -> absl::Status {
    for (const Event& event : request.events()) {
      if (event.reason() == "poison") return absl::InternalError("crash");
    }
    return absl::OkStatus();
  });
  for (int i = 0; i < 16; ++i) Emit(Subject(i), 1, i == 5 ? "poison" : "");
  // Each failed call ends a pass.
  int passes = 0;
  while (sink_.events().size() < 15 && passes < 40) {
    ASSERT_THAT(relay_->RunOnce(), IsOk());
    ++passes;
  }
  EXPECT_THAT(sink_.events(), SizeIs(15));
  EXPECT_THAT(Quarantine(), ElementsAre("6 retry"));
  sink_.Gate(nullptr);
  clock_.Advance(absl::Seconds(2));
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
}

TEST_F(RelayQuarantineTest, ABusyOrClosedConsumerSetsNothingAside) {
  for (const absl::Status& status :
       {WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED, "busy"),
                       absl::Seconds(1)),
        Error(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED, "no"),
        Error(absl::StatusCode::kUnauthenticated, Reason::REASON_PEER_NOT_TRUSTED, "who?"),
        Error(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD, "what?"),
        Error(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, "away")}) {
    sink_.Gate([&](const DeliverEventsRequest&) { return status; });
    const int64_t waiting = Number("SELECT COUNT(*) FROM outbox");
    Emit(Subject(1), waiting + 1);
    for (int i = 0; i < 5; ++i) EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(0));
  }
  EXPECT_THAT(Quarantine(), IsEmpty());
  sink_.Gate(nullptr);
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(5));
}

TEST_F(RelayQuarantineTest, AnUnreadableRowIsSetAsideAndNotSent) {
  Emit(Subject(1), 1);
  Emit(Subject(2), 1);
  database_.Run({"UPDATE outbox SET envelope = 'rubbish' ORDER BY event_id LIMIT 1"});
  EXPECT_THAT(relay_->RunOnce(), IsOkAndHolds(1));
  EXPECT_THAT(Quarantine(), ElementsAre("1 rejected"));
}

}  // namespace
}  // namespace docket::events
