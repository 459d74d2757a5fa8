// Several relays of one service: one works, a paused one writes nothing after its successor began, a dead one is
// succeeded.
#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/events/event_receiver.h"
#include "common/events/testing/relay_fixture.h"

namespace docket::events {
namespace {

using event::v1::DeliverEventsRequest;
using ::testing::IsEmpty;
using testing::RecordingSink;
using tests::IsOk;
using tests::IsOkAndHolds;

class RelayFencingTest : public testing::RelayFixture {
 protected:
  // A replica whose clock stands still and who has its own connections.
  struct Replica {
    Replica(RelayFixture& fixture, mysql::ConnectionOptions connection, RelayOptions base, absl::Time now)
        : clock(now), pool(mysql::Pool::Create({.connection = std::move(connection)})) {
      (void)fixture;
      base.clock = &clock;
      base.pool = pool.get();
      base.metrics = nullptr;
      options = base;
    }
    FakeClock clock;
    std::unique_ptr<mysql::Pool> pool;
    RelayOptions options;
  };

  std::unique_ptr<Replica> MakeReplica(const std::string& name) {
    return std::make_unique<Replica>(*this, database_.options(), Options(name), clock_.Now());
  }

  int64_t Epoch() { return Number("SELECT epoch FROM relay_lease WHERE source = 'services/request'"); }
};

TEST_F(RelayFencingTest, OneWorksWhileItsLeaseHolds) {
  RecordingSink sink;
  const std::unique_ptr<Relay> a = MakeRelay("a", sink);
  const std::unique_ptr<Relay> b = MakeRelay("b", sink);
  Emit(Subject(1), 1);
  EXPECT_THAT(a->RunOnce(), IsOkAndHolds(1));
  Emit(Subject(2), 1);
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(0));
  // Renewed in time, the lease stays where it is, however long it takes.
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Seconds(3));
    EXPECT_THAT(a->RunOnce(), IsOk());
    EXPECT_THAT(b->RunOnce(), IsOkAndHolds(0));
  }
  EXPECT_EQ(Epoch(), 1);
  EXPECT_EQ(sink.sequences(), UpTo(2));
}

TEST_F(RelayFencingTest, AStoppedRelayIsSucceededAtOnce) {
  RecordingSink sink;
  // Names as long as a host's may be.
  const std::unique_ptr<Relay> a = MakeRelay(std::string(253, 'h') + "/a", sink);
  const std::unique_ptr<Relay> b = MakeRelay(std::string(253, 'h') + "/b", sink);
  EXPECT_THAT(a->RunOnce(), IsOkAndHolds(0));
  Emit(Subject(1), 1);
  a->Stop();
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(1));
  EXPECT_EQ(Epoch(), 2);
}

TEST_F(RelayFencingTest, ADeadRelayIsSucceededWhenItsLeaseIsOver) {
  RecordingSink sink;
  std::unique_ptr<Replica> dead = MakeReplica("a");
  std::unique_ptr<Relay> a = MakeRelay(dead->options, sink);
  // It dies between claiming and delivering: nothing but the claim is left of it.
  sink.Gate([&](const DeliverEventsRequest&) { return absl::UnavailableError("away"); });
  for (int i = 0; i < 3; ++i) Emit(Subject(i), 1);
  EXPECT_THAT(a->RunOnce(), IsOkAndHolds(0));
  dead->pool->Close();
  a.reset();
  sink.Gate(nullptr);
  EXPECT_EQ(Number("SELECT MAX(sequence) FROM outbox"), 3);

  Emit(Subject(9), 1);
  const std::unique_ptr<Relay> b = MakeRelay("b", sink);
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(0));
  clock_.Advance(absl::Seconds(6));
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(4));
  EXPECT_EQ(sink.sequences(), UpTo(4));
}

TEST_F(RelayFencingTest, OnePausedWhileDeliveringWritesNothingAfterItsSuccessorBegan) {
  RecordingSink sink;
  const std::unique_ptr<Replica> paused = MakeReplica("a");
  const std::unique_ptr<Relay> a = MakeRelay(paused->options, sink);
  absl::Notification delivering, go_on;
  sink.Gate([&](const DeliverEventsRequest&) {
    if (!delivering.HasBeenNotified()) {
      delivering.Notify();
      go_on.WaitForNotificationWithTimeout(absl::Seconds(9));
    }
    return absl::OkStatus();
  });
  Emit(Subject(1), 1);
  absl::StatusOr<int> by_a = -1;
  std::thread thread([&] { by_a = a->RunOnce(); });
  delivering.WaitForNotification();

  clock_.Advance(absl::Seconds(6));
  Emit(Subject(1), 2);
  const std::unique_ptr<Relay> b = MakeRelay("b", sink);
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(2));
  EXPECT_EQ(Number("SELECT next_sequence FROM relay_cursor"), 3);
  const int64_t writes = Number("SELECT writes FROM relay_cursor");
  go_on.Notify();
  thread.join();
  // Its consumer had the event already, and its cursor was not its own any more.
  EXPECT_EQ(Number("SELECT next_sequence FROM relay_cursor"), 3);
  EXPECT_EQ(Number("SELECT writes FROM relay_cursor"), writes);
  EXPECT_EQ(sink.sequences(), UpTo(2));
  EXPECT_EQ(sink.duplicates(), 1);
  EXPECT_EQ(Epoch(), 2);
  // By its own, slower clock the lease may still hold; the table says otherwise.
  EXPECT_THAT(a->RunOnce(), IsOkAndHolds(0));
  EXPECT_EQ(Epoch(), 2);
}

TEST_F(RelayFencingTest, OnePausedBeforeClaimingClaimsNothing) {
  RecordingSink sink;
  const std::unique_ptr<Replica> paused = MakeReplica("a");
  const std::unique_ptr<Relay> a = MakeRelay(paused->options, sink);
  EXPECT_THAT(a->RunOnce(), IsOkAndHolds(0));
  clock_.Advance(absl::Seconds(6));
  const std::unique_ptr<Relay> b = MakeRelay("b", sink);
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(0));
  Emit(Subject(1), 1);
  EXPECT_THAT(a->RunOnce(), IsOkAndHolds(0)) << "its clock says that it leads, the epoch that it does not";
  EXPECT_EQ(Number("SELECT MAX(sequence) FROM outbox"), 0);
  EXPECT_THAT(b->RunOnce(), IsOkAndHolds(1));
  EXPECT_EQ(sink.sequences(), UpTo(1));
}

TEST_F(RelayFencingTest, WhatWasDeliveredButNotWrittenDownIsADuplicateForTheReceiver) {
  // A real receiver, with its own database.
  testing::EventDatabase receiving;
  receiving.Run(
      {"CREATE TABLE effect (id INT NOT NULL PRIMARY KEY, n INT NOT NULL)", "INSERT INTO effect VALUES (1, 0)"});
  const std::unique_ptr<mysql::Pool> receiving_pool = mysql::Pool::Create({.connection = receiving.options()});
  Logger logger(-1, Severity::kError, "test", clock_);
  EventReceiver receiver(*receiving_pool, clock_, uuids_, logger, "services/evaluation");
  std::unique_ptr<Replica> dying = MakeReplica("a");
  bool die = true;
  receiver.On<event::v1::RequestUpdated>([&](mysql::Transaction& tx, const event::v1::Event&,
                                             const event::v1::RequestUpdated&, EventRecorder&) -> absl::Status {
    // The sender loses its database before it can note that the event was taken.
    if (die) dying->pool->Close();
    return tx.Execute("UPDATE effect SET n = n + 1 WHERE id = 1").status();
  });
  rpc::MethodTable table;
  receiver.Register(table);
  rpc::testing::TestServer server(std::move(table));
  Emit(Subject(1), 1);
  {
    Relay a(dying->options);
    a.AddConsumer("sink", testing::ChannelTo(server));
    EXPECT_FALSE(a.RunOnce().ok());
  }
  die = false;
  EXPECT_EQ(Number("SELECT next_sequence FROM relay_cursor"), 1);
  clock_.Advance(absl::Seconds(6));
  Relay b(Options("b"));
  b.AddConsumer("sink", testing::ChannelTo(server));
  EXPECT_THAT(b.RunOnce(), IsOkAndHolds(1));
  EXPECT_EQ(Number("SELECT next_sequence FROM relay_cursor"), 2);
  const auto effect = receiving_pool->Query(Soon(), "SELECT n FROM effect");
  ASSERT_THAT(effect, IsOk());
  EXPECT_EQ((*effect)[0].Int(0), 1);
  EXPECT_THAT(metrics_.Text(),
              ::testing::HasSubstr("docket_relay_deliveries_total{consumer=\"sink\",result=\"duplicate\"} 1"));
}

TEST_F(RelayFencingTest, ManyReplicasAtOnceDeliverEverythingOnce) {
  RecordingSink sink;
  SystemClock system_clock;
  std::vector<std::unique_ptr<Relay>> relays;
  for (int i = 0; i < 3; ++i) {
    RelayOptions options = Options(absl::StrCat("replica-", i));
    options.clock = &system_clock;
    options.metrics = nullptr;
    options.lease = absl::Milliseconds(300);
    options.interval = absl::Milliseconds(20);
    relays.push_back(MakeRelay(options, sink));
    relays.back()->Start();
  }
  for (int i = 1; i <= 60; ++i) {
    Emit(Subject(i % 7), i);
    for (const auto& relay : relays) relay->Wake();
    // One after the other is stopped in the middle of the work.
    if (i == 20) relays[0]->Stop();
    if (i == 40) relays[1]->Stop();
  }
  ASSERT_TRUE(sink.WaitForEvents(60, Soon()));
  EXPECT_EQ(sink.sequences(), UpTo(60));
}

}  // namespace
}  // namespace docket::events
