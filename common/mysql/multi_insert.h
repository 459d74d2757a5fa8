// Many rows in one statement.
//
//   const MultiInsert kInsertEntry("entry", {"log_index", "leaf_hash", "bytes"});
//   Params values;  // row after row, column after column
//   for (const Entry& entry : entries) { values.push_back(entry.index); values.push_back(entry.hash);
//   values.push_back(entry.bytes); } DOCKET_RETURN_IF_ERROR(kInsertEntry.Run(tx, values).status());
//
// Rows go out in groups of 256, 192, 128, 96 … 12, 8, 7, 6 … 1: any number takes few statements, and there are no more
// than eighteen texts per table to prepare and keep.
#ifndef DOCKET_COMMON_MYSQL_MULTI_INSERT_H_
#define DOCKET_COMMON_MYSQL_MULTI_INSERT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/mysql/transaction.h"
#include "common/mysql/value.h"

namespace docket::mysql {

// Immutable, so one serves all threads.
class MultiInsert {
 public:
  // A statement holds at most 65 535 values, which 256 rows of up to 255 columns keep.
  static constexpr size_t kMaxRows = 256;

  // `suffix` follows the rows, e.g. "ON DUPLICATE KEY UPDATE id = id".
  MultiInsert(absl::string_view table, const std::vector<std::string>& columns, absl::string_view suffix = "");

  // Inserts values.size() / columns rows and returns the sum of the counts (Connection::Execute says what counts). The
  // number of values must be a multiple of the number of columns, else INTERNAL. An error leaves the groups before it
  // inserted: the transaction decides.
  absl::StatusOr<int64_t> Run(Transaction& transaction, absl::Span<const Value> values) const;

  // The statement of the step-th size: 1, 2, 3 … rows.
  const std::string& statement(size_t step) const { return statements_[step]; }

 private:
  size_t columns_;
  std::vector<std::string> statements_;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_MULTI_INSERT_H_
