// Numbers that a source skips, as the log notices them.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "common/events/event_bytes.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/ingest/ingest_store.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;
using event::v1::IngestFilled;
using event::v1::IngestGap;
using event::v1::IngestRejected;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;

constexpr char kSource[] = "services/request";

class GapTest : public LogTest {
 protected:
  LogAppender::Verdicts Append(std::vector<event::v1::Event> events) {
    Delivery delivery{.source = kSource};
    for (const event::v1::Event& event : events) delivery.events.push_back(&event);
    return OrExit(log_->appender.Append(std::move(delivery), Soon()), "append");
  }
  std::vector<SequenceRange> Gaps() {
    std::vector<SequenceRange> ranges;
    for (const IngestGap& gap : EntriesOf<IngestGap>()) {
      EXPECT_EQ(gap.source(), kSource);
      ranges.push_back({.first = gap.first_missing(), .last = gap.last_missing()});
    }
    return ranges;
  }
  std::vector<SequenceRange> Filled() {
    std::vector<SequenceRange> ranges;
    for (const IngestFilled& filled : EntriesOf<IngestFilled>()) {
      EXPECT_EQ(filled.source(), kSource);
      ranges.push_back({.first = filled.first(), .last = filled.last()});
    }
    return ranges;
  }
  IngestSource Source() {
    IngestSource source;
    EXPECT_THAT(mysql::RunInTransaction(db_.pool(), Soon(),
                                        [&](mysql::Transaction& tx) -> absl::Status {
                                          source = OrExit(IngestStore::Load(tx, kSource), "source");
                                          return absl::OkStatus();
                                        }),
                IsOk());
    return source;
  }
  static SequenceRange Range(int64_t first, int64_t last) { return {.first = first, .last = last}; }

  std::unique_ptr<LogProcess> log_ = NewProcess();
};

TEST_F(GapTest, NumbersInOrderLeaveNoEntry) {
  Append(NumberedEvents(1, 10));
  clock_.Advance(absl::Seconds(1));
  Append(NumberedEvents(11, 12));
  EXPECT_THAT(Gaps(), IsEmpty());
  ExpectWholeTree(12);
  const IngestSource source = Source();
  EXPECT_EQ(source.sequence.last(), 12);
  EXPECT_EQ(source.accepted, 12);
  EXPECT_EQ(source.last_receive_us, clock_.NowMicros());
  EXPECT_EQ(source.revision, 2);
}

TEST_F(GapTest, SkippedNumbersAreRecordedWithTheBatchAndFilledInParts) {
  Append(NumberedEvents(1, 3));
  std::vector<event::v1::Event> late = NumberedEvents(4, 9);
  Append(NumberedEvents(10, 12));
  EXPECT_THAT(Gaps(), ElementsAre(Range(4, 9)));
  ExpectWholeTree(7);
  // After the batch that showed it, in the same transaction.
  EXPECT_EQ(db_.Count("SELECT log_index FROM entry WHERE type = 'IngestGap'"), 6);
  EXPECT_EQ(db_.Count("SELECT first_missing FROM ingest_gap"), 4);

  // A part, in any order.
  Append({late[3], late[2]});
  EXPECT_THAT(Filled(), ElementsAre(Range(6, 7)));
  EXPECT_THAT(Source().sequence.gaps(), SizeIs(2));
  // The rest, with what follows and what is known already.
  log_ = NewProcess();
  late.push_back(NumberedEvents(13, 13)[0]);
  Append(late);
  EXPECT_THAT(Filled(), ElementsAre(Range(6, 7), Range(4, 5), Range(8, 9)));
  EXPECT_THAT(Gaps(), ElementsAre(Range(4, 9)));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM ingest_gap"), 0);
  EXPECT_EQ(Source().sequence.missing(), 0);
  ExpectWholeTree(13 + 4);
}

TEST_F(GapTest, TheOrderWithinABatchDoesNotMatter) {
  std::vector<event::v1::Event> events = NumberedEvents(1, 50);
  std::reverse(events.begin(), events.end());
  Append(events);
  EXPECT_THAT(Gaps(), IsEmpty());
}

TEST_F(GapTest, AReplayedOutboxLeavesNothing) {
  const std::vector<event::v1::Event> outbox = NumberedEvents(1, 1000);
  const auto deliver = [&](size_t first, size_t count) {
    const auto begin = outbox.begin() + static_cast<std::ptrdiff_t>(first);
    return Append({begin, begin + static_cast<std::ptrdiff_t>(count)});
  };
  for (size_t i = 0; i < 1000; i += 250) deliver(i, 250);
  ExpectWholeTree(1000);
  log_ = NewProcess();
  // From the end, and in other batches.
  for (size_t i = 0; i < 1000; i += 100) {
    for (const DeliveryResult& verdict : deliver(900 - i, 100))
      ASSERT_EQ(verdict.verdict(), DeliveryResult::VERDICT_DUPLICATE);
  }
  ExpectWholeTree(1000);
  EXPECT_EQ(Source().revision, 4) << "what only comes again costs no write";
}

// A relay is succeeded by another replica's, which delivers again what the first one was delivering; and there are two
// processes that take it in.
TEST_F(GapTest, TwoReplicasOfTheLogAndOfTheSourceNoticeEachGapOnce) {
  const auto other_pool = db_.NewPool();
  LogProcess other(*other_pool, clock_, signer_, anchor_file());
  const std::vector<event::v1::Event> outbox = NumberedEvents(1, 400);
  // 201 to 210 are held back and come last.
  std::vector<std::vector<event::v1::Event>> calls;
  for (size_t i = 0; i < 400; i += 10) {
    if (i != 200)
      calls.emplace_back(outbox.begin() + static_cast<std::ptrdiff_t>(i),
                         outbox.begin() + static_cast<std::ptrdiff_t>(i + 10));
  }
  calls.emplace_back(outbox.begin() + 200, outbox.begin() + 210);
  std::vector<std::thread> relays;
  for (LogProcess* process : {log_.get(), &other}) {
    relays.emplace_back([&, process] {
      for (const std::vector<event::v1::Event>& call : calls) {
        absl::Status status = absl::UnknownError("not sent");
        for (const absl::Time give_up = Soon(); !status.ok() && absl::Now() < give_up;)
          status = process->appender.Append(call, Soon()).status();
        ASSERT_THAT(status, IsOk());
      }
    });
  }
  for (std::thread& relay : relays) relay.join();
  EXPECT_THAT(Gaps(), ElementsAre(Range(201, 210)));
  EXPECT_THAT(Filled(), ElementsAre(Range(201, 210)));
  ExpectWholeTree(402);
  EXPECT_EQ(Source().accepted, 400);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  EXPECT_THAT(other.guard.CheckOpen(), IsOk());
}

TEST_F(GapTest, WhatWasRefusedHasArrived) {
  std::vector<event::v1::Event> events = NumberedEvents(1, 5);
  events[1].set_subject(std::string(201, 'x'));
  events[2].set_event_id(events[0].event_id());
  Append({events[0], events[1], events[2], events[3]});
  EXPECT_THAT(Gaps(), IsEmpty());
  const IngestSource source = Source();
  EXPECT_EQ(source.sequence.last(), 4);
  EXPECT_EQ(source.accepted, 2);
  EXPECT_EQ(source.rejected, 1);
  EXPECT_EQ(source.conflicts, 1);
}

// Another source's numbers, and those of events that are brought in another's name, say nothing about this one.
TEST_F(GapTest, EachSourceHasNumbersOfItsOwn) {
  std::vector<event::v1::Event> others = NumberedEvents(500, 501);
  for (event::v1::Event& event : others) event.set_source("services/evaluation");
  Append({NumberedEvents(1, 1)[0], others[0]});
  EXPECT_THAT(Gaps(), IsEmpty());
  ASSERT_THAT(log_->appender.Append(others, Soon()), IsOk());
  ASSERT_THAT(EntriesOf<IngestGap>(), SizeIs(1));
  EXPECT_EQ(EntriesOf<IngestGap>()[0].source(), "services/evaluation");
  EXPECT_EQ(EntriesOf<IngestGap>()[0].last_missing(), 499);
  EXPECT_EQ(Source().sequence.last(), 1);
}

// The rows are no evidence; where they are lost, what the log says already is not said again.
TEST_F(GapTest, RowsThatWereLostDoNotStopTheLog) {
  const std::vector<event::v1::Event> first = NumberedEvents(1, 3);
  const std::vector<event::v1::Event> later = NumberedEvents(6, 7);
  Append(first);
  Append(later);
  db_.Run({"DELETE FROM ingest_source", "DELETE FROM ingest_gap"});
  log_ = NewProcess();
  Append(first);
  Append(later);
  EXPECT_THAT(Gaps(), ElementsAre(Range(4, 5)));
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  Append(NumberedEvents(4, 5));
  EXPECT_THAT(Filled(), ElementsAre(Range(4, 5)));
  ExpectWholeTree(9);
}

TEST_F(GapTest, RowsThatChangedBehindTheProcessAreReadAgain) {
  Append(NumberedEvents(1, 3));
  db_.Run({"UPDATE ingest_source SET last_sequence = 5, revision = revision + 1"});
  Append(NumberedEvents(6, 6));
  EXPECT_THAT(Gaps(), IsEmpty());
  EXPECT_EQ(Source().sequence.last(), 6);
}

TEST_F(GapTest, ARejectedEventIsRecordedOnceAndItsNeighboursLand) {
  std::vector<event::v1::Event> events = NumberedEvents(1, 3);
  events[1].set_event_id("没有编号😀");
  Delivery delivery{.source = kSource, .refusals = {"", "", "outcome is missing"}};
  for (const event::v1::Event& event : events) delivery.events.push_back(&event);
  for (int i = 0; i < 3; ++i) {
    const auto verdicts = OrExit(log_->appender.Append(delivery, Soon()), "append");
    EXPECT_EQ(verdicts[0].verdict(), i == 0 ? DeliveryResult::VERDICT_ACCEPTED : DeliveryResult::VERDICT_DUPLICATE);
    EXPECT_EQ(verdicts[1].verdict(), DeliveryResult::VERDICT_REJECTED);
    EXPECT_EQ(verdicts[2].verdict(), DeliveryResult::VERDICT_REJECTED);
    EXPECT_EQ(verdicts[2].reason(), "outcome is missing");
    clock_.Advance(absl::Hours(1));
    log_ = NewProcess();
  }
  const auto rejected = EntriesOf<IngestRejected>();
  ASSERT_THAT(rejected, SizeIs(2));
  EXPECT_EQ(rejected[0].source(), kSource);
  EXPECT_EQ(rejected[0].event_id(), "没有编号😀");
  EXPECT_EQ(rejected[0].sha256(), events::EventDigest(events[1]));
  EXPECT_EQ(rejected[0].source_sequence(), 2);
  EXPECT_EQ(rejected[1].reason(), "outcome is missing");
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM entry WHERE type = 'IngestRejected' AND organization_id = 'yunqi' AND "
                      "change_name = 'organizations/yunqi/requests/r1'"),
            2);
  EXPECT_EQ(Source().rejected, 2);
  ExpectWholeTree(3);
}

// An entry's event id stays for ever, so nothing of the content may be guessed from it.
TEST_F(GapTest, TheRecordOfARejectionIsKnownWithoutItsContent) {
  event::v1::Event named = NewEvent();
  event::v1::Event numbered = NewEvent();
  numbered.set_event_id("");
  numbered.set_source_sequence(1);
  event::v1::Event neither = NewEvent();
  neither.set_event_id("x");
  const auto reject = [&](const event::v1::Event& event) {
    OrExit(log_->appender.Append({.source = kSource, .events = {&event}, .refusals = {"no"}}, Soon()), "append");
    return EntriesOf<IngestRejected>().size();
  };
  EXPECT_EQ(reject(named), 1u);
  EXPECT_EQ(reject(numbered), 2u);
  for (event::v1::Event* event : {&named, &numbered}) {
    event->set_reason("另一个理由");
    EXPECT_EQ(reject(*event), 2u);
  }
  EXPECT_NE(EntriesOf<IngestRejected>()[0].sha256(), events::EventDigest(named)) << "the first one's is kept";
  EXPECT_EQ(reject(neither), 3u);
  EXPECT_EQ(reject(neither), 4u);
  // Another source has numbers of its own.
  numbered.set_source("services/evaluation");
  EXPECT_EQ(reject(numbered), 5u);
}

TEST_F(GapTest, ASourceGoneMadDoesNotFillTheLog) {
  for (int call = 0; call < 3; ++call) {
    std::vector<event::v1::Event> events = NewEvents(50);
    for (event::v1::Event& event : events) event.set_subject(std::string(300, 'x'));
    Append(events);
  }
  EXPECT_THAT(EntriesOf<IngestRejected>(), SizeIs(IngestSource::kMaxRejectedInMinute));
  EXPECT_EQ(Source().rejected, 150);
  EXPECT_EQ(Source().unrecorded_rejected, 50);
  clock_.Advance(absl::Minutes(1));
  event::v1::Event event = NewEvent();
  event.set_subject(std::string(300, 'x'));
  Append({event});
  EXPECT_THAT(EntriesOf<IngestRejected>(), SizeIs(IngestSource::kMaxRejectedInMinute + 1));
}

}  // namespace
}  // namespace docket::audit
