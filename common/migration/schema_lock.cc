#include "common/migration/schema_lock.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::migration {
namespace {

constexpr absl::Duration kReleaseTime = absl::Seconds(5);

constexpr char kCreateTable[] =
    "CREATE TABLE IF NOT EXISTS schema_lock ("
    " id TINYINT NOT NULL PRIMARY KEY COMMENT 'always 1',"
    " owner VARBINARY(100) NOT NULL COMMENT 'who migrates, for people',"
    " token VARBINARY(32) NOT NULL COMMENT 'made anew for each migrator',"
    " expires_us BIGINT NOT NULL COMMENT 'free from then on; UTC microseconds'"
    ") ENGINE=InnoDB";

// All migrators go by the database's clock.
constexpr char kInsert[] =
    "INSERT INTO schema_lock (id, owner, token, expires_us)"
    " VALUES (1, ?, ?, CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) + ?)";
constexpr char kTakeOver[] =
    "UPDATE schema_lock SET owner = ?, token = ?, expires_us = CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) + ?"
    " WHERE id = 1 AND expires_us <= CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)";
constexpr char kRenew[] =
    "UPDATE schema_lock SET expires_us = CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) + ? WHERE id = 1 AND token = "
    "?";
constexpr char kRelease[] = "UPDATE schema_lock SET expires_us = 0 WHERE id = 1 AND token = ?";
constexpr char kSelectOwner[] = "SELECT owner FROM schema_lock WHERE id = 1";

std::string RandomToken() {
  absl::BitGen random;
  return absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random), absl::Uniform<uint64_t>(random));
}

absl::StatusOr<bool> Try(mysql::Connection& connection, absl::string_view owner, const std::string& token,
                         int64_t lease_us) {
  absl::StatusOr<int64_t> count = connection.Execute(kTakeOver, {owner, token, lease_us});
  if (count.ok() && *count == 0) {
    count = connection.Execute(kInsert, {owner, token, lease_us});
    if (mysql::IsDuplicateKey(count.status())) return false;
  }
  // In a cluster, or at the same instant, the other one won.
  if (absl::IsAborted(count.status())) return false;
  if (!count.ok()) return count.status();
  return *count == 1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SchemaLock>> SchemaLock::Acquire(mysql::Connection& connection, absl::string_view owner,
                                                                absl::Duration lease, absl::Duration poll_interval,
                                                                absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(connection.ExecuteUnprepared(kCreateTable));
  std::unique_ptr<SchemaLock> lock(new SchemaLock(connection, RandomToken(), lease));
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const bool acquired,
                            Try(connection, owner.substr(0, 100), lock->token_, absl::ToInt64Microseconds(lease)));
    if (acquired) return lock;
    if (absl::Now() + poll_interval >= deadline) break;
    absl::SleepFor(poll_interval);
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, connection.Query(kSelectOwner));
  return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
               absl::StrCat("another migrator is at work: ", rows.empty() ? "" : rows[0].Text(0)));
}

SchemaLock::~SchemaLock() {
  // Also when the migrator's own time is up: otherwise the next one would have to wait for the lease's end.
  connection_.SetDeadline(absl::Now() + kReleaseTime);
  (void)connection_.Execute(kRelease, {token_});
}

absl::Status SchemaLock::Renew() {
  DOCKET_ASSIGN_OR_RETURN(const int64_t count,
                          connection_.Execute(kRenew, {absl::ToInt64Microseconds(lease_), token_}));
  if (count == 1) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "another migrator has taken over");
}

}  // namespace docket::migration
