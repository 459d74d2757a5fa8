// The relay when its surroundings fail: its database, its consumer's host, a consumer that takes nothing.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "common/events/relay_consumer.h"
#include "common/events/schema.h"
#include "common/events/testing/relay_fixture.h"

namespace docket::events {
namespace {

using event::v1::DeliverEventsRequest;
using event::v1::Event;
using testing::RecordingSink;
using ::testing::SizeIs;
using tests::IsOk;
using tests::IsOkAndHolds;

class RelayOutageTest : public testing::RelayFixture {};

TEST_F(RelayOutageTest, AnUnreachableConsumerIsTriedWithGrowingPauses) {
  RelayStore store(*pool_, "services/request");
  ClaimedWindow window;
  Logger logger(-1, Severity::kError, "test", clock_);
  // Nobody listens on port 1.
  const auto channel = rpc::MakeChannel({.target = "127.0.0.1:1", .service = "test", .insecure = true});
  ASSERT_THAT(channel, IsOk());
  RelayConsumer consumer("sink", *channel, {},
                         {.store = &store,
                          .window = &window,
                          .clock = &clock_,
                          .logger = &logger,
                          .metrics = &metrics_,
                          .source = "services/request"});
  const auto term = store.Acquire("a", {"sink"}, clock_.NowMicros(), clock_.NowMicros() + 5'000'000);
  ASSERT_THAT(term, IsOk());
  Emit(Subject(1), 1);
  const auto waiting = store.ReadWaiting(10);
  ASSERT_THAT(waiting, IsOk());
  ASSERT_THAT(store.Claim(**term, *waiting), IsOk());
  absl::Duration longest = absl::Milliseconds(50);
  for (int i = 0; i < 12; ++i) {
    const auto outcome = consumer.Step(1, [] { return true; });
    ASSERT_THAT(outcome, IsOkAndHolds(RelayConsumer::Outcome::kUnavailable));
    const absl::Duration pause = consumer.pause();
    EXPECT_GE(pause, longest / 2);
    EXPECT_LE(pause, longest);
    longest = std::min(longest * 2, absl::Seconds(5));
  }
  EXPECT_EQ(longest, absl::Seconds(5));
  EXPECT_EQ(Number("SELECT next_sequence FROM relay_cursor"), 1);
}

TEST_F(RelayOutageTest, AFullQuarantineStopsNewEventsUntilThereIsRoom) {
  RecordingSink sink;
  const std::unique_ptr<Relay> relay = MakeRelay("a", sink);
  ASSERT_THAT(relay->RunOnce(), IsOk());
  relay->Stop();
  database_.Run(
      {"INSERT INTO relay_quarantine SELECT 'sink', seq + 100000, UNHEX(LPAD(HEX(seq), 32, '0')), CONCAT('s', seq), "
       "'T', 4, '', 1, 0, 0, '' "
       "FROM seq_1_to_10000"});
  const std::unique_ptr<Relay> successor = MakeRelay("b", sink);
  Emit(Subject(1), 1);
  EXPECT_THAT(successor->RunOnce(), IsOkAndHolds(0));
  EXPECT_EQ(sink.calls(), 0);
  database_.Run({"DELETE FROM relay_quarantine LIMIT 1"});
  EXPECT_THAT(successor->RunOnce(), IsOkAndHolds(1));
}

TEST(RelayDatabaseOutageTest, GoesOnWhereItWasWhenItsDatabaseIsBack) {
  const auto server = tests::MariaDb::Start({.durable = true});
  ASSERT_THAT(server, IsOk());
  tests::TestDatabase database(**server);
  testing::Migrate(database, "events", Schema());
  const std::unique_ptr<mysql::Pool> pool = mysql::Pool::Create({.connection = database.options()});
  SystemClock clock;
  UuidGenerator uuids(clock);
  const auto emit = [&](int revision) {
    EventRecorder recorder("services/request", Origin::FromWorker("services/request", "organizations/acme"), clock,
                           uuids);
    recorder.Add(event::v1::RequestUpdated(), {.subject = "organizations/acme/requests/7", .revision = revision});
    return mysql::RunInTransaction(*pool, absl::Now() + absl::Seconds(30),
                                   [&](mysql::Transaction& tx) { return AppendToOutbox(tx, recorder.events()); });
  };
  RecordingSink sink;
  Relay relay({.pool = pool.get(), .source = "services/request", .replica = "a", .clock = &clock, .batch_size = 3});
  relay.AddConsumer("sink", sink.channel());
  // The database dies while the consumer works on the second batch, and again on a later one.
  std::atomic<int> calls{0};
  sink.Gate([&](const DeliverEventsRequest&) {
    if (const int call = ++calls; call == 2 || call == 6) {
      (*server)->Kill();
      EXPECT_THAT((*server)->Restart(), IsOk());
    }
    return absl::OkStatus();
  });
  for (int revision = 1; revision <= 30; ++revision) ASSERT_THAT(emit(revision), IsOk());
  relay.Start();
  EXPECT_TRUE(sink.WaitForEvents(30, absl::Now() + absl::Seconds(60)));
  relay.Stop();
  int64_t expected = 0;
  for (const Event& event : sink.events()) {
    EXPECT_EQ(event.source_sequence(), ++expected);
    EXPECT_EQ(event.subject_revision(), expected);
  }
  EXPECT_THAT(sink.events(), SizeIs(30));
}

}  // namespace
}  // namespace docket::events
