// One step of a schema's history.
//
// A service keeps its steps as services/<service>/schema/NNNN_what_it_does.sql, numbered from 0001 without gaps,
// forward only: a file that was applied anywhere is never changed, a correction is a new file. The build embeds them
// (embed.cmake), so a program carries the schema that it was written for.
//
// What a file holds:
//   - SQL statements, each ending with `;`. Comments are `-- …`, `# …` and `/* … */`. No stored programs.
//   - DDL commits by itself, so a process that dies in the middle leaves the statements before that done, and the file
//   is then
//     run again from its top. Write every statement so that it may run twice: CREATE TABLE IF NOT EXISTS, ALTER TABLE …
//     ADD COLUMN IF NOT EXISTS (MariaDB alone; where MySQL must run it too, one ALTER TABLE per file, as its only
//     statement), INSERT … ON DUPLICATE KEY UPDATE.
//   - Programs from before and after the step run on the schema from after and before it: add first, use in the next
//   release, drop
//     in the one after.
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

// SHA-256 over the bytes, as 64 hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

// The statements of a file, without their `;` and without those that hold nothing but comments. INVALID_ARGUMENT when
// the last one lacks its `;` or a quote or comment is not closed.
absl::StatusOr<std::vector<std::string>> SplitStatements(absl::string_view sql);

}  // namespace docket::migration

#endif  // DOCKET_COMMON_MIGRATION_MIGRATION_H_
