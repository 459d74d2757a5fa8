#include "tests/support/mariadb.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::tests {
namespace {

using ::testing::Not;
using ::testing::SizeIs;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

TEST(TestDatabaseTest, DatabasesAreApartAndGoAway) {
  std::string name;
  {
    TestDatabase one, two;
    name = one.name();
    one.Run({"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
    EXPECT_THAT(one.Connect()->Query("SELECT id FROM t"), IsOkAndHolds(SizeIs(1)));
    EXPECT_THAT(two.Connect()->Query("SELECT id FROM t"), Not(IsOk()));
    EXPECT_THAT(one.Connect()->Query("SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", {name}),
                IsOkAndHolds(SizeIs(1)));
  }
  TestDatabase later;
  EXPECT_THAT(later.Connect()->Query("SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", {name}),
              IsOkAndHolds(SizeIs(0)));
}

TEST(MariaDbTest, KeepsItsDataWhenKilledAndIsGoneAfterwards) {
  std::string socket;
  {
    const auto server = MariaDb::Start({.durable = true});
    ASSERT_THAT(server, IsOk());
    socket = (*server)->socket();
    TestDatabase database(**server);
    database.Run({"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
    EXPECT_EQ((*database.Connect()->Query("SELECT @@innodb_flush_log_at_trx_commit"))[0].Int(0), 1);
    (*server)->Kill();
    EXPECT_THAT(mysql::Connection::Open(database.options(), Soon()), Not(IsOk()));
    ASSERT_THAT((*server)->Restart(), IsOk());
    EXPECT_THAT(database.Connect()->Query("SELECT id FROM t"), IsOkAndHolds(SizeIs(1)));
    mysql::ConnectionOptions by_port = database.options();
    by_port.socket = "";
    by_port.port = (*server)->port();
    EXPECT_THAT(mysql::Connection::Open(by_port, Soon()), IsOk());
  }
  EXPECT_NE(access(socket.c_str(), F_OK), 0);
}

TEST(MariaDbTest, AServerThatCannotStartSaysWhy) {
  EXPECT_THAT(MariaDb::Start({.arguments = {"--no-such-argument"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, ::testing::HasSubstr("no-such-argument")));
}

}  // namespace
}  // namespace docket::tests
