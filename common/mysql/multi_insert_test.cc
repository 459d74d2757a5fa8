#include "common/mysql/multi_insert.h"

#include <memory>

#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::mysql {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

TEST(MultiInsertTest, WritesTheStatement) {
  const MultiInsert insert("entry", {"id", "name"}, "ON DUPLICATE KEY UPDATE id = id");
  EXPECT_EQ(insert.statement(0), "INSERT INTO entry (id,name) VALUES (?,?) ON DUPLICATE KEY UPDATE id = id");
  EXPECT_EQ(insert.statement(3),
            "INSERT INTO entry (id,name) VALUES (?,?),(?,?),(?,?),(?,?) ON DUPLICATE KEY UPDATE id = id");
}

class MultiInsertDatabaseTest : public ::testing::Test {
 protected:
  MultiInsertDatabaseTest() { database_.Run({"CREATE TABLE entry (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL)"}); }

  absl::StatusOr<int64_t> Insert(const MultiInsert& insert, const Params& values) {
    return RunInTransaction(*pool_, Soon(), [&](Transaction& tx) { return insert.Run(tx, values); });
  }
  Params Rows(int first, int count) {
    Params values;
    for (int i = first; i < first + count; ++i) {
      values.push_back(i);
      values.push_back(absl::StrCat("entry ", i));
    }
    return values;
  }
  int64_t Count() {
    return (*pool_->Query(Soon(), "SELECT COUNT(*) FROM entry WHERE name = CONCAT('entry ', id)"))[0].Int(0);
  }

  tests::TestDatabase database_;
  const std::unique_ptr<Pool> pool_ = Pool::Create({.connection = database_.options(), .max_connections = 1});
  const MultiInsert insert_{"entry", {"id", "name"}};
};

TEST_F(MultiInsertDatabaseTest, InsertsEveryCountWithFewStatements) {
  int next = 0;
  for (const int count : {0, 1, 2, 3, 7, 255, 256, 257, 700, 1023}) {
    EXPECT_THAT(Insert(insert_, Rows(next, count)), IsOkAndHolds(count));
    next += count;
  }
  EXPECT_EQ(Count(), next);
  EXPECT_LE((*pool_->Acquire(Soon()))->cached_statements(), 12u) << "eleven inserts and the count";
}

TEST_F(MultiInsertDatabaseTest, OneBadRowLeavesNone) {
  ASSERT_THAT(Insert(insert_, Rows(300, 1)), IsOk());
  EXPECT_TRUE(IsDuplicateKey(Insert(insert_, Rows(0, 400)).status(), "PRIMARY"));
  EXPECT_EQ(Count(), 1);
}

TEST_F(MultiInsertDatabaseTest, ASuffixMaySkipWhatIsThere) {
  const MultiInsert skip("entry", {"id", "name"}, "ON DUPLICATE KEY UPDATE id = entry.id");
  ASSERT_THAT(Insert(skip, Rows(0, 10)), IsOk());
  EXPECT_THAT(Insert(skip, Rows(5, 10)), IsOk());
  EXPECT_EQ(Count(), 15);
}

TEST_F(MultiInsertDatabaseTest, HalfARowIsADefect) {
  EXPECT_THAT(Insert(insert_, {1, "a", 2}), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace docket::mysql
