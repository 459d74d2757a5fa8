// The relay at work: order, numbers, batches, consumers that differ, metrics, pruning.
#include "common/events/relay.h"

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/events/testing/relay_fixture.h"

namespace docket::events {
namespace {

using event::v1::DeliverEventsRequest;
using event::v1::Event;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using testing::RecordingSink;
using ::testing::SizeIs;
using tests::IsOk;
using tests::IsOkAndHolds;

class RelayTest : public testing::RelayFixture {};

std::vector<std::string> Notes(const std::vector<Event>& events) {
  std::vector<std::string> notes;
  for (const Event& event : events) notes.push_back(event.reason());
  return notes;
}

TEST_F(RelayTest, DeliversEveryEventOnceAndNumbersThemInOrder) {
  RecordingSink sink;
  const std::unique_ptr<Relay> relay = MakeRelay("a", sink);
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(0));
  for (int i = 0; i < 5; ++i) Emit(Subject(i), 1, absl::StrCat(i));
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(5));
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(0));
  Emit(Subject(9), 1, "5");
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(1));
  EXPECT_THAT(Notes(sink.events()), ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_EQ(sink.sequences(), UpTo(6));
  EXPECT_EQ(sink.duplicates(), 0);
  EXPECT_EQ(sink.events()[0].source(), "services/request");
}

TEST_F(RelayTest, ManyEventsGoInBatchesOfLimitedCount) {
  RecordingSink sink;
  std::vector<int> sizes;
  sink.Gate([&](const DeliverEventsRequest& request) {
    sizes.push_back(request.events_size());
    return absl::OkStatus();
  });
  RelayOptions options = Options("a");
  options.batch_size = 8;
  const std::unique_ptr<Relay> relay = MakeRelay(options, sink);
  for (int i = 0; i < 20; ++i) Emit(Subject(i), 1);
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(20));
  EXPECT_THAT(sizes, ElementsAre(8, 8, 4));
  EXPECT_EQ(sink.sequences(), UpTo(20));
}

TEST_F(RelayTest, LargeEventsGoInBatchesOfLimitedSize) {
  RecordingSink sink;
  std::vector<size_t> sizes;
  sink.Gate([&](const DeliverEventsRequest& request) {
    sizes.push_back(request.ByteSizeLong());
    return absl::OkStatus();
  });
  const std::unique_ptr<Relay> relay = MakeRelay("a", sink);
  for (int i = 0; i < 7; ++i) Emit(Subject(i), 1, "", 900 << 10);
  Emit(Subject(8), 1, "", (3 << 20) - 1000);
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(8));
  EXPECT_THAT(sizes, SizeIs(4));
  EXPECT_THAT(sizes, Each(Le(size_t{(3 << 20) + 1000})));
}

TEST_F(RelayTest, RevisionsOfASubjectGoInOrderWhateverTheClocksSay) {
  RecordingSink sink;
  RelayOptions options = Options("a");
  options.batch_size = 4;
  const std::unique_ptr<Relay> relay = MakeRelay(options, sink);
  // Five revisions by replicas whose clocks disagree, so that the ids descend; and others around them. The first batch
  // does not reach the first revision by itself.
  const absl::Time start = clock_.Now();
  for (int revision = 1; revision <= 5; ++revision) {
    clock_.Set(start - absl::Seconds(10 * revision));
    UuidGenerator other_replica(clock_);
    EventRecorder recorder("services/request", Origin::FromWorker("services/request"), clock_, other_replica);
    recorder.Add(event::v1::RequestUpdated(),
                 {.subject = Subject(1), .revision = revision, .reason = absl::StrCat("r", revision)});
    recorder.Add(event::v1::RequestUpdated(), {.subject = Subject(10 + revision), .revision = 1, .reason = "other"});
    ASSERT_THAT(mysql::RunInTransaction(*pool_, Soon(),
                                        [&](mysql::Transaction& tx) { return AppendToOutbox(tx, recorder.events()); }),
                IsOk());
  }
  clock_.Set(start);
  EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(10));
  std::vector<std::string> history;
  for (const Event& event : sink.events()) {
    if (event.subject() == Subject(1)) history.push_back(event.reason());
  }
  EXPECT_THAT(history, ElementsAre("r1", "r2", "r3", "r4", "r5"));
  EXPECT_EQ(sink.sequences(), UpTo(10));
}

TEST_F(RelayTest, ConcurrentWritersLeaveNoGapAndNoDisorder) {
  constexpr int kThreads = 8;
  constexpr int kEvents = 40;
  RecordingSink sink;
  SystemClock system_clock;
  RelayOptions options = Options("a");
  options.clock = &system_clock;
  options.batch_size = 16;
  const std::unique_ptr<Relay> relay = MakeRelay(options, sink);
  relay->Start();
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 1; i <= kEvents; ++i) {
        Emit(Subject(t), i);
        relay->Wake();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(sink.WaitForEvents(kThreads * kEvents, Soon()));
  relay->Stop();
  EXPECT_EQ(sink.sequences(), UpTo(kThreads * kEvents));
  EXPECT_EQ(sink.duplicates(), 0);
  std::map<std::string, int64_t> revisions;
  for (const Event& event : sink.events()) EXPECT_EQ(event.subject_revision(), ++revisions[event.subject()]);
}

TEST_F(RelayTest, AConsumerGetsTheTypesItWants) {
  RecordingSink all, some, none;
  Relay relay(Options("a"));
  relay.AddConsumer("all", all.channel());
  relay.AddConsumer("some", some.channel(), {"RequestAccepted"});
  relay.AddConsumer("none", none.channel(), {"Unheard"});
  Emit(Subject(1), 1);
  EmitPayload(event::v1::RequestAccepted(), Subject(1), 2);
  Emit(Subject(1), 3);
  EXPECT_THAT(relay.RunOnce(), IsOkAndHolds(4));
  EXPECT_THAT(all.sequences(), ElementsAre(1, 2, 3));
  EXPECT_THAT(some.sequences(), ElementsAre(2));
  EXPECT_EQ(none.calls(), 0);
  // Skipping is progress: nothing is looked at twice, nothing holds back pruning.
  EXPECT_EQ(Number("SELECT MIN(next_sequence) FROM relay_cursor"), 4);
}

TEST_F(RelayTest, AnAbsentConsumerDelaysNobodyAndCatchesUp) {
  RecordingSink present, absent;
  Relay relay(Options("a"));
  relay.AddConsumer("absent", absent.channel());
  relay.AddConsumer("present", present.channel());
  absent.Gate([](const DeliverEventsRequest&) { return absl::UnavailableError("away"); });
  for (int i = 0; i < 10; ++i) Emit(Subject(i), 1);
  EXPECT_THAT(relay.RunOnce(), IsOkAndHolds(10));
  EXPECT_EQ(present.sequences(), UpTo(10));
  EXPECT_EQ(Number("SELECT next_sequence FROM relay_cursor WHERE consumer = 'absent'"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM relay_quarantine"), 0);
  absent.Gate(nullptr);
  EXPECT_THAT(relay.RunOnce(), IsOkAndHolds(10));
  EXPECT_EQ(absent.sequences(), UpTo(10));
}

TEST_F(RelayTest, ASlowConsumerDelaysNobody) {
  RecordingSink fast, slow;
  absl::Notification go_on;
  slow.Gate([&](const DeliverEventsRequest&) {
    go_on.WaitForNotificationWithTimeout(absl::Seconds(9));
    return absl::OkStatus();
  });
  SystemClock system_clock;
  RelayOptions options = Options("a");
  options.clock = &system_clock;
  Relay relay(options);
  relay.AddConsumer("slow", slow.channel());
  relay.AddConsumer("fast", fast.channel());
  relay.Start();
  for (int i = 1; i <= 20; ++i) {
    Emit(Subject(i), 1);
    relay.Wake();
    ASSERT_TRUE(fast.WaitForEvents(i, Soon()));
  }
  EXPECT_THAT(slow.events(), IsEmpty());
  go_on.Notify();
  ASSERT_TRUE(slow.WaitForEvents(20, Soon()));
  EXPECT_EQ(slow.sequences(), UpTo(20));
}

TEST_F(RelayTest, AConsumerThatIsBackIsFoundSoonAfterAWake) {
  RecordingSink sink;
  SystemClock system_clock;
  RelayOptions options = Options("a");
  options.clock = &system_clock;
  const std::unique_ptr<Relay> relay = MakeRelay(options, sink);
  absl::Mutex mutex;
  int refused = 0;
  sink.Gate([&](const DeliverEventsRequest&) {
    absl::MutexLock lock(&mutex);
    ++refused;
    return absl::UnavailableError("away");
  });
  Emit(Subject(1), 1);
  relay->Start();
  {
    absl::MutexLock lock(&mutex);
    const auto often = [&] { return refused >= 2; };
    ASSERT_TRUE(mutex.AwaitWithDeadline(absl::Condition(&often), Soon()));
  }
  sink.Gate(nullptr);
  relay->Wake();
  EXPECT_TRUE(sink.WaitForEvents(1, Soon()));
}

TEST_F(RelayTest, ANewConsumerGetsWhatIsStillKept) {
  RecordingSink first, second;
  {
    const std::unique_ptr<Relay> relay = MakeRelay("a", first);
    for (int i = 0; i < 3; ++i) Emit(Subject(i), 1);
    EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(3));
  }
  Relay relay(Options("b"));
  relay.AddConsumer("sink", first.channel());
  relay.AddConsumer("newcomer", second.channel());
  EXPECT_THAT(relay.RunOnce(), IsOkAndHolds(3));
  EXPECT_EQ(second.sequences(), UpTo(3));
  EXPECT_EQ(first.duplicates(), 0);
}

TEST_F(RelayTest, PrunesWhatIsOldAndDeliveredToAll) {
  RecordingSink quick, late;
  Relay relay(Options("a"));
  relay.AddConsumer("quick", quick.channel());
  relay.AddConsumer("late", late.channel());
  for (int i = 0; i < 600; ++i) Emit(Subject(i), 1);
  late.Gate([](const DeliverEventsRequest&) { return absl::UnavailableError("away"); });
  ASSERT_THAT(relay.RunOnce(), IsOk());
  clock_.Advance(absl::Hours(25));
  Emit(Subject(1000), 1);
  ASSERT_THAT(relay.RunOnce(), IsOk());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 601) << "one consumer still needs them";
  late.Gate(nullptr);
  ASSERT_THAT(relay.RunOnce(), IsOk());
  EXPECT_EQ(late.sequences(), UpTo(601));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 1) << "the youngest is kept for a day";
  Emit(Subject(1001), 1);
  EXPECT_THAT(relay.RunOnce(), IsOkAndHolds(2));
  EXPECT_EQ(Number("SELECT MAX(sequence) FROM outbox"), 602);
}

TEST_F(RelayTest, MetricsTellTheLagPerConsumer) {
  RecordingSink quick, late;
  Relay relay(Options("a"));
  relay.AddConsumer("quick", quick.channel());
  relay.AddConsumer("late", late.channel());
  late.Gate([](const DeliverEventsRequest&) { return absl::UnavailableError("away"); });
  for (int i = 0; i < 3; ++i) Emit(Subject(i), 1);
  clock_.Advance(absl::Seconds(90));
  ASSERT_THAT(relay.RunOnce(), IsOk());
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("docket_outbox_lag_seconds{consumer=\"late\"} 90"));
  EXPECT_THAT(text, HasSubstr("docket_outbox_lag_seconds{consumer=\"quick\"} 0"));
  EXPECT_THAT(text, HasSubstr("docket_outbox_undelivered{consumer=\"late\"} 3"));
  EXPECT_THAT(text, HasSubstr("docket_outbox_undelivered{consumer=\"quick\"} 0"));
  EXPECT_THAT(text, HasSubstr("docket_relay_deliveries_total{consumer=\"quick\",result=\"accepted\"} 3"));
  EXPECT_THAT(text, HasSubstr("docket_relay_deliveries_total{consumer=\"late\",result=\"failed_call\"} 1"));
  EXPECT_THAT(text, HasSubstr("docket_relay_claimed_total 3"));
  EXPECT_THAT(text, HasSubstr("docket_relay_leading 1"));
  EXPECT_THAT(text, HasSubstr("docket_metrics_refused_total 0"));
}

TEST_F(RelayTest, StopsInTheMiddleAndGoesOnLater) {
  RecordingSink sink;
  SystemClock system_clock;
  RelayOptions options = Options("a");
  options.clock = &system_clock;
  options.batch_size = 4;
  for (int i = 0; i < 100; ++i) Emit(Subject(i), 1);
  {
    const std::unique_ptr<Relay> relay = MakeRelay(options, sink);
    relay->Start();
    ASSERT_TRUE(sink.WaitForEvents(10, Soon()));
    relay->Stop();
    relay->Stop();
    EXPECT_THAT(relay->RunOnce(), IsOkAndHolds(0)) << "a stopped relay does no more";
  }
  options.replica = "b";
  const std::unique_ptr<Relay> relay = MakeRelay(options, sink);
  EXPECT_THAT(relay->RunOnce(), IsOk());
  EXPECT_EQ(sink.sequences(), UpTo(100));
  EXPECT_EQ(sink.duplicates(), 0);
}

}  // namespace
}  // namespace docket::events
