#include "services/audit/leader/leader_lease.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

class LeaderLeaseTest : public LogTest {
 protected:
  // A process with a clock of its own: one that is stopped does not notice that time passes.
  struct Replica {
    Replica(LeaderLeaseTest& test, const std::string& name)
        : clock(test.clock_.Now()),
          log(test.db_.pool(), clock, test.signer_, test.dir_.Path(name)),
          lease(test.db_.pool(), clock, log.logger,
                {.replica = name, .duration = absl::Seconds(10), .fit = [this] { return fit.load(); }}) {}

    std::atomic<bool> fit{true};
    FakeClock clock;
    LogProcess log;
    LeaderLease lease;
  };

  Replica a_{*this, "a"};
  Replica b_{*this, "b"};
};

TEST_F(LeaderLeaseTest, OneLeadsUntilItsTimeIsOver) {
  EXPECT_EQ(a_.lease.epoch(), 0);
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  EXPECT_EQ(a_.lease.epoch(), 1);
  EXPECT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(false));
  EXPECT_FALSE(b_.lease.Leads());

  a_.clock.Advance(absl::Seconds(8));
  b_.clock.Advance(absl::Seconds(8));
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  b_.clock.Advance(absl::Seconds(8));
  EXPECT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(false)) << "it was renewed";
  EXPECT_EQ(a_.lease.epoch(), 1);

  // By its own clock it stops before another one may take over.
  a_.clock.Advance(absl::Seconds(10));
  EXPECT_FALSE(a_.lease.Leads());
  b_.clock.Advance(absl::Seconds(2));
  EXPECT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(true));
  EXPECT_EQ(b_.lease.epoch(), 2);
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(false));
}

TEST_F(LeaderLeaseTest, WhoGivesItBackIsSucceededAtOnce) {
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  a_.lease.Release(Soon());
  EXPECT_FALSE(a_.lease.Leads());
  EXPECT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(true));
  // Nothing is given back that is another's.
  a_.lease.Release(Soon());
  EXPECT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(true));
  EXPECT_EQ(b_.lease.epoch(), 2);
}

TEST_F(LeaderLeaseTest, WhoIsNotFitDoesNotLead) {
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  a_.fit = false;
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(false));
  EXPECT_FALSE(a_.lease.Leads());
  EXPECT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(true));
}

TEST_F(LeaderLeaseTest, StepsRunAtTheLeaderOnly) {
  int steps = 0;
  const auto step = a_.lease.AtLeader([&] {
    ++steps;
    return absl::UnavailableError("tried");
  });
  EXPECT_THAT(step(), IsOk());
  EXPECT_EQ(steps, 0);
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  EXPECT_THAT(step(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(steps, 1);
  a_.clock.Advance(absl::Seconds(10));
  EXPECT_THAT(step(), IsOk());
  EXPECT_EQ(steps, 1);
}

TEST_F(LeaderLeaseTest, OfManyThatTryAtOnceOneLeads) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> leaders{0};
    std::vector<std::unique_ptr<Replica>> replicas;
    for (int i = 0; i < 6; ++i) replicas.push_back(std::make_unique<Replica>(*this, absl::StrCat("r", round, ".", i)));
    std::vector<std::thread> threads;
    for (const auto& replica : replicas) {
      threads.emplace_back([&] {
        const auto leads = replica->lease.Ensure(Soon());
        ASSERT_THAT(leads, IsOk());
        leaders += *leads ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(leaders, 1);
    for (const auto& replica : replicas) replica->lease.Release(Soon());
  }
  EXPECT_EQ(db_.Count("SELECT epoch FROM leader"), 10);
}

// The old leader stands still, believes that it leads when it wakes up, and goes on with the tree that it remembers.
TEST_F(LeaderLeaseTest, APausedLeaderCannotGoOnFromWhatItRemembers) {
  ASSERT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  Grow(a_.log, 3);
  const TreeState remembered = OrExit(a_.log.store.ReadTreeState(Soon()), "tree_state");
  b_.clock.Advance(absl::Seconds(11));
  ASSERT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(true));
  ASSERT_TRUE(a_.lease.Leads()) << "its clock stood still";

  // Although nobody appended since, it may not swap what it read before it was succeeded.
  const absl::Status fenced = mysql::RunInTransaction(
      db_.pool(), Soon(), [&](mysql::Transaction& tx) { return LogStore::SwapTreeState(tx, remembered, remembered); });
  EXPECT_THAT(fenced, StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));

  // It reads the tree again and goes on as any other process does.
  Grow(a_.log, 2);
  Grow(b_.log, 2);
  Grow(a_.log, 2);
  ExpectWholeTree(9);
  EXPECT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(false));
  EXPECT_THAT(a_.log.guard.CheckOpen(), IsOk());
}

// The old leader stops between its statements, holding the row of the tree, and comes to itself after another one has
// asked for it.
TEST_F(LeaderLeaseTest, ALeaderPausedWithinItsTransactionEitherCommitsFirstOrNotAtAll) {
  ASSERT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  Grow(a_.log, 3);
  const auto paused = db_.database().Connect();
  ASSERT_THAT(paused->ExecuteUnprepared("START TRANSACTION"), IsOk());
  ASSERT_THAT(paused->ExecuteUnprepared("UPDATE tree_state SET last_receive_us = last_receive_us + 1 WHERE id = 0"),
              IsOk());
  b_.clock.Advance(absl::Seconds(11));
  std::atomic<bool> took{false};
  std::thread successor([&] {
    while (!took) took = b_.lease.Ensure(Soon()).value_or(false);
    Grow(b_.log, 5);
  });
  EXPECT_EQ(db_.Count("SELECT epoch FROM tree_state"), 1);
  ASSERT_THAT(paused->ExecuteUnprepared("ROLLBACK"), IsOk());
  successor.join();
  Grow(a_.log, 5);
  ExpectWholeTree(13);
  EXPECT_EQ(db_.Count("SELECT epoch FROM tree_state"), 2);
}

// Both believe that they lead, and both append and sign at once.
TEST_F(LeaderLeaseTest, TwoLeadersAtOnceMakeOneChain) {
  ASSERT_THAT(a_.lease.Ensure(Soon()), IsOkAndHolds(true));
  Grow(a_.log, 1);
  b_.clock.Advance(absl::Seconds(11));
  ASSERT_THAT(b_.lease.Ensure(Soon()), IsOkAndHolds(true));
  std::vector<std::vector<event::v1::Event>> calls;
  for (int i = 0; i < 40; ++i) calls.push_back(NewEvents(5));
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      Replica& replica = t == 0 ? a_ : b_;
      for (int c = t; c < 40; c += 2) {
        ASSERT_TRUE(replica.lease.Leads());
        absl::Status status = absl::UnknownError("not sent");
        for (const absl::Time give_up = Soon(); !status.ok() && absl::Now() < give_up;)
          status = replica.log.appender.Append(calls[static_cast<size_t>(c)], Soon()).status();
        ASSERT_THAT(status, IsOk());
        ASSERT_THAT(replica.log.checkpointer.Current(Soon()), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectWholeTree(201);
  EXPECT_THAT(a_.log.guard.CheckOpen(), IsOk());
  EXPECT_THAT(b_.log.guard.CheckOpen(), IsOk());
}

}  // namespace
}  // namespace docket::audit
