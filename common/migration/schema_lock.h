// The lease row that lets one migrator work on a database at a time.
#ifndef DOCKET_COMMON_MIGRATION_SCHEMA_LOCK_H_
#define DOCKET_COMMON_MIGRATION_SCHEMA_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/connection.h"

namespace docket::migration {

class SchemaLock {
 public:
  // Makes the lock's table where it is missing, then waits for the lock. DEADLINE_EXCEEDED names who holds it.
  // The connection is used by the lock too, until the lock ends.
  static absl::StatusOr<std::unique_ptr<SchemaLock>> Acquire(mysql::Connection& connection, absl::string_view owner,
                                                             absl::Duration lease, absl::Duration poll_interval,
                                                             absl::Time deadline);
  // Gives the lock back, where it is still held. A lock whose connection is lost runs out.
  ~SchemaLock();
  SchemaLock(const SchemaLock&) = delete;
  SchemaLock& operator=(const SchemaLock&) = delete;

  // Extends the lease. Inside a transaction this also keeps any other from taking the lock before its end.
  // ABORTED when another has taken it.
  absl::Status Renew();

 private:
  SchemaLock(mysql::Connection& connection, std::string token, absl::Duration lease)
      : connection_(connection), token_(std::move(token)), lease_(lease) {}

  mysql::Connection& connection_;
  // Random, so that two migrators with the same owner do not take each other's lock for their own.
  const std::string token_;
  const absl::Duration lease_;
};

}  // namespace docket::migration

#endif  // DOCKET_COMMON_MIGRATION_SCHEMA_LOCK_H_
