#include "common/mysql/error_table.h"

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/status/error.h"

namespace docket::mysql {
namespace {

constexpr absl::Duration kRetryWhenUnavailable = absl::Seconds(1);
constexpr absl::Duration kRetryWhenFull = absl::Milliseconds(500);
// Enough of a statement to find it in the source.
constexpr size_t kShownSql = 120;

bool IsDuplicateKeyNumber(int number) {
  return number == 1062      // ER_DUP_ENTRY
         || number == 1586;  // ER_DUP_ENTRY_WITH_KEY_NAME
}

bool IsForeignKeyNumber(int number) {
  return number == 1216 || number == 1217      // ER_NO_REFERENCED_ROW, ER_ROW_IS_REFERENCED
         || number == 1451 || number == 1452;  // the same, with the constraint's name in the text
}

bool IsConflictNumber(int number) {
  return number == 1213      // ER_LOCK_DEADLOCK; also a failed certification in a Galera cluster
         || number == 1205   // ER_LOCK_WAIT_TIMEOUT
         || number == 1020;  // ER_CHECKREAD
}

bool IsLimitNumber(int number) {
  return number == 1040      // ER_CON_COUNT_ERROR
         || number == 1203   // ER_TOO_MANY_USER_CONNECTIONS
         || number == 1226   // ER_USER_LIMIT_REACHED
         || number == 1461;  // ER_MAX_PREPARED_STMT_COUNT_REACHED
}

bool IsOutOfTimeNumber(int number) {
  return number == 1317      // ER_QUERY_INTERRUPTED
         || number == 1969   // MariaDB ER_STATEMENT_TIMEOUT
         || number == 3024;  // MySQL ER_QUERY_TIMEOUT
}

// "Duplicate entry '…' for key 'request.request_number'": the entry may hold anything, the key comes last. MySQL puts
// the table's name before it.
std::string ViolatedKey(absl::string_view server_text) {
  const size_t end = server_text.rfind('\'');
  if (end == absl::string_view::npos || end == 0) return "";
  const size_t begin = server_text.rfind('\'', end - 1);
  if (begin == absl::string_view::npos) return "";
  const std::vector<std::string> parts = absl::StrSplit(server_text.substr(begin + 1, end - begin - 1), '.');
  return parts.back();
}

absl::Status WithDatabaseError(absl::Status status, const DatabaseError& error) {
  status.SetPayload(kDatabaseErrorPayload, absl::Cord(absl::StrCat(error.number, "\n", error.sqlstate, "\n",
                                                                   error.commit_lost ? 1 : 0, "\n", error.key)));
  return status;
}

absl::Status StatusFor(int number, absl::string_view text, absl::string_view sql) {
  if (IsDuplicateKeyNumber(number)) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS, text);
  }
  if (IsForeignKeyNumber(number)) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE, text);
  }
  if (IsConflictNumber(number)) {
    return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, text);
  }
  if (LosesConnection(number)) {
    return WithRetryDelay(Error(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, text),
                          kRetryWhenUnavailable);
  }
  if (IsLimitNumber(number)) {
    return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED, text), kRetryWhenFull);
  }
  if (IsOutOfTimeNumber(number)) {
    return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED, text);
  }
  return InternalError(absl::StrCat(text, " in: ", sql.substr(0, kShownSql)));
}

}  // namespace

bool LosesConnection(int number) {
  if (number >= 2000 && number <= 2999) return true;  // the client library's own numbers
  switch (number) {
    case 1047:  // ER_UNKNOWN_COM_ERROR: "WSREP has not yet prepared node for application use"
    case 1053:  // ER_SERVER_SHUTDOWN
    case 1077:  // ER_NORMAL_SHUTDOWN
    case 1079:  // ER_SHUTDOWN_COMPLETE
    case 1153:  // ER_NET_PACKET_TOO_LARGE: the server hangs up after it
    case 1158:  // ER_NET_READ_ERROR and its kin
    case 1159:
    case 1160:
    case 1161:
    case 1290:  // ER_OPTION_PREVENTS_STATEMENT: the server became read-only, a new connection may find its successor
    case 1836:  // ER_READ_ONLY_MODE
    case 1927:  // MariaDB ER_CONNECTION_KILLED
    case 3032:  // MySQL ER_SERVER_OFFLINE_MODE
    case 4031:  // MySQL ER_CLIENT_INTERACTION_TIMEOUT
      return true;
    default:
      return false;
  }
}

bool LeavesTransactionRunning(int number) { return IsDuplicateKeyNumber(number) || IsForeignKeyNumber(number); }

bool IsWorthRunningAgain(int number) { return IsConflictNumber(number) || LosesConnection(number); }

absl::Status DatabaseErrorStatus(int number, absl::string_view sqlstate, absl::string_view server_text,
                                 absl::string_view sql) {
  DatabaseError error{.number = number, .sqlstate = std::string(sqlstate)};
  if (IsDuplicateKeyNumber(number)) error.key = ViolatedKey(server_text);
  return WithDatabaseError(StatusFor(number, absl::StrCat("database error ", number, " (", sqlstate, ")"), sql), error);
}

absl::Status CommitLostStatus(const absl::Status& cause) {
  DatabaseError error = GetDatabaseError(cause).value_or(DatabaseError{});
  error.commit_lost = true;
  return WithDatabaseError(
      WithRetryDelay(Error(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE,
                           absl::StrCat("the outcome of the commit is unknown: database error ", error.number)),
                     kRetryWhenUnavailable),
      error);
}

std::optional<DatabaseError> GetDatabaseError(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kDatabaseErrorPayload);
  if (!payload.has_value()) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(std::string(*payload), absl::MaxSplits('\n', 3));
  DatabaseError error;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &error.number)) return std::nullopt;
  error.sqlstate = parts[1];
  error.commit_lost = parts[2] == "1";
  error.key = parts[3];
  return error;
}

bool IsDuplicateKey(const absl::Status& status) {
  const std::optional<DatabaseError> error = GetDatabaseError(status);
  return error.has_value() && IsDuplicateKeyNumber(error->number);
}

bool IsDuplicateKey(const absl::Status& status, absl::string_view key) {
  const std::optional<DatabaseError> error = GetDatabaseError(status);
  return error.has_value() && IsDuplicateKeyNumber(error->number) && error->key == key;
}

bool IsCommitLost(const absl::Status& status) {
  const std::optional<DatabaseError> error = GetDatabaseError(status);
  return error.has_value() && error->commit_lost;
}

}  // namespace docket::mysql
