#include "services/audit/statistics/statistics_room.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "services/audit/grants.h"
#include "services/audit/statistics/testing/statistics_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

constexpr absl::Time kStart = absl::FromUnixSeconds(1790000000);

// With the rights that the service has, and no more.
class StatisticsRoomTest : public StatisticsTest {
 protected:
  StatisticsRoomTest() : user_(absl::StrCat("u", absl::BytesToHexString(uuids_.Next().substr(10)))) {
    db_.Run({absl::StrCat("CREATE USER `", user_, "`@`%` IDENTIFIED BY 'geheim'")});
    for (const process::TableGrant& grant : Grants()) {
      db_.Run({absl::StrCat("GRANT ", grant.rights, " ON `", db_.database().name(), "`.`", grant.table, "` TO `", user_,
                            "`@`%`")});
    }
    mysql::ConnectionOptions options = db_.database().options();
    options.user = user_;
    options.password = "geheim";
    pool_ = mysql::Pool::Create({.connection = options, .max_connections = 8});
  }
  ~StatisticsRoomTest() override {
    pool_.reset();
    db_.Run({absl::StrCat("DROP USER `", user_, "`@`%`")});
  }

  const std::string user_;
  std::unique_ptr<mysql::Pool> pool_;
};

TEST_F(StatisticsRoomTest, TheServicesRightsSuffice) {
  const LogStore log(*pool_);
  StatisticsFollower follower(*pool_, log, clock_);
  Append({OrganizationCreatedEvent("yunqi", "Asia/Shanghai", kStart)});
  Append(GoodChange("yunqi", "r1", kStart));
  EXPECT_EQ(OrExit(follower.Advance(Soon()), "advance"), 8u);
  // Counters and facts that are there already, and more of them.
  Append({RolledBack("yunqi", "r1", kStart, true)});
  EXPECT_EQ(OrExit(follower.Advance(Soon()), "advance"), 1u);
  StatisticsCheck check(*pool_, log);
  EXPECT_THAT(check.CheckAll(Soon()), IsOk());
  // What the follower does not need it may not do.
  for (const char* statement : {"DELETE FROM statistic", "DELETE FROM change_fact", "DELETE FROM statistic_zone",
                                "UPDATE statistic_zone SET from_index = 0", "DELETE FROM statistic_cursor"}) {
    EXPECT_FALSE(pool_->Execute(Soon(), statement).ok()) << statement;
  }
}

// Woken by what is appended, and by what it finds at its start.
TEST_F(StatisticsRoomTest, FollowsTheLogUntilItIsStopped) {
  const LogStore log(*pool_);
  Append(GoodChange("yunqi", "r1", kStart));
  StatisticsRoom room(*pool_, log, log_->growth, clock_, log_->logger);
  room.StartWorkers();
  const auto await = [&](int64_t size) {
    for (const absl::Time end = absl::Now() + absl::Seconds(30); absl::Now() < end;) {
      if (db_.Count("SELECT next_index FROM statistic_cursor") == size) return true;
    }
    return false;
  };
  EXPECT_TRUE(await(7));
  Append(GoodChange("yunqi", "r2", kStart));
  EXPECT_TRUE(await(14));
  room.StopWorkers();
  Append(GoodChange("yunqi", "r3", kStart));
  EXPECT_EQ(db_.Count("SELECT next_index FROM statistic_cursor"), 14);
}

}  // namespace
}  // namespace docket::audit
