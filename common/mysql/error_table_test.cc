#include "common/mysql/error_table.h"

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::mysql {
namespace {

using ::docket::tests::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  int number;
  absl::StatusCode code;
  Reason reason;
  bool loses_connection;
  bool runs_again;
  bool goes_on;

  friend void PrintTo(const Case& tested, std::ostream* os) { *os << tested.number; }
};

class ErrorTableTest : public ::testing::TestWithParam<Case> {};

TEST_P(ErrorTableTest, MapsAsDocumented) {
  const Case& c = GetParam();
  const absl::Status status = DatabaseErrorStatus(c.number, "HY000", "secret data", "SELECT 1");
  EXPECT_THAT(status, StatusIs(c.code, c.reason));
  EXPECT_THAT(status, StatusIs(c.code, HasSubstr(std::to_string(c.number))));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
  EXPECT_EQ(LosesConnection(c.number), c.loses_connection);
  EXPECT_EQ(IsWorthRunningAgain(c.number), c.runs_again);
  EXPECT_EQ(LeavesTransactionRunning(c.number), c.goes_on);
  const bool come_back = c.code == absl::StatusCode::kUnavailable || c.code == absl::StatusCode::kResourceExhausted;
  EXPECT_EQ(GetRetryDelay(status).has_value(), come_back);
  EXPECT_EQ(GetDatabaseError(status)->number, c.number);
  EXPECT_EQ(GetDatabaseError(status)->sqlstate, "HY000");
  EXPECT_FALSE(IsCommitLost(status));
}

using enum absl::StatusCode;

INSTANTIATE_TEST_SUITE_P(
    AllErrors, ErrorTableTest,
    ::testing::Values(Case{1062, kAlreadyExists, Reason::REASON_ALREADY_EXISTS, false, false, true},
                      Case{1452, kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE, false, false, true},
                      Case{1451, kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE, false, false, true},
                      Case{1213, kAborted, Reason::REASON_CONCURRENT_CHANGE, false, true, false},
                      Case{1205, kAborted, Reason::REASON_CONCURRENT_CHANGE, false, true, false},
                      Case{1020, kAborted, Reason::REASON_CONCURRENT_CHANGE, false, true, false},
                      Case{1047, kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, true, true, false},
                      Case{1290, kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, true, true, false},
                      Case{1927, kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, true, true, false},
                      Case{2002, kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, true, true, false},
                      Case{2006, kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, true, true, false},
                      Case{2013, kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, true, true, false},
                      Case{1040, kResourceExhausted, Reason::REASON_OVERLOADED, false, false, false},
                      Case{1203, kResourceExhausted, Reason::REASON_OVERLOADED, false, false, false},
                      Case{1969, kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED, false, false, false},
                      Case{3024, kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED, false, false, false},
                      Case{1045, kInternal, Reason::REASON_INTERNAL, false, false, false},
                      Case{1142, kInternal, Reason::REASON_INTERNAL, false, false, false},
                      Case{1366, kInternal, Reason::REASON_INTERNAL, false, false, false},
                      Case{1406, kInternal, Reason::REASON_INTERNAL, false, false, false},
                      Case{0, kInternal, Reason::REASON_INTERNAL, false, false, false}),
    [](const ::testing::TestParamInfo<Case>& tested) { return std::to_string(tested.param.number); });

TEST(DuplicateKeyTest, NamesTheKeyInBothServersWords) {
  const absl::Status mariadb =
      DatabaseErrorStatus(1062, "23000", "Duplicate entry 'it's-1' for key 'request_number'", "");
  EXPECT_TRUE(IsDuplicateKey(mariadb));
  EXPECT_TRUE(IsDuplicateKey(mariadb, "request_number"));
  EXPECT_FALSE(IsDuplicateKey(mariadb, "PRIMARY"));
  const absl::Status mysql = DatabaseErrorStatus(1062, "23000", "Duplicate entry '1' for key 'request.PRIMARY'", "");
  EXPECT_TRUE(IsDuplicateKey(mysql, "PRIMARY"));
}

TEST(DuplicateKeyTest, OtherErrorsAreNone) {
  EXPECT_FALSE(IsDuplicateKey(absl::OkStatus()));
  EXPECT_FALSE(IsDuplicateKey(Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS, "by hand")));
  EXPECT_FALSE(IsDuplicateKey(DatabaseErrorStatus(1213, "40001", "", "")));
  for (const char* text : {"", "'", "no quotes", "one ' quote"}) {
    EXPECT_TRUE(IsDuplicateKey(DatabaseErrorStatus(1062, "23000", text, ""))) << text;
    EXPECT_TRUE(IsDuplicateKey(DatabaseErrorStatus(1062, "23000", text, ""), "")) << text;
  }
}

TEST(CommitLostTest, KeepsTheCause) {
  const absl::Status status = CommitLostStatus(DatabaseErrorStatus(2013, "HY000", "", "COMMIT"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  EXPECT_TRUE(IsCommitLost(status));
  EXPECT_EQ(GetDatabaseError(status)->number, 2013);
  EXPECT_TRUE(GetRetryDelay(status).has_value());
}

TEST(DefectTest, NamesTheStatementButNotAllOfIt) {
  const absl::Status status =
      DatabaseErrorStatus(1054, "42S22", "", "SELECT nothing FROM nowhere" + std::string(5000, ' '));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, HasSubstr("SELECT nothing")));
  EXPECT_LT(status.message().size(), 300u);
}

}  // namespace
}  // namespace docket::mysql
