#include "common/mysql/pool.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::mysql {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::SizeIs;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

class PoolTest : public ::testing::Test {
 protected:
  std::unique_ptr<Pool> MakePool(int max_connections, absl::Duration ping_after_idle = absl::Seconds(30)) {
    return Pool::Create(
        {.connection = database_.options(), .max_connections = max_connections, .ping_after_idle = ping_after_idle});
  }
  void Kill(Connection& connection) { database_.Run({absl::StrCat("KILL ", *connection.Id())}); }

  tests::TestDatabase database_;
};

TEST_F(PoolTest, OpensWhenNeededAndKeeps) {
  const std::unique_ptr<Pool> pool = MakePool(3);
  EXPECT_EQ(pool->stats().created, 0);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(pool->Query(Soon(), "SELECT ?", {i}), IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(pool->stats().created, 1);
  EXPECT_EQ(pool->stats().idle, 1);
  EXPECT_EQ(pool->stats().in_use, 0);
  {
    absl::StatusOr<Pool::Lease> first = pool->Acquire(Soon());
    absl::StatusOr<Pool::Lease> second = pool->Acquire(Soon());
    ASSERT_THAT(first, IsOk());
    ASSERT_THAT(second, IsOk());
    EXPECT_NE(*(*first)->Id(), *(*second)->Id());
    EXPECT_EQ(pool->stats().in_use, 2);
    EXPECT_EQ(pool->stats().created, 2);
    Pool::Lease moved = *std::move(first);
    EXPECT_EQ(pool->stats().in_use, 2);
    moved = *std::move(second);
    EXPECT_EQ(pool->stats().in_use, 1);
  }
  EXPECT_EQ(pool->stats().in_use, 0);
  EXPECT_EQ(pool->stats().idle, 2);
}

TEST_F(PoolTest, WaitsNoLongerThanTheDeadline) {
  const std::unique_ptr<Pool> pool = MakePool(1);
  absl::StatusOr<Pool::Lease> held = pool->Acquire(Soon());
  ASSERT_THAT(held, IsOk());
  const absl::Status refused = pool->Acquire(absl::Now() + absl::Milliseconds(30)).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  EXPECT_EQ(pool->stats().waiting, 0);
  EXPECT_THAT(pool->Acquire(absl::InfinitePast()), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(PoolTest, ServesInTheOrderOfArrival) {
  const std::unique_ptr<Pool> pool = MakePool(1);
  std::optional<Pool::Lease> held = *pool->Acquire(Soon());
  const int64_t id = *(*held)->Id();
  std::vector<std::thread> threads;
  absl::Mutex mutex;
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const absl::StatusOr<Pool::Lease> lease = pool->Acquire(Soon());
      ASSERT_THAT(lease, IsOk());
      EXPECT_THAT((*lease)->Id(), IsOkAndHolds(id));
      absl::MutexLock lock(&mutex);
      order.push_back(i);
    });
    ASSERT_TRUE(tests::WaitUntil([&] { return pool->stats().waiting == i + 1; }, Soon()));
  }
  held.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(pool->stats().created, 1);
}

TEST_F(PoolTest, AWaiterIsGivenTheRightToReplaceABrokenConnection) {
  const std::unique_ptr<Pool> pool = MakePool(1);
  std::optional<Pool::Lease> held = *pool->Acquire(Soon());
  std::thread waiter([&] { EXPECT_THAT(pool->Query(Soon(), "SELECT 1"), IsOk()); });
  ASSERT_TRUE(tests::WaitUntil([&] { return pool->stats().waiting == 1; }, Soon()));
  Kill(**held);
  EXPECT_THAT((*held)->Query("SELECT 1"), StatusIs(absl::StatusCode::kUnavailable));
  held.reset();
  waiter.join();
  EXPECT_EQ(pool->stats().created, 2);
  EXPECT_EQ(pool->stats().discarded, 1);
}

TEST_F(PoolTest, AReadSurvivesADeadConnection) {
  const std::unique_ptr<Pool> pool = MakePool(1);
  Kill(**pool->Acquire(Soon()));
  EXPECT_THAT(pool->Query(Soon(), "SELECT 1"), IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(pool->stats().discarded, 1);
}

TEST_F(PoolTest, AWriteOnADeadConnectionIsLeftToTheCaller) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  const std::unique_ptr<Pool> pool = MakePool(1);
  Kill(**pool->Acquire(Soon()));
  EXPECT_THAT(pool->Execute(Soon(), "INSERT INTO t VALUES (1)"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(pool->Execute(Soon(), "INSERT INTO t VALUES (1)"), IsOkAndHolds(1));
}

TEST_F(PoolTest, AConnectionThatRestedIsAskedFirst) {
  const std::unique_ptr<Pool> pool = MakePool(1, absl::ZeroDuration());
  Kill(**pool->Acquire(Soon()));
  EXPECT_THAT(pool->Execute(Soon(), "DO 1"), IsOk());
  EXPECT_EQ(pool->stats().created, 2);
  EXPECT_EQ(pool->stats().discarded, 1);
}

// Where one connection was found dead, the others that rested since are asked before they are used.
TEST_F(PoolTest, OneBrokenConnectionMakesTheOthersSuspect) {
  const std::unique_ptr<Pool> pool = MakePool(4);
  {
    std::vector<Pool::Lease> leases;
    for (int i = 0; i < 4; ++i) leases.push_back(*pool->Acquire(Soon()));
    for (Pool::Lease& lease : leases) Kill(*lease);
  }
  EXPECT_THAT(pool->Execute(Soon(), "DO 1"), StatusIs(absl::StatusCode::kUnavailable));
  for (int i = 0; i < 4; ++i) EXPECT_THAT(pool->Execute(Soon(), "DO 1"), IsOk());
}

TEST_F(PoolTest, ADiscardedLeaseIsNotUsedAgain) {
  const std::unique_ptr<Pool> pool = MakePool(1);
  pool->Acquire(Soon())->Discard();
  EXPECT_EQ(pool->stats().idle, 0);
  EXPECT_THAT(pool->Query(Soon(), "SELECT 1"), IsOk());
  EXPECT_EQ(pool->stats().created, 2);
}

TEST_F(PoolTest, CloseTurnsEveryoneAway) {
  const std::unique_ptr<Pool> pool = MakePool(1);
  std::optional<Pool::Lease> held = *pool->Acquire(Soon());
  std::thread waiter([&] {
    EXPECT_THAT(pool->Acquire(Soon()), StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_SHUTTING_DOWN));
  });
  ASSERT_TRUE(tests::WaitUntil([&] { return pool->stats().waiting == 1; }, Soon()));
  pool->Close();
  waiter.join();
  EXPECT_THAT(pool->Query(Soon(), "SELECT 1"), StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_SHUTTING_DOWN));
  EXPECT_THAT((*held)->Query("SELECT 1"), IsOk()) << "who has a connection may finish";
  held.reset();
  EXPECT_EQ(pool->stats().idle, 0);
}

TEST_F(PoolTest, ADatabaseThatIsAwayIsUnavailableAndTakesNoRoom) {
  ConnectionOptions options = database_.options();
  options.socket = "/nowhere/db.sock";
  const std::unique_ptr<Pool> pool = Pool::Create({.connection = options, .max_connections = 2});
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(pool->Query(Soon(), "SELECT 1"),
                StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  }
  EXPECT_EQ(pool->stats().in_use, 0);
}

TEST_F(PoolTest, ManyThreadsShareFewConnections) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (1, 0)"});
  const std::unique_ptr<Pool> pool = MakePool(3);
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 25; ++j) EXPECT_THAT(pool->Execute(Soon(), "UPDATE t SET n = n + ?", {1}), IsOkAndHolds(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((*pool->Query(Soon(), "SELECT n FROM t"))[0].Int(0), 300);
  EXPECT_LE(pool->stats().created, 3);
}

// A server of its own, because it is killed and frozen.
TEST(PoolOfDyingServerTest, ComesBackWithTheServer) {
  const auto server = tests::MariaDb::Start({.durable = true});
  ASSERT_THAT(server, IsOk());
  tests::TestDatabase database(**server);
  database.Run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  const std::unique_ptr<Pool> pool = Pool::Create({.connection = database.options(), .max_connections = 4});
  ASSERT_THAT(pool->Execute(Soon(), "INSERT INTO t VALUES (1)"), IsOk());
  (*server)->Kill();
  EXPECT_THAT(pool->Query(Soon(), "SELECT id FROM t"),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  ASSERT_THAT((*server)->Restart(), IsOk());
  EXPECT_THAT(pool->Query(Soon(), "SELECT id FROM t"), IsOkAndHolds(SizeIs(1)));

  // Idle connections die unnoticed; a transaction that finds out before its COMMIT runs again.
  (*server)->Kill();
  ASSERT_THAT((*server)->Restart(), IsOk());
  int runs = 0;
  EXPECT_THAT(RunInTransaction(*pool, Soon(),
                               [&](Transaction& tx) -> absl::Status {
                                 ++runs;
                                 return tx.Execute("INSERT INTO t VALUES (2)").status();
                               }),
              IsOk());
  EXPECT_EQ(runs, 1);
  EXPECT_THAT(pool->Query(Soon(), "SELECT id FROM t"), IsOkAndHolds(SizeIs(2)));
}

TEST(PoolOfDyingServerTest, ASilentServerHoldsNobodyLongerThanTheReadTimeout) {
  const auto server = tests::MariaDb::Start();
  ASSERT_THAT(server, IsOk());
  ConnectionOptions options = (*server)->Options();
  options.read_timeout = absl::Seconds(1);
  const auto connection = Connection::Open(options, Soon());
  ASSERT_THAT(connection, IsOk());
  (*server)->Freeze();
  EXPECT_THAT((*connection)->Query("SELECT 1"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE((*connection)->broken());
  (*server)->Thaw();
}

}  // namespace
}  // namespace docket::mysql
