#include "common/mysql/commit_queue.h"

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/testing/doubler.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::mysql {
namespace {

using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using testing::Doubler;
using ::testing::Each;
using ::testing::ElementsAre;

using IntQueue = CommitQueue<int, int>;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

// What became of items, by their places.
class Outcomes {
 public:
  IntQueue::Done Next() {
    absl::MutexLock lock(&mutex_);
    const size_t place = outcomes_.size();
    outcomes_.emplace_back();
    return [this, place](absl::StatusOr<int> result) {
      absl::MutexLock told_lock(&mutex_);
      EXPECT_FALSE(outcomes_[place].has_value()) << "told twice";
      outcomes_[place] = std::move(result);
      ++told_;
    };
  }
  std::vector<absl::StatusOr<int>> Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&] { return told_ == count; };
    mutex_.Await(absl::Condition(&reached));
    std::vector<absl::StatusOr<int>> all;
    for (const auto& outcome : outcomes_) all.push_back(outcome.value_or(absl::UnknownError("not told")));
    return all;
  }

 private:
  absl::Mutex mutex_;
  size_t told_ = 0;
  std::vector<std::optional<absl::StatusOr<int>>> outcomes_;
};

TEST(CommitQueueTest, WhatWaitsTogetherIsCommittedTogether) {
  Doubler doubler;
  doubler.Hold();
  Outcomes outcomes;
  IntQueue queue({}, doubler.Function());
  queue.Submit(1, Soon(), outcomes.Next());
  doubler.AwaitRunning(1);
  for (int i = 2; i <= 6; ++i) queue.Submit(i, Soon(), outcomes.Next());
  EXPECT_EQ(queue.stats().waiting, 5);
  doubler.Release();
  const std::vector<absl::StatusOr<int>> all = outcomes.Await(6);
  for (int i = 0; i < 6; ++i) EXPECT_THAT(all[static_cast<size_t>(i)], IsOkAndHolds(2 * (i + 1)));
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4, 5, 6)));
  EXPECT_EQ(queue.stats().batches, 2);
  EXPECT_EQ(queue.stats().items, 6);
}

TEST(CommitQueueTest, BatchesAreCutByCountAndByBytes) {
  Doubler doubler;
  doubler.Hold();
  Outcomes outcomes;
  IntQueue queue({.max_items = 3, .max_bytes = 100, .bytes = [](const int& item) { return static_cast<size_t>(item); }},
                 doubler.Function());
  queue.Submit(1, Soon(), outcomes.Next());
  doubler.AwaitRunning(1);
  for (const int item : {10, 20, 30, 60, 41, 500, 2}) queue.Submit(item, Soon(), outcomes.Next());
  doubler.Release();
  outcomes.Await(8);
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(1), ElementsAre(10, 20, 30), ElementsAre(60), ElementsAre(41),
                                             ElementsAre(500), ElementsAre(2)));
}

TEST(CommitQueueTest, SeveralBatchesMayBeUnderWay) {
  Doubler doubler;
  doubler.Hold();
  Outcomes outcomes;
  IntQueue queue({.max_batches = 2}, doubler.Function());
  queue.Submit(1, Soon(), outcomes.Next());
  doubler.AwaitRunning(1);
  queue.Submit(2, Soon(), outcomes.Next());
  doubler.AwaitRunning(2);
  queue.Submit(3, Soon(), outcomes.Next());
  EXPECT_EQ(queue.stats().waiting, 1);
  doubler.Release();
  outcomes.Await(3);
  EXPECT_EQ(queue.stats().batches, 3);
}

// Who is told of one batch does not hold up the next.
TEST(CommitQueueTest, TheNextBatchBeginsWhileTheLastOnesCallersAreTold) {
  absl::Notification second;
  absl::Notification told;
  IntQueue queue({}, [&](const std::vector<int*>& batch, absl::Time, std::vector<absl::StatusOr<int>>& results) {
    if (*batch[0] == 2) second.Notify();
    results[0] = 0;
    return absl::OkStatus();
  });
  queue.Submit(1, Soon(), [&](const absl::StatusOr<int>&) {
    queue.Submit(2, Soon(), [](const absl::StatusOr<int>&) {});
    second.WaitForNotification();
    told.Notify();
  });
  told.WaitForNotification();
}

TEST(CommitQueueTest, TheQueueIsBounded) {
  Doubler doubler;
  doubler.Hold();
  Outcomes outcomes;
  IntQueue queue({.max_waiting = 2}, doubler.Function());
  queue.Submit(1, Soon(), outcomes.Next());
  doubler.AwaitRunning(1);
  for (int i = 2; i <= 4; ++i) queue.Submit(i, Soon(), outcomes.Next());
  const absl::Status refused = outcomes.Await(1)[3].status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  doubler.Release();
  EXPECT_THAT(outcomes.Await(4)[2], IsOkAndHolds(6));
}

TEST(CommitQueueTest, SoAreTheBytesThatWait) {
  Doubler doubler;
  doubler.Hold();
  Outcomes outcomes;
  IntQueue queue({.bytes = [](const int& item) { return static_cast<size_t>(item); }, .max_waiting_bytes = 100},
                 doubler.Function());
  queue.Submit(90, Soon(), outcomes.Next());
  doubler.AwaitRunning(1);
  for (const int item : {60, 41, 40}) queue.Submit(item, Soon(), outcomes.Next());
  EXPECT_THAT(outcomes.Await(1)[2], StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  doubler.Release();
  EXPECT_THAT(outcomes.Await(4)[3], IsOkAndHolds(80));
  // What went on its way counts no more.
  queue.Submit(100, Soon(), outcomes.Next());
  EXPECT_THAT(outcomes.Await(5)[4], IsOkAndHolds(200));
}

TEST(CommitQueueTest, AnExceptionIsAnErrorOfItsItem) {
  Outcomes outcomes;
  IntQueue queue({}, [](const std::vector<int*>& batch, absl::Time, std::vector<absl::StatusOr<int>>& results) {
    for (size_t i = 0; i < batch.size(); ++i) {
      if (*batch[i] == 2) throw std::runtime_error("two");
      results[i] = *batch[i];
    }
    return absl::OkStatus();
  });
  for (int i = 1; i <= 3; ++i) queue.Submit(i, Soon(), outcomes.Next());
  const std::vector<absl::StatusOr<int>> all = outcomes.Await(3);
  EXPECT_THAT(all[0], IsOkAndHolds(1));
  EXPECT_THAT(all[1], StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(all[2], IsOkAndHolds(3));
}

TEST(CommitQueueTest, AnItemWhoseTimeIsUpIsNotWritten) {
  Doubler doubler;
  doubler.Hold();
  Outcomes outcomes;
  IntQueue queue({}, doubler.Function());
  queue.Submit(1, Soon(), outcomes.Next());
  doubler.AwaitRunning(1);
  queue.Submit(2, absl::Now() - absl::Seconds(1), outcomes.Next());
  queue.Submit(3, Soon(), outcomes.Next());
  doubler.Release();
  EXPECT_THAT(outcomes.Await(3)[1], StatusIs(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED));
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(1), ElementsAre(3)));
  // Nothing is committed for such ones alone.
  queue.Submit(4, absl::Now() - absl::Seconds(1), outcomes.Next());
  outcomes.Await(4);
  EXPECT_EQ(queue.stats().batches, 2);
}

TEST(CommitQueueTest, WhenTheDatabaseIsToBlameNobodyIsRunAlone) {
  std::atomic<int> calls = 0;
  absl::Notification go;
  Outcomes outcomes;
  IntQueue queue({}, [&](const auto&, absl::Time, auto&) {
    if (++calls == 1) go.WaitForNotification();
    return absl::UnavailableError("away");
  });
  for (int i = 0; i < 4; ++i) queue.Submit(i, Soon(), outcomes.Next());
  go.Notify();
  EXPECT_THAT(outcomes.Await(4), Each(StatusIs(absl::StatusCode::kUnavailable)));
  EXPECT_EQ(queue.stats().singles, 0);
}

TEST(CommitQueueTest, ItEndsWhenEverybodyWasTold) {
  std::atomic<int> told = 0;
  {
    IntQueue queue({.max_items = 1}, [](const auto&, absl::Time, auto& results) {
      results[0] = 1;
      return absl::OkStatus();
    });
    for (int i = 0; i < 100; ++i) queue.Submit(i, Soon(), [&](const absl::StatusOr<int>&) { ++told; });
  }
  EXPECT_EQ(told, 100);
}

// On a real table, from many threads, with items that no table takes among them.
TEST(CommitQueueDatabaseTest, OneBadItemFailsAlone) {
  tests::TestDatabase database;
  database.Run({"CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(10) NOT NULL)"});
  const std::unique_ptr<Pool> pool = Pool::Create({.connection = database.options(), .max_connections = 2});
  struct Item {
    int id;
    std::string name;
  };
  const MultiInsert insert("t", {"id", "name"});
  constexpr int kThreads = 4;
  constexpr int kItems = 160;
  std::atomic<int> failed = 0;
  std::atomic<int> written = 0;
  {
    CommitQueue<Item, int> queue(
        {}, [&](const std::vector<Item*>& batch, absl::Time deadline, std::vector<absl::StatusOr<int>>& results) {
          return RunInTransaction(*pool, deadline, [&](Transaction& tx) -> absl::Status {
            Params values;
            for (size_t i = 0; i < batch.size(); ++i) {
              values.push_back(batch[i]->id);
              values.push_back(batch[i]->name);
              results[i] = batch[i]->id;
            }
            return insert.Run(tx, values).status();
          });
        });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kItems; ++i) {
          const int id = t * kItems + i;
          const bool bad = id % 50 == 49;
          queue.Submit({id, bad ? "far too long for it" : "ok"}, Soon(), [&, id, bad](absl::StatusOr<int> result) {
            if (bad) {
              EXPECT_THAT(result, StatusIs(absl::StatusCode::kInternal));
              ++failed;
            } else {
              EXPECT_THAT(result, IsOkAndHolds(id));
              ++written;
            }
          });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(failed, kThreads * kItems / 50);
  EXPECT_EQ(written, kThreads * kItems - failed);
  EXPECT_EQ((*pool->Query(Soon(), "SELECT COUNT(*) FROM t"))[0].Int(0), written);
}

}  // namespace
}  // namespace docket::mysql
