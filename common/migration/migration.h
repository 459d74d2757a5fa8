// One step of a schema's history.
//
// A service keeps its steps as services/<service>/schema/NNNN_what_it_does.sql, numbered from 0001 without gaps,
// forward only: a file that was applied anywhere is never changed, a correction is a new file. The build embeds them
// (embed.cmake), so a program carries the schema that it was written for.
//
// What a file may hold:
//   - SQL statements, each ending with a `;` at the end of a line. Comments are `--` to the end of a line.
//   - DDL commits by itself, so a process that dies in the middle leaves the statements before it done; the file is
//   then run again from its
//     top. Write each statement so that it may run twice: CREATE TABLE IF NOT EXISTS, CREATE INDEX IF NOT EXISTS
//     (MariaDB; on MySQL put indexes into the CREATE TABLE), INSERT … ON DUPLICATE KEY UPDATE, one ALTER per file.
//   - The program before the step must run on the schema after it, and the other way round: add first, use in the next
//   release,
//     drop in the one after.
#ifndef DOCKET_COMMON_MIGRATION_MIGRATION_H_
#define DOCKET_COMMON_MIGRATION_MIGRATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::migration {

struct Migration {
  int64_t version = 0;
  // The file's name without number and extension: "create_request".
  std::string name;
  std::string sql;
};

// SHA-256 over the file's bytes, as 64 hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

// The statements of a file without their `;`, without comment lines and blank statements. INVALID_ARGUMENT when text is
// left over after the last `;`.
absl::StatusOr<std::vector<std::string>> SplitStatements(absl::string_view sql);

}  // namespace docket::migration

#endif  // DOCKET_COMMON_MIGRATION_MIGRATION_H_
