#include "common/mysql/group_commit.h"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
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

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using testing::Doubler;
using ::testing::ElementsAre;

using IntCommitter = GroupCommitter<int, int>;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

// Submits from a thread of its own, after those before it are queued.
class Submissions {
 public:
  explicit Submissions(IntCommitter& committer) : committer_(committer) {}
  ~Submissions() { Join(); }
  void Queue(int item, int waiting_then) {
    threads_.emplace_back([this, item] { EXPECT_THAT(committer_.Submit(item, Soon()), IsOkAndHolds(item * 2)); });
    ASSERT_TRUE(tests::WaitUntil([&] { return committer_.stats().waiting == waiting_then; }, Soon()));
  }
  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  IntCommitter& committer_;
  std::vector<std::thread> threads_;
};

TEST(GroupCommitTest, ALoneItemIsABatchOfOne) {
  Doubler doubler;
  IntCommitter committer({}, doubler.Function());
  EXPECT_THAT(committer.Submit(21, Soon()), IsOkAndHolds(42));
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(21)));
}

TEST(GroupCommitTest, WhatWaitsTogetherIsCommittedTogether) {
  Doubler doubler;
  IntCommitter committer({}, doubler.Function());
  doubler.Hold();
  Submissions submissions(committer);
  submissions.Queue(1, 0);
  doubler.AwaitRunning(1);
  for (int i = 2; i <= 6; ++i) submissions.Queue(i, i - 1);
  doubler.Release();
  submissions.Join();
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4, 5, 6)));
  EXPECT_EQ(committer.stats().batches, 2);
  EXPECT_EQ(committer.stats().items, 6);
  EXPECT_EQ(doubler.most_running(), 1);
}

TEST(GroupCommitTest, BatchesAreCutByCountAndByBytes) {
  Doubler doubler;
  IntCommitter committer(
      {.max_items = 3, .max_bytes = 100, .bytes = [](const int& item) { return static_cast<size_t>(item); }},
      doubler.Function());
  doubler.Hold();
  Submissions submissions(committer);
  submissions.Queue(1, 0);
  doubler.AwaitRunning(1);
  const std::vector<int> items = {10, 20, 30, 60, 41, 500, 2};
  for (size_t i = 0; i < items.size(); ++i) submissions.Queue(items[i], static_cast<int>(i) + 1);
  doubler.Release();
  submissions.Join();
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(1), ElementsAre(10, 20, 30), ElementsAre(60), ElementsAre(41),
                                             ElementsAre(500), ElementsAre(2)));
}

TEST(GroupCommitTest, SeveralBatchesMayBeUnderWay) {
  Doubler doubler;
  IntCommitter committer({.max_batches = 2}, doubler.Function());
  doubler.Hold();
  Submissions submissions(committer);
  submissions.Queue(1, 0);
  submissions.Queue(2, 0);
  doubler.AwaitRunning(2);
  submissions.Queue(3, 1);
  submissions.Queue(4, 2);
  doubler.Release();
  submissions.Join();
  EXPECT_EQ(doubler.most_running(), 2);
  EXPECT_EQ(committer.stats().items, 4);
}

TEST(GroupCommitTest, TheQueueIsBounded) {
  Doubler doubler;
  IntCommitter committer({.max_waiting = 2}, doubler.Function());
  doubler.Hold();
  Submissions submissions(committer);
  submissions.Queue(1, 0);
  doubler.AwaitRunning(1);
  submissions.Queue(2, 1);
  submissions.Queue(3, 2);
  const absl::Status refused = committer.Submit(4, Soon()).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  doubler.Release();
}

TEST(GroupCommitTest, SoAreTheBytesThatWait) {
  Doubler doubler;
  IntCommitter committer({.bytes = [](const int& item) { return static_cast<size_t>(item); }, .max_waiting_bytes = 100},
                         doubler.Function());
  doubler.Hold();
  Submissions submissions(committer);
  submissions.Queue(90, 0);
  doubler.AwaitRunning(1);
  submissions.Queue(60, 1);
  EXPECT_THAT(committer.Submit(41, Soon()), StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  submissions.Queue(40, 2);
  doubler.Release();
  submissions.Join();
  EXPECT_THAT(committer.Submit(100, Soon()), IsOkAndHolds(200));
}

TEST(GroupCommitTest, AnItemWhoseTimeIsUpIsWithdrawn) {
  Doubler doubler;
  IntCommitter committer({}, doubler.Function());
  doubler.Hold();
  Submissions submissions(committer);
  submissions.Queue(1, 0);
  doubler.AwaitRunning(1);
  EXPECT_THAT(committer.Submit(2, absl::Now() + absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED));
  EXPECT_EQ(committer.stats().waiting, 0);
  submissions.Queue(3, 1);
  doubler.Release();
  submissions.Join();
  EXPECT_THAT(doubler.batches(), ElementsAre(ElementsAre(1), ElementsAre(3)));
}

TEST(GroupCommitTest, ABatchesDeadlineIsTheLatestOfItsItems) {
  absl::Time seen;
  IntCommitter committer({.max_commit_time = absl::Seconds(100)},
                         [&](const std::vector<int*>&, absl::Time deadline, std::vector<absl::StatusOr<int>>& results) {
                           seen = deadline;
                           results[0] = 1;
                           return absl::OkStatus();
                         });
  const absl::Time deadline = Soon();
  EXPECT_THAT(committer.Submit(1, deadline), IsOk());
  EXPECT_EQ(seen, deadline);
  EXPECT_THAT(committer.Submit(1, absl::InfiniteFuture()), IsOk());
  EXPECT_LE(seen, absl::Now() + absl::Seconds(100));
}

TEST(GroupCommitTest, AFunctionThatForgetsAResultIsADefect) {
  IntCommitter forgets({}, [](const auto&, absl::Time, auto&) { return absl::OkStatus(); });
  EXPECT_THAT(forgets.Submit(1, Soon()), StatusIs(absl::StatusCode::kInternal));
  IntCommitter loses({}, [](const auto&, absl::Time, auto& results) {
    results.clear();
    return absl::OkStatus();
  });
  EXPECT_THAT(loses.Submit(1, Soon()), StatusIs(absl::StatusCode::kInternal));
}

TEST(GroupCommitTest, WhenTheDatabaseIsToBlameNobodyIsRunAlone) {
  std::atomic<int> calls = 0;
  absl::Notification go;
  IntCommitter committer({}, [&](const auto&, absl::Time, auto&) {
    if (++calls == 1) go.WaitForNotification();
    return absl::UnavailableError("away");
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_THAT(committer.Submit(1, Soon()), StatusIs(absl::StatusCode::kUnavailable)); });
  }
  ASSERT_TRUE(tests::WaitUntil([&] { return committer.stats().waiting == 3 && calls == 1; }, Soon()));
  go.Notify();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(committer.stats().singles, 0);
}

// On a real table, from many threads, with an item that no table takes among them.
TEST(GroupCommitDatabaseTest, OneBadItemFailsAlone) {
  tests::TestDatabase database;
  database.Run({"CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(10) NOT NULL)"});
  const std::unique_ptr<Pool> pool = Pool::Create({.connection = database.options(), .max_connections = 2});
  struct Item {
    int id;
    std::string name;
  };
  const MultiInsert insert("t", {"id", "name"});
  GroupCommitter<Item, int> committer({.max_batches = 2}, [&](const std::vector<Item*>& batch, absl::Time deadline,
                                                              std::vector<absl::StatusOr<int>>& results) {
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
  constexpr int kThreads = 16;
  constexpr int kItems = 40;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kItems; ++i) {
        const int id = t * kItems + i;
        const bool bad = id % 50 == 49;
        const absl::StatusOr<int> result = committer.Submit({id, bad ? "far too long for it" : "ok"}, Soon());
        if (bad) {
          EXPECT_THAT(result, StatusIs(absl::StatusCode::kInternal));
          ++failed;
        } else {
          EXPECT_THAT(result, IsOkAndHolds(id));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, kThreads * kItems / 50);
  EXPECT_EQ((*pool->Query(Soon(), "SELECT COUNT(*) FROM t"))[0].Int(0), kThreads * kItems - failed);
  EXPECT_LT(committer.stats().batches, kThreads * kItems) << "nothing was ever grouped";
}

}  // namespace
}  // namespace docket::mysql
