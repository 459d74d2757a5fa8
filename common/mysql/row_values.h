// Rows of values, column by column, for MultiInsert:
//
//   Params values;
//   for (const Entry& entry : entries) AppendRow(values, entry.index, entry.hash, entry.bytes);
//
// Each value is made in its place; a list in braces would copy every text once more.
#ifndef DOCKET_COMMON_MYSQL_ROW_VALUES_H_
#define DOCKET_COMMON_MYSQL_ROW_VALUES_H_

#include <utility>

#include "common/mysql/value.h"

namespace docket::mysql {

template <typename... Columns>
void AppendRow(Params& values, Columns&&... columns) {
  (values.emplace_back(std::forward<Columns>(columns)), ...);
}

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_ROW_VALUES_H_
