#include "services/audit/grants.h"

#include <map>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "common/mutation/mutation.h"
#include "common/mysql/error_table.h"
#include "services/audit/register_store.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

constexpr int kTableAccessDenied = 1142;

// The service's user as the migration leaves it.
class GrantsTest : public LogTest {
 protected:
  GrantsTest() : user_(absl::StrCat("u", absl::BytesToHexString(uuids_.Next().substr(10)))) {
    db_.Run({absl::StrCat("CREATE USER `", user_, "`@`%` IDENTIFIED BY 'geheim'")});
    for (const process::TableGrant& grant : Grants()) {
      db_.Run({absl::StrCat("GRANT ", grant.rights, " ON `", db_.database().name(), "`.`", grant.table, "` TO `", user_,
                            "`@`%`")});
    }
    mysql::ConnectionOptions options = db_.database().options();
    options.user = user_;
    options.password = "geheim";
    pool_ = mysql::Pool::Create({.connection = options, .max_connections = 4});
  }
  ~GrantsTest() override {
    pool_.reset();
    db_.Run({absl::StrCat("DROP USER `", user_, "`@`%`")});
  }

  // The database's error number; 0: the statement was allowed.
  int Try(const std::string& sql) {
    const absl::Status status = pool_->Execute(Soon(), sql).status();
    if (status.ok()) return 0;
    const auto error = mysql::GetDatabaseError(status);
    return error.has_value() ? error->number : -1;
  }

  const std::string user_;
  std::unique_ptr<mysql::Pool> pool_;
};

TEST_F(GrantsTest, EvidenceIsAddedAndReadButNeverChanged) {
  LogProcess log(*pool_, clock_, signer_, anchor_file());
  Grow(log, 300);
  ASSERT_THAT(log.checkpointer.Current(Soon()), IsOk());
  const std::map<std::string, std::string> evidence = {{"entry", "actor = ''"},        {"payload", "payload = ''"},
                                                       {"dedupe", "log_index = 0"},    {"tile", "root = hashes"},
                                                       {"checkpoint", "note = ''"},    {"cosignature", "line = ''"},
                                                       {"registration", "title = ''"}, {"entry_system", "system = ''"}};
  for (const auto& [table, change] : evidence) {
    EXPECT_EQ(Try(absl::StrCat("UPDATE ", table, " SET ", change)), kTableAccessDenied) << table;
    EXPECT_EQ(Try(absl::StrCat("DELETE FROM ", table)), kTableAccessDenied) << table;
    EXPECT_EQ(Try(absl::StrCat("TRUNCATE TABLE ", table)), kTableAccessDenied) << table;
    EXPECT_EQ(Try(absl::StrCat("DROP TABLE ", table)), kTableAccessDenied) << table;
    EXPECT_EQ(Try(absl::StrCat("REPLACE INTO ", table, " SELECT * FROM ", table)), kTableAccessDenied) << table;
  }
  EXPECT_EQ(Try("DELETE FROM tree_state"), kTableAccessDenied);
  EXPECT_EQ(Try("INSERT INTO tree_state SELECT 1, size, root, edge, last_receive_us, epoch FROM tree_state"),
            kTableAccessDenied);
  EXPECT_EQ(Try("DELETE FROM filing"), kTableAccessDenied);
  ExpectWholeTree(300);
}

TEST_F(GrantsTest, TheServiceCanDoItsWork) {
  LogProcess log(*pool_, clock_, signer_, anchor_file());
  ASSERT_THAT(log.checkpointer.VerifyAtStart(Soon()), IsOk());
  Grow(log, 300);
  EXPECT_THAT(log.checkpointer.Current(Soon()), IsOk());
  EXPECT_THAT(mysql::RunInTransaction(
                  *pool_, Soon(),
                  [](mysql::Transaction& tx) { return RegisterStore::TakeNumber(tx, "yunqi", "BB", 2026).status(); }),
              IsOk());
  Mutations mutations(*pool_, clock_, uuids_, log.logger, "services/audit", nullptr);
  EXPECT_THAT(mutations.PruneRecords(Soon(), 10), IsOk());
}

// A table that is forgotten here is one that the service cannot use.
TEST_F(GrantsTest, EveryTableButTheMigratorsIsGranted) {
  std::set<std::string> granted = {"inbox", "schema_version", "schema_lock"};
  for (const process::TableGrant& grant : Grants()) granted.insert(grant.table);
  std::set<std::string> tables;
  for (const mysql::Row& row : OrExit(
           db_.pool().Query(Soon(), "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"),
           "tables")) {
    tables.insert(row.Text(0));
  }
  EXPECT_EQ(granted, tables);
}

}  // namespace
}  // namespace docket::audit
