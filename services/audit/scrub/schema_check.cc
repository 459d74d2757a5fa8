#include "services/audit/scrub/schema_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr char kSelectColumns[] =
    "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()";
constexpr char kSelectKeys[] =
    "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS "
    "WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

absl::Status CheckTable(const std::string& name, const ExpectedTable& expected, const ExpectedTable& found) {
  for (const std::string& column : expected.columns) {
    if (!found.columns.contains(column)) {
      return absl::DataLossError(absl::StrCat("the table ", name, " has no column ", column));
    }
  }
  for (const auto& [key, definition] : expected.keys) {
    const auto there = found.keys.find(key);
    if (there == found.keys.end()) return absl::DataLossError(absl::StrCat("the table ", name, " has no key ", key));
    if (there->second != definition) {
      return absl::DataLossError(absl::StrCat("the key ", key, " of the table ", name, " is not ",
                                              definition.unique ? "unique " : "", "over ",
                                              absl::StrJoin(definition.columns, ", ")));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExpectedSchema> ReadSchema(mysql::Pool& pool, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const auto columns, pool.Query(deadline, kSelectColumns));
  DOCKET_ASSIGN_OR_RETURN(const auto keys, pool.Query(deadline, kSelectKeys));
  ExpectedSchema schema;
  for (const mysql::Row& row : columns) schema[row.Text(0)].columns.insert(row.Text(1));
  for (const mysql::Row& row : keys) {
    ExpectedKey& key = schema[row.Text(0)].keys[row.Text(1)];
    key.unique = row.Int(2) == 0;
    key.columns.push_back(row.Text(3));
  }
  return schema;
}

absl::Status SchemaCheck::Run(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const ExpectedSchema found, ReadSchema(pool_, deadline));
  for (const auto& [name, table] : expected_) {
    const auto there = found.find(name);
    if (there == found.end()) return absl::DataLossError(absl::StrCat("there is no table ", name));
    DOCKET_RETURN_IF_ERROR(CheckTable(name, table, there->second));
  }
  return absl::OkStatus();
}

}  // namespace docket::audit
