// Which columns and keys a database must have, read from the migrations that make them.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_SCHEMA_EXPECTATION_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_SCHEMA_EXPECTATION_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/migration/migration.h"

namespace docket::audit {

struct ExpectedKey {
  bool unique = false;
  std::vector<std::string> columns;

  friend bool operator==(const ExpectedKey& a, const ExpectedKey& b) = default;
};

struct ExpectedTable {
  std::set<std::string> columns;
  // By name; the primary key is PRIMARY.
  std::map<std::string, ExpectedKey> keys;

  friend bool operator==(const ExpectedTable& a, const ExpectedTable& b) = default;
};

// By the table's name.
using ExpectedSchema = std::map<std::string, ExpectedTable>;

// Understands what the project's migrations are written in: CREATE TABLE, ALTER TABLE … ADD, MODIFY or DROP of columns
// and keys, also where it is the text of a prepared statement (`SET @change = IF(…, 'ALTER TABLE …', 'DO 0')`), and
// what changes no table. Keys name whole columns. INVALID_ARGUMENT names any other statement.
absl::StatusOr<ExpectedSchema> SchemaOf(absl::Span<const migration::Migration> migrations);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_SCHEMA_EXPECTATION_H_
