#include "common/migration/migrator.h"

#include <signal.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/migration/sample/schema.h"
#include "common/mysql/connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::migration {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

const std::vector<Migration>& Steps() {
  static const std::vector<Migration>* const steps = new std::vector<Migration>{
      {1, "first",
       "CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY); INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE id = id;"},
      {2, "second",
       "CREATE TABLE IF NOT EXISTS b (id INT PRIMARY KEY); INSERT INTO b VALUES (1) ON DUPLICATE KEY UPDATE id = id;"},
      {3, "third", "INSERT INTO b VALUES (2) ON DUPLICATE KEY UPDATE id = id;"}};
  return *steps;
}

std::vector<Migration> FirstSteps(size_t count) { return {Steps().begin(), Steps().begin() + static_cast<int>(count)}; }

class MigratorTest : public ::testing::Test {
 protected:
  MigratorOptions Options(std::string owner = "test") {
    return {.connection = database_.options(), .track = "service", .owner = std::move(owner)};
  }
  absl::StatusOr<MigrationReport> Migrate(const std::vector<Migration>& steps) {
    return Migrator(Options(), steps).Run(Soon());
  }
  int64_t Int(const std::string& sql) {
    const auto rows = database_.Connect()->Query(sql);
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }

  tests::TestDatabase database_;
};

TEST_F(MigratorTest, AppliesInOrderAndOnlyOnce) {
  const auto first = Migrate(FirstSteps(2));
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(first->applied, ElementsAre(1, 2));
  EXPECT_EQ(first->version, 2);
  const auto again = Migrate(FirstSteps(2));
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(again->applied, IsEmpty());
  EXPECT_EQ(again->version, 2);
  const auto next = Migrate(Steps());
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(next->applied, ElementsAre(3));
  EXPECT_EQ(Int("SELECT COUNT(*) FROM b"), 2);
  EXPECT_EQ(
      Int("SELECT COUNT(*) FROM schema_version WHERE track = 'service' AND LENGTH(sha256) = 64 AND applied_us > 0"), 3);
}

TEST_F(MigratorTest, AnEmbeddedSchemaRuns) {
  ASSERT_THAT(Migrate(sample::Schema()), IsOk());
  const auto rows = database_.Connect()->Query("SELECT label FROM sample_kind ORDER BY kind");
  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].Text(0), "新增;功能");
  EXPECT_EQ((*rows)[1].Text(0), "back\\slash");
}

TEST_F(MigratorTest, TracksAreNumberedApart) {
  ASSERT_THAT(Migrate(FirstSteps(1)), IsOk());
  MigratorOptions other = Options();
  other.track = "events";
  const auto report = Migrator(other, {{1, "other", "CREATE TABLE IF NOT EXISTS c (id INT PRIMARY KEY);"}}).Run(Soon());
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->applied, ElementsAre(1));
  EXPECT_EQ(Int("SELECT COUNT(*) FROM schema_version"), 2);
}

TEST_F(MigratorTest, AChangedFileIsRefusedBeforeAnythingRuns) {
  ASSERT_THAT(Migrate(FirstSteps(2)), IsOk());
  std::vector<Migration> changed = Steps();
  changed[0].sql += "-- harmless?";
  EXPECT_THAT(Migrate(changed),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("service/1 first has changed")));
  EXPECT_THAT(Migrator(Options(), changed).Check(Soon()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has changed")));
  EXPECT_EQ(Int("SELECT MAX(version) FROM schema_version"), 2);
}

TEST_F(MigratorTest, ADatabaseAheadIsLeftAlone) {
  ASSERT_THAT(Migrate(Steps()), IsOk());
  const auto older = Migrate(FirstSteps(1));
  ASSERT_THAT(older, IsOk());
  EXPECT_EQ(older->version, 3);
  EXPECT_THAT(Migrator(Options(), FirstSteps(1)).Check(Soon()), IsOk());
}

TEST_F(MigratorTest, CheckSaysWhatIsMissing) {
  Migrator migrator(Options(), Steps());
  EXPECT_THAT(migrator.Check(Soon()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("service/1 first is not applied")));
  ASSERT_THAT(Migrate(FirstSteps(2)), IsOk());
  EXPECT_THAT(migrator.Check(Soon()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("service/3 third is not applied")));
  ASSERT_THAT(Migrate(Steps()), IsOk());
  EXPECT_THAT(migrator.Check(Soon()), IsOk());
}

TEST_F(MigratorTest, RefusesWhatIsOutOfForm) {
  EXPECT_THAT(Migrate({Steps()[0], Steps()[2]}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("stands in place 2")));
  EXPECT_THAT(Migrate({{1, "open", "CREATE TABLE a (id INT)"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("service/1 open")));
  EXPECT_EQ(Int("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"), 0);
}

TEST_F(MigratorTest, AFailedStatementNamesItsPlaceAndIsRunAgainNextTime) {
  std::vector<Migration> steps = Steps();
  steps[1].sql = "CREATE TABLE IF NOT EXISTS b (id INT PRIMARY KEY); INSERT INTO nothing VALUES (1);";
  EXPECT_THAT(Migrate(steps),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("service/2 second, statement 2: database error 1146")));
  EXPECT_EQ(Int("SELECT MAX(version) FROM schema_version"), 1);
  EXPECT_THAT(Migrate(Steps()), IsOk()) << "the lock was not given back, or the file cannot run twice";
  EXPECT_EQ(Int("SELECT COUNT(*) FROM b"), 2);
}

TEST_F(MigratorTest, ManyAtOnceApplyEverythingOnce) {
  std::atomic<int> statements = 0;
  std::atomic<int> applied = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      MigratorOptions options = Options(absl::StrCat("replica-", i));
      options.poll_interval = absl::Milliseconds(5);
      options.before_statement = [&](int64_t, size_t) {
        ++statements;
        return absl::OkStatus();
      };
      const auto report = Migrator(options, Steps()).Run(Soon());
      EXPECT_THAT(report, IsOk());
      if (report.ok()) {
        EXPECT_EQ(report->version, 3);
        applied += static_cast<int>(report->applied.size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(applied, 3);
  EXPECT_EQ(statements, 5);
}

TEST_F(MigratorTest, WaitsForTheOtherOnlyUntilTheDeadline) {
  absl::Notification working, go_on;
  std::thread slow([&] {
    MigratorOptions options = Options("slow one");
    options.before_statement = [&](int64_t, size_t) {
      if (!working.HasBeenNotified()) working.Notify();
      go_on.WaitForNotification();
      return absl::OkStatus();
    };
    EXPECT_THAT(Migrator(options, Steps()).Run(Soon()), IsOk());
  });
  working.WaitForNotification();
  EXPECT_THAT(Migrator(Options(), Steps()).Run(absl::Now() + absl::Milliseconds(50)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("slow one")));
  go_on.Notify();
  slow.join();
}

// A process killed between two statements of a file: its lock stays until the lease has run out, then the file is run
// again.
TEST_F(MigratorTest, AKilledMigratorIsSucceeded) {
  MigratorOptions dying = Options("dying");
  dying.lease = absl::Seconds(1);
  dying.before_statement = [](int64_t version, size_t statement) {
    if (version == 2 && statement == 1) raise(SIGKILL);
    return absl::OkStatus();
  };
  EXPECT_EXIT((void)Migrator(dying, Steps()).Run(Soon()), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(Int("SELECT MAX(version) FROM schema_version"), 1);
  EXPECT_EQ(Int("SELECT COUNT(*) FROM b"), 0) << "the first statement of the second file was not done";
  EXPECT_EQ(Int("SELECT expires_us > 0 FROM schema_lock"), 1) << "the dead one's lock is gone";
  const auto report = Migrate(Steps());
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->applied, ElementsAre(2, 3));
  EXPECT_EQ(Int("SELECT COUNT(*) FROM b"), 2);
}

TEST_F(MigratorTest, OneThatWasTakenForDeadStops) {
  MigratorOptions late = Options("late");
  late.before_statement = [&](int64_t version, size_t statement) {
    if (version == 1 && statement == 1) {
      // Its lease ends, as it would had it stood still, and another does its work.
      database_.Run({"UPDATE schema_lock SET expires_us = 1"});
      EXPECT_THAT(Migrate(Steps()), IsOk());
    }
    return absl::OkStatus();
  };
  EXPECT_THAT(Migrator(late, Steps()).Run(Soon()),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("another migrator has taken over")));
  EXPECT_EQ(Int("SELECT COUNT(*) FROM schema_version"), 3);
}

TEST_F(MigratorTest, AnUnreachableDatabaseIsAnError) {
  MigratorOptions options = Options();
  options.connection.socket = "/nowhere/db.sock";
  EXPECT_THAT(Migrator(options, Steps()).Run(Soon()), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace docket::migration
