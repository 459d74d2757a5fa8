#include "common/mysql/connection.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
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
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string AllBytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  return bytes;
}

class ConnectionTest : public ::testing::Test {
 protected:
  // The single column of the single row.
  Row One(absl::string_view sql, absl::Span<const Value> params = {}) {
    const absl::StatusOr<std::vector<Row>> rows = connection_->Query(sql, params);
    EXPECT_THAT(rows, IsOkAndHolds(SizeIs(1)));
    if (rows.ok() && rows->size() == 1) return rows->front();
    const auto null = std::make_shared<Result>();
    null->Add(std::monostate());
    return Row(null, 0, 1);
  }
  std::string Text(absl::string_view sql, absl::Span<const Value> params = {}) { return One(sql, params).Text(0); }
  int64_t Int(absl::string_view sql, absl::Span<const Value> params = {}) { return One(sql, params).Int(0); }

  tests::TestDatabase database_;
  std::unique_ptr<Connection> connection_ = database_.Connect();
};

TEST_F(ConnectionTest, BytesComeBackAsTheyWent) {
  database_.Run({"CREATE TABLE t (id BINARY(16) PRIMARY KEY, vb VARBINARY(300), b LONGBLOB)"});
  const std::string id("\x01\x9a\x00\xff\x27\x5c\x22\x00\x00\x25\x5f\xc3\x28\xf0\x9f\x00", 16);
  const std::string bytes = AllBytes();
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (?, ?, ?)", {id, bytes, bytes + bytes}), IsOkAndHolds(1));
  const absl::StatusOr<std::vector<Row>> rows =
      connection_->Query("SELECT id, vb, b FROM t WHERE id = ? AND vb = ?", {id, bytes});
  ASSERT_THAT(rows, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*rows)[0].Text(0), id);
  EXPECT_EQ((*rows)[0].Text(1), bytes);
  EXPECT_EQ((*rows)[0].Text(2), bytes + bytes);
  EXPECT_EQ(Text("SELECT HEX(id) FROM t"), "019A00FF275C220000255FC328F09F00");
}

TEST_F(ConnectionTest, EmptyTextIsNotNull) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(10), b VARBINARY(10))"});
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (?, ?, ?)", {1, "", std::nullopt}), IsOkAndHolds(1));
  const absl::StatusOr<std::vector<Row>> rows = connection_->Query("SELECT a, b FROM t");
  ASSERT_THAT(rows, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*rows)[0].OptionalText(0), "");
  EXPECT_EQ((*rows)[0].OptionalText(1), std::nullopt);
}

TEST_F(ConnectionTest, UnicodeComesBackAsItWent) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(50) COLLATE utf8mb4_bin, b TEXT)"});
  const std::string text = "变更登记 🏠 naïve \xF0\xA0\x9C\x8E";
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (?, ?, ?)", {1, text, text}), IsOkAndHolds(1));
  EXPECT_EQ(Text("SELECT a FROM t WHERE a = ?", {text}), text);
  EXPECT_EQ(Text("SELECT b FROM t"), text);
  EXPECT_EQ(Int("SELECT CHAR_LENGTH(a) FROM t"), 14);
}

TEST_F(ConnectionTest, NumbersKeepTheirSignAndSize) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, i BIGINT, u BIGINT UNSIGNED, d DOUBLE, s TINYINT, f FLOAT)"});
  constexpr char kInsert[] = "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)";
  const int64_t low = std::numeric_limits<int64_t>::min();
  const int64_t high = std::numeric_limits<int64_t>::max();
  const uint64_t top = std::numeric_limits<uint64_t>::max();
  EXPECT_THAT(connection_->Execute(kInsert, {1, low, top, 0.1, -128, 0.5}), IsOkAndHolds(1));
  EXPECT_THAT(connection_->Execute(kInsert, {2, high, 0u, -1e300, 127, -0.5}), IsOkAndHolds(1));
  const absl::StatusOr<std::vector<Row>> rows =
      connection_->Query("SELECT i, u, d, s, f, i IS NULL FROM t ORDER BY id");
  ASSERT_THAT(rows, IsOkAndHolds(SizeIs(2)));
  EXPECT_EQ((*rows)[0].Int(0), low);
  EXPECT_EQ((*rows)[0].UInt(1), top);
  EXPECT_EQ((*rows)[0].Double(2), 0.1);
  EXPECT_EQ((*rows)[0].Int(3), -128);
  EXPECT_EQ((*rows)[0].Double(4), 0.5);
  EXPECT_FALSE((*rows)[0].Bool(5));
  EXPECT_EQ((*rows)[1].Int(0), high);
  EXPECT_EQ((*rows)[1].UInt(1), 0u);
  EXPECT_EQ((*rows)[1].Double(2), -1e300);
  EXPECT_EQ(Int("SELECT SUM(s) FROM t"), -1);
  EXPECT_EQ(Int("SELECT COUNT(*) FROM t WHERE u = ?", {top}), 1);
}

// The connector remembers that a parameter was unsigned; the statement must not.
TEST_F(ConnectionTest, AHugeValueDoesNotChangeTheNextOnesSign) {
  constexpr char kSelect[] = "SELECT CAST(? AS CHAR)";
  EXPECT_EQ(Text(kSelect, {std::numeric_limits<uint64_t>::max()}), "18446744073709551615");
  EXPECT_EQ(Text(kSelect, {-1}), "-1");
  EXPECT_EQ(Text(kSelect, {7u}), "7");
  EXPECT_EQ(Text(kSelect, {-2}), "-2");
}

TEST_F(ConnectionTest, AParameterMayChangeItsTypeFromRunToRun) {
  constexpr char kSelect[] = "SELECT CAST(? AS CHAR)";
  EXPECT_EQ(Text(kSelect, {"text"}), "text");
  EXPECT_TRUE(One(kSelect, {std::nullopt}).IsNull(0));
  EXPECT_EQ(Text(kSelect, {5}), "5");
  EXPECT_EQ(Text(kSelect, {0.25}), "0.25");
  EXPECT_EQ(Text(kSelect, {std::string(300 << 10, 'x')}).size(), 300u << 10);
  EXPECT_EQ(Text(kSelect, {"short again"}), "short again");
  EXPECT_EQ(Text(kSelect, {7}), "7");
  EXPECT_EQ(Text(kSelect, {std::string(300 << 10, 'y')}).size(), 300u << 10);
  EXPECT_TRUE(One("SELECT NULL").IsNull(0));
}

TEST_F(ConnectionTest, LongAndShortValuesTakeTurns) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB, x LONGTEXT COLLATE utf8mb4_bin)"});
  // Below and above the size from which the connector sends in pieces.
  for (const int size : {0, 1, 70'000, 262'144, 262'145, 3'000'000, 10}) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 31 + i / 256));
    std::string text;
    while (static_cast<int>(text.size()) < size) text += "登";
    EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (?, ?, ?)", {size, bytes, text}), IsOkAndHolds(1)) << size;
    EXPECT_TRUE(Text("SELECT b FROM t WHERE id = ?", {size}) == bytes) << size;
    EXPECT_TRUE(Text("SELECT x FROM t WHERE id = ?", {size}) == text) << size;
  }
}

TEST_F(ConnectionTest, ManyRowsOfDifferentLengths) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, a VARBINARY(2000))"});
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(connection_->Execute("INSERT INTO t VALUES (?, ?)",
                                     {i, std::string(static_cast<size_t>(i * 17 % 100) * 19, 'a')}),
                IsOk());
  }
  for (int run = 0; run < 2; ++run) {
    const absl::StatusOr<std::vector<Row>> rows =
        connection_->Query("SELECT id, a FROM t WHERE id >= ? ORDER BY id", {run * 10});
    ASSERT_THAT(rows, IsOkAndHolds(SizeIs(100 - run * 10)));
    for (const Row& row : *rows) EXPECT_EQ(row.Text(1).size(), static_cast<size_t>(row.Int(0) * 17 % 100 * 19));
  }
}

TEST_F(ConnectionTest, TheSessionIsStrictUtcAndReadCommitted) {
  database_.Run({"CREATE TABLE t (id TINYINT PRIMARY KEY, a VARCHAR(3) NOT NULL)"});
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (1, 'four')"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("1406")));
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (300, 'x')"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("1264")));
  EXPECT_THAT(connection_->Execute("INSERT INTO t (id) VALUES (1)"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (1, ?)", {"\xff\xfe"}), StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(Int("SELECT COUNT(*) FROM t"), 0);
  EXPECT_EQ(Text("SELECT @@SESSION.time_zone"), "+00:00");
  EXPECT_EQ(Text("SELECT @@SESSION.tx_isolation"), "READ-COMMITTED");
  EXPECT_EQ(Int("SELECT @@SESSION.innodb_lock_wait_timeout"), 3);
  EXPECT_EQ(Text("SELECT @@SESSION.character_set_client"), "utf8mb4");
  EXPECT_EQ(Text("SELECT @@SESSION.character_set_results"), "utf8mb4");
  EXPECT_EQ(Int("SELECT @@SESSION.autocommit"), 1);
}

TEST_F(ConnectionTest, CountsFoundRows) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 5), (2, 6)"});
  EXPECT_THAT(connection_->Execute("UPDATE t SET a = 5 WHERE id = ?", {1}), IsOkAndHolds(1));
  EXPECT_THAT(connection_->Execute("UPDATE t SET a = 5 WHERE id = ?", {3}), IsOkAndHolds(0));
  EXPECT_THAT(connection_->Execute("UPDATE t SET a = 5"), IsOkAndHolds(2));
  EXPECT_THAT(connection_->Execute("DELETE FROM t"), IsOkAndHolds(2));
}

TEST_F(ConnectionTest, ADuplicateKeyIsNamedAndTheConnectionGoesOn) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), UNIQUE KEY by_name (a))",
                 "INSERT INTO t VALUES (1, 'one')"});
  EXPECT_TRUE(IsDuplicateKey(connection_->Execute("INSERT INTO t VALUES (?, ?)", {1, "two"}).status(), "PRIMARY"));
  EXPECT_TRUE(IsDuplicateKey(connection_->Execute("INSERT INTO t VALUES (?, ?)", {2, "one"}).status(), "by_name"));
  EXPECT_FALSE(connection_->broken());
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (?, ?)", {2, "two"}), IsOkAndHolds(1));
  EXPECT_EQ(connection_->statement_preparations(), 1);
}

TEST_F(ConnectionTest, StatementsAreKeptUpToTheBound) {
  ConnectionOptions options = database_.options();
  options.max_statements = 4;
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options, absl::InfiniteFuture());
  ASSERT_THAT(opened, IsOk());
  Connection& connection = **opened;
  for (int i = 0; i < 10; ++i) {
    ASSERT_THAT(connection.Query(absl::StrCat("SELECT ", i)), IsOk());
    // Used again and again, so it is never the one to go.
    ASSERT_THAT(connection.Query("SELECT 'often'"), IsOk());
  }
  EXPECT_EQ(connection.cached_statements(), 4u);
  EXPECT_EQ(connection.statement_preparations(), 11);
  const absl::StatusOr<std::vector<Row>> closed = connection.Query("SHOW SESSION STATUS LIKE 'Com_stmt_close'");
  ASSERT_THAT(closed, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*closed)[0].Int(1), 8);
  for (int i = 0; i < 100; ++i) ASSERT_THAT(connection.Query("SELECT ? + 1", {i}), IsOk());
  EXPECT_EQ(connection.statement_preparations(), 13);
}

TEST_F(ConnectionTest, MisuseIsADefectAndHarmless) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  EXPECT_THAT(connection_->Query("INSERT INTO t VALUES (1)"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("without rows")));
  EXPECT_THAT(connection_->Execute("SELECT id FROM t"), StatusIs(absl::StatusCode::kInternal, HasSubstr("with rows")));
  EXPECT_THAT(connection_->Query("SELECT ?"), StatusIs(absl::StatusCode::kInternal, HasSubstr("0 values for 1")));
  EXPECT_THAT(connection_->Query("SELECT 1", {1}), StatusIs(absl::StatusCode::kInternal, HasSubstr("1 values for 0")));
  EXPECT_THAT(connection_->Query("SELECT FROM WHERE"), StatusIs(absl::StatusCode::kInternal, HasSubstr("1064")));
  EXPECT_THAT(connection_->Query("SELECT 1; SELECT 2"), StatusIs(absl::StatusCode::kInternal, HasSubstr("1064")));
  EXPECT_THAT(connection_->Query("SELECT * FROM nothing"), StatusIs(absl::StatusCode::kInternal, HasSubstr("1146")));
  EXPECT_FALSE(connection_->broken());
  EXPECT_EQ(Int("SELECT COUNT(*) FROM t"), 0);
}

TEST_F(ConnectionTest, UnpreparedStatementsMayReturnRows) {
  EXPECT_THAT(connection_->ExecuteUnprepared("SELECT 1"), IsOk());
  EXPECT_THAT(connection_->ExecuteUnprepared("CREATE TABLE t (id INT PRIMARY KEY)"), IsOk());
  EXPECT_THAT(connection_->ExecuteUnprepared("INSERT INTO t VALUES (1), (2)"), IsOk());
  EXPECT_EQ(Int("SELECT COUNT(*) FROM t"), 2);
}

TEST_F(ConnectionTest, ATableMayChangeBetweenTwoRunsOfAStatement) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(5))", "INSERT INTO t VALUES (1, 'abc')"});
  EXPECT_EQ(Text("SELECT a FROM t WHERE id = ?", {1}), "abc");
  database_.Run({"ALTER TABLE t MODIFY a VARCHAR(500), ADD COLUMN b INT", "UPDATE t SET a = REPEAT('x', 400)"});
  EXPECT_EQ(Text("SELECT a FROM t WHERE id = ?", {1}).size(), 400u);
}

TEST_F(ConnectionTest, AKilledConnectionIsBroken) {
  const absl::StatusOr<int64_t> id = connection_->Id();
  ASSERT_THAT(id, IsOk());
  database_.Run({absl::StrCat("KILL ", *id)});
  EXPECT_THAT(connection_->Query("SELECT 1"),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  EXPECT_TRUE(connection_->broken());
  EXPECT_THAT(connection_->Execute("DO 1"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(connection_->Ping(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ConnectionTest, TheServerStopsAStatementAtTheDeadline) {
  connection_->SetDeadline(absl::Now() + absl::Milliseconds(100));
  // Ten million rows out of nothing: busy for much longer than that.
  const absl::Time begin = absl::Now();
  EXPECT_THAT(connection_->Query("SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b WHERE a.seq + b.seq = 3"),
              StatusIs(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  EXPECT_FALSE(connection_->broken());
  connection_->SetDeadline(absl::Now() + absl::Seconds(30));
  EXPECT_EQ(Int("SELECT 1"), 1);
}

TEST_F(ConnectionTest, NothingIsSentAfterTheDeadline) {
  database_.Run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  connection_->SetDeadline(absl::Now() - absl::Milliseconds(1));
  EXPECT_THAT(connection_->Execute("INSERT INTO t VALUES (1)"),
              StatusIs(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED));
  EXPECT_THAT(connection_->ExecuteUnprepared("INSERT INTO t VALUES (1)"),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  connection_->SetDeadline(absl::InfiniteFuture());
  EXPECT_EQ(Int("SELECT COUNT(*) FROM t"), 0);
}

TEST_F(ConnectionTest, TheTimeLimitCostsARoundTripOnlyWhenItChanges) {
  for (int i = 0; i < 50; ++i) {
    connection_->SetDeadline(absl::Now() + absl::Seconds(5));
    EXPECT_EQ(Int("SELECT 1"), 1);
  }
  EXPECT_EQ(connection_->timeout_changes(), 1);
  EXPECT_NEAR(One("SELECT @@SESSION.max_statement_time").Double(0), 5.5, 0.1);
  connection_->SetDeadline(absl::Now() + absl::Seconds(1));
  EXPECT_EQ(Int("SELECT 1"), 1);
  EXPECT_EQ(connection_->timeout_changes(), 2);
  EXPECT_NEAR(One("SELECT @@SESSION.max_statement_time").Double(0), 1.1, 0.1);
}

TEST_F(ConnectionTest, OpeningFailsWithAReason) {
  ConnectionOptions options = database_.options();
  EXPECT_THAT(Connection::Open(options, absl::Now() - absl::Seconds(1)), StatusIs(absl::StatusCode::kDeadlineExceeded));
  options.password = "wrong";
  EXPECT_THAT(Connection::Open(options, absl::InfiniteFuture()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("1045")));
  options = database_.options();
  options.database = "no_such_database";
  EXPECT_THAT(Connection::Open(options, absl::InfiniteFuture()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("1049")));
  options.socket = "/nowhere/db.sock";
  EXPECT_THAT(Connection::Open(options, absl::InfiniteFuture()),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  options.socket = "";
  options.port = tests::FreePort();
  EXPECT_THAT(Connection::Open(options, absl::InfiniteFuture()),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
}

}  // namespace
}  // namespace docket::mysql
