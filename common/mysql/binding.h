// Between Docket's values and the connector's statements. For connection.cc alone.
#ifndef DOCKET_COMMON_MYSQL_BINDING_H_
#define DOCKET_COMMON_MYSQL_BINDING_H_

#include <vector>

#include "absl/types/span.h"
#include "common/mysql/value.h"

namespace sql {
class PreparedStatement;
class ResultSet;
}  // namespace sql

namespace docket::mysql {

// Both functions throw what the connector throws.
void Bind(sql::PreparedStatement& statement, absl::Span<const Value> params);
std::vector<Row> ReadRows(sql::ResultSet& rows);

// True for values that a statement which has run before must not get.
bool NeedsNewStatement(absl::Span<const Value> params);
// True for values after which a statement must not be run again.
bool SpoilsStatement(absl::Span<const Value> params);

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_BINDING_H_
