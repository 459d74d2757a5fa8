#include "common/mysql/transaction.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::mysql {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::HasSubstr;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() {
    database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL)", "INSERT INTO t VALUES (1, 10), (2, 20)"});
  }
  int64_t N(int id) {
    const auto rows = pool_->Query(Soon(), "SELECT n FROM t WHERE id = ?", {id});
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }

  tests::TestDatabase database_;
  const std::unique_ptr<Pool> pool_ = Pool::Create({.connection = database_.options(), .max_connections = 8});
};

TEST_F(TransactionTest, CommitsAllOrNothing) {
  EXPECT_THAT(
      RunInTransaction(*pool_, Soon(),
                       [&](Transaction& tx) -> absl::Status {
                         DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = n - 5 WHERE id = ?", {2}).status());
                         EXPECT_EQ(N(2), 20) << "seen before its commit";
                         return tx.Execute("UPDATE t SET n = n + 5 WHERE id = ?", {1}).status();
                       }),
      IsOk());
  EXPECT_EQ(N(1), 15);
  EXPECT_EQ(N(2), 15);
  const absl::Status own = Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "no");
  EXPECT_EQ(RunInTransaction(*pool_, Soon(),
                             [&](Transaction& tx) -> absl::Status {
                               DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = 0").status());
                               return own;
                             }),
            own);
  EXPECT_EQ(N(1), 15);
  EXPECT_EQ(pool_->stats().in_use, 0);
}

TEST_F(TransactionTest, MayReturnAValue) {
  const absl::StatusOr<std::string> text =
      RunInTransaction(*pool_, Soon(), [&](Transaction& tx) -> absl::StatusOr<std::string> {
        DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query("SELECT n FROM t WHERE id = ?", {1}));
        return absl::StrCat("n=", rows[0].Int(0));
      });
  EXPECT_THAT(text, IsOkAndHolds("n=10"));
  const absl::StatusOr<std::string> failed =
      RunInTransaction(*pool_, Soon(), [&](Transaction&) -> absl::StatusOr<std::string> { return NotFoundError("x"); });
  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(TransactionTest, ExpectingOneRowChecksTheCount) {
  const absl::Status stale = Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "stale");
  const auto update = [&](absl::string_view where) {
    return RunInTransaction(*pool_, Soon(), [&](Transaction& tx) {
      return tx.ExecuteExpectingOne(absl::StrCat("UPDATE t SET n = 99 WHERE ", where), {}, stale);
    });
  };
  EXPECT_THAT(update("id = 1"), IsOk());
  EXPECT_EQ(update("id = 1 AND n = 98"), stale);
  EXPECT_THAT(update("id > 0"), StatusIs(absl::StatusCode::kInternal, HasSubstr("found 2")));
  EXPECT_EQ(N(2), 20);
}

TEST_F(TransactionTest, GoesOnAfterADuplicateKey) {
  EXPECT_THAT(RunInTransaction(*pool_, Soon(),
                               [&](Transaction& tx) -> absl::Status {
                                 DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = 11 WHERE id = 1").status());
                                 const auto inserted = tx.Execute("INSERT INTO t VALUES (1, 1)");
                                 EXPECT_TRUE(IsDuplicateKey(inserted.status(), "PRIMARY"));
                                 return tx.Execute("INSERT INTO t VALUES (3, 30)").status();
                               }),
              IsOk());
  EXPECT_EQ(N(1), 11);
  EXPECT_EQ(N(3), 30);
}

TEST_F(TransactionTest, ADeadlockIsRunAgainUntilBothAreThrough) {
  absl::Notification first_has_locked, second_has_locked;
  std::atomic<int> runs = 0;
  const auto transfer = [&](int from, int to, absl::Notification& mine, absl::Notification& other) {
    return RunInTransaction(*pool_, Soon(), [&](Transaction& tx) -> absl::Status {
      ++runs;
      DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = n - 1 WHERE id = ?", {from}).status());
      if (!mine.HasBeenNotified()) mine.Notify();
      other.WaitForNotification();
      return tx.Execute("UPDATE t SET n = n + 1 WHERE id = ?", {to}).status();
    });
  };
  std::thread opposite([&] { EXPECT_THAT(transfer(2, 1, second_has_locked, first_has_locked), IsOk()); });
  EXPECT_THAT(transfer(1, 2, first_has_locked, second_has_locked), IsOk());
  opposite.join();
  EXPECT_GE(runs, 3) << "there was no deadlock";
  EXPECT_EQ(N(1), 10);
  EXPECT_EQ(N(2), 20);
}

TEST_F(TransactionTest, ALockWaitTimeoutIsRunAgain) {
  std::unique_ptr<Connection> holder = database_.Connect();
  ASSERT_THAT(holder->ExecuteUnprepared("START TRANSACTION"), IsOk());
  ASSERT_THAT(holder->Execute("UPDATE t SET n = 50 WHERE id = 1"), IsOk());
  int runs = 0;
  EXPECT_THAT(RunInTransaction(*pool_, Soon(),
                               [&](Transaction& tx) -> absl::Status {
                                 ++runs;
                                 if (runs == 3) {
                                   EXPECT_THAT(holder->ExecuteUnprepared("COMMIT"), IsOk());
                                 }
                                 DOCKET_RETURN_IF_ERROR(tx.Execute("SET innodb_lock_wait_timeout = 0").status());
                                 DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = n + 1 WHERE id = 2").status());
                                 return tx.Execute("UPDATE t SET n = n + 1 WHERE id = 1").status();
                               }),
              IsOk());
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(N(1), 51);
  EXPECT_EQ(N(2), 21) << "a timed out run was not rolled back";
}

TEST_F(TransactionTest, GivesUpAfterTheLastAttempt) {
  std::unique_ptr<Connection> holder = database_.Connect();
  ASSERT_THAT(holder->ExecuteUnprepared("START TRANSACTION"), IsOk());
  ASSERT_THAT(holder->Execute("UPDATE t SET n = 50 WHERE id = 1"), IsOk());
  int runs = 0;
  const auto blocked = [&](Transaction& tx) -> absl::Status {
    ++runs;
    DOCKET_RETURN_IF_ERROR(tx.Execute("SET innodb_lock_wait_timeout = 0").status());
    return tx.Execute("UPDATE t SET n = 0 WHERE id = 1").status();
  };
  EXPECT_THAT(RunInTransaction(*pool_, Soon(), blocked, {.max_attempts = 4}),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_EQ(runs, 4);
  runs = 0;
  EXPECT_THAT(RunInTransaction(*pool_, absl::Now() + absl::Seconds(5), blocked,
                               {.first_backoff = absl::Hours(1), .max_backoff = absl::Hours(1)}),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_EQ(runs, 1) << "no wait goes beyond the deadline";
}

// The server has rolled back already; what follows would be written outside any transaction.
TEST_F(TransactionTest, AnErrorThatEndedTheTransactionCannotBeSwallowed) {
  std::unique_ptr<Connection> holder = database_.Connect();
  ASSERT_THAT(holder->ExecuteUnprepared("START TRANSACTION"), IsOk());
  ASSERT_THAT(holder->Execute("UPDATE t SET n = 50 WHERE id = 1"), IsOk());
  const absl::Status status =
      RunInTransaction(*pool_, Soon(),
                       [&](Transaction& tx) -> absl::Status {
                         (void)tx.Execute("SET innodb_lock_wait_timeout = 0");
                         (void)tx.Execute("UPDATE t SET n = 0 WHERE id = 1");
                         EXPECT_THAT(tx.Execute("INSERT INTO t VALUES (7, 7)"), StatusIs(absl::StatusCode::kAborted));
                         EXPECT_THAT(tx.Query("SELECT 1"), StatusIs(absl::StatusCode::kAborted));
                         EXPECT_THAT(tx.ended_by(), StatusIs(absl::StatusCode::kAborted));
                         return absl::OkStatus();
                       },
                       {.max_attempts = 2});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_EQ(N(7), -1);
}

TEST_F(TransactionTest, ADefectEndsTheTransaction) {
  const absl::Status status = RunInTransaction(*pool_, Soon(), [&](Transaction& tx) -> absl::Status {
    (void)tx.Execute("INSERT INTO t VALUES (7, 7)");
    (void)tx.Execute("INSERT INTO t VALUES (8, NULL)");
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, HasSubstr("1048")));
  EXPECT_EQ(N(7), -1);
}

TEST_F(TransactionTest, AConnectionLostBeforeCommitIsRunAgain) {
  int runs = 0;
  EXPECT_THAT(RunInTransaction(*pool_, Soon(),
                               [&](Transaction& tx) -> absl::Status {
                                 DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = n + 1 WHERE id = 1").status());
                                 DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                                                         tx.Query("SELECT CONNECTION_ID()"));
                                 if (++runs == 1) database_.Run({absl::StrCat("KILL ", rows[0].Int(0))});
                                 return tx.Execute("UPDATE t SET n = n + 1 WHERE id = 2").status();
                               }),
              IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(N(1), 11);
  EXPECT_EQ(N(2), 21);
}

TEST_F(TransactionTest, ACommitThatIsLostIsMarkedAndNotRepeated) {
  int runs = 0;
  const absl::Status status = RunInTransaction(*pool_, Soon(), [&](Transaction& tx) -> absl::Status {
    ++runs;
    DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = n + 1 WHERE id = 1").status());
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query("SELECT CONNECTION_ID()"));
    database_.Run({absl::StrCat("KILL ", rows[0].Int(0))});
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  EXPECT_TRUE(IsCommitLost(status));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(pool_->stats().discarded, 1);
  EXPECT_EQ(N(1), 10);
}

TEST_F(TransactionTest, NothingIsCommittedAfterTheDeadline) {
  const absl::Time deadline = absl::Now() + absl::Milliseconds(60);
  const absl::Status status = RunInTransaction(*pool_, deadline, [&](Transaction& tx) -> absl::Status {
    DOCKET_RETURN_IF_ERROR(tx.Execute("UPDATE t SET n = 0 WHERE id = 1").status());
    tests::WaitUntil([] { return false; }, deadline);
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED));
  EXPECT_FALSE(IsCommitLost(status));
  EXPECT_EQ(N(1), 10);
  EXPECT_EQ(pool_->stats().discarded, 0);
}

}  // namespace
}  // namespace docket::mysql
