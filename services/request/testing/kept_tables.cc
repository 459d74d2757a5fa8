#include "services/request/testing/kept_tables.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request::testing {

using tests::IsOk;

KeptTables::KeptTables(mysql::Pool& pool, std::vector<std::string> tables) : pool_(pool), tables_(std::move(tables)) {}

void KeptTables::Keep() {
  for (const std::string& table : tables_) {
    Run(absl::StrCat("CREATE TABLE IF NOT EXISTS kept_", table, " AS SELECT * FROM ", table, " WHERE FALSE"));
    Run(absl::StrCat("DELETE FROM kept_", table));
    Run(absl::StrCat("INSERT INTO kept_", table, " SELECT * FROM ", table));
  }
  content_ = Content();
  Run("DELETE FROM outbox");
}

void KeptTables::Restore() {
  for (const std::string& table : tables_) {
    Run(absl::StrCat("DELETE FROM ", table));
    Run(absl::StrCat("INSERT INTO ", table, " SELECT * FROM kept_", table));
  }
  ASSERT_EQ(Content(), content_);
}

void KeptTables::ExpectUntouched(const std::multiset<std::string>& events) {
  EXPECT_EQ(TakeEvents(), events);
  const std::vector<int64_t> content = Content();
  EXPECT_EQ(content, content_);
  if (content != content_) Restore();
}

std::multiset<std::string> KeptTables::TakeEvents() {
  std::multiset<std::string> types;
  for (const mysql::Row& row : Query("SELECT type FROM outbox")) types.insert(row.Text(0));
  if (!types.empty()) Run("DELETE FROM outbox");
  return types;
}

void KeptTables::Run(const std::string& sql) {
  EXPECT_THAT(pool_.Execute(absl::Now() + absl::Seconds(10), sql), IsOk()) << sql;
}

std::vector<mysql::Row> KeptTables::Query(const std::string& sql) {
  auto rows = pool_.Query(absl::Now() + absl::Seconds(10), sql);
  EXPECT_THAT(rows, IsOk()) << sql;
  return rows.ok() ? *std::move(rows) : std::vector<mysql::Row>();
}

std::vector<int64_t> KeptTables::Content() {
  std::vector<int64_t> sums;
  for (const mysql::Row& row : Query(absl::StrCat("CHECKSUM TABLE ", absl::StrJoin(tables_, ", ")))) {
    sums.push_back(row.Int(1));
  }
  return sums;
}

}  // namespace docket::request::testing
