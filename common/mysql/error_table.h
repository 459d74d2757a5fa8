// The one place where a database's error number becomes an absl::Status with a reason (common/status/error.h).
//
//   errors                                        code                 reason                connection  transaction
//   1062, 1586 duplicate key                      ALREADY_EXISTS       ALREADY_EXISTS        kept        goes on
//   1216, 1217, 1451, 1452 foreign key            FAILED_PRECONDITION  BROKEN_REFERENCE      kept        goes on
//   1213 deadlock, 1205 lock wait timeout,
//   1020 record changed                           ABORTED              CONCURRENT_CHANGE     kept        runs again
//   1047 cluster node not ready                   UNAVAILABLE          DATABASE_UNAVAILABLE  discarded   runs again
//   2000-2999 connection lost, and the server's
//   own ways to say that it goes or may not write UNAVAILABLE          DATABASE_UNAVAILABLE  discarded   runs again
//   1040, 1203, 1226, 1461 limits of the server   RESOURCE_EXHAUSTED   OVERLOADED            kept        fails
//   1317, 1969, 3024 out of time                  DEADLINE_EXCEEDED    DEADLINE_EXCEEDED     kept        fails
//   everything else                               INTERNAL             INTERNAL              kept        fails
//
// "Everything else" are defects: a value that validation let through, a missing table or grant, wrong SQL.
// The server's own text never enters a status, because it quotes data; number, SQLSTATE and, for defects, the
// statement's text (which holds no values) do. A status from here carries a DatabaseError as a payload that stays
// inside the process.
#ifndef DOCKET_COMMON_MYSQL_ERROR_TABLE_H_
#define DOCKET_COMMON_MYSQL_ERROR_TABLE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace docket::mysql {

// The payload's type. The wire layer leaves out payloads that are not google.rpc details.
inline constexpr absl::string_view kDatabaseErrorPayload = "docket.internal/database-error";

struct DatabaseError {
  // As the server or the client library numbers it; 0 for a failure of the connector itself.
  int number = 0;
  std::string sqlstate;
  // The violated unique key where number is a duplicate key's: "PRIMARY" or the index's name.
  std::string key;
  // The connection was lost while COMMIT was under way.
  bool commit_lost = false;
};

// The status for an error of the database. `server_text` is only searched for the violated key's name.
absl::Status DatabaseErrorStatus(int number, absl::string_view sqlstate, absl::string_view server_text,
                                 absl::string_view sql);

// UNAVAILABLE for a COMMIT that failed with `cause` and whose outcome is unknown.
absl::Status CommitLostStatus(const absl::Status& cause);

std::optional<DatabaseError> GetDatabaseError(const absl::Status& status);

// True when the error came from inserting or changing to a key that exists; with `key`, that key only.
//
//   absl::StatusOr<int64_t> inserted = tx.Execute(kInsertRequest, {...});
//   if (IsDuplicateKey(inserted.status(), "request_number")) return Error(...);
bool IsDuplicateKey(const absl::Status& status);
bool IsDuplicateKey(const absl::Status& status, absl::string_view key);

// True when the COMMIT was sent and its answer never came: the transaction may or may not have happened. Only an
// operation that is recognised when it comes again (request_id, event id) may be repeated.
bool IsCommitLost(const absl::Status& status);

// The table's last two columns for an error number.
bool LosesConnection(int number);
bool LeavesTransactionRunning(int number);
bool IsWorthRunningAgain(int number);

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_ERROR_TABLE_H_
