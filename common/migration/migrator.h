// Brings a database to the schema that the program was written for.
//
//   Migrator migrator({.connection = options, .owner = "request-6f9c"}, request::Schema());
//   DOCKET_ASSIGN_OR_RETURN(const MigrationReport report, migrator.Run(absl::Now() + absl::Minutes(2)));
//
// Two tables keep the state:
//   schema_version  one row per applied migration: version, name, sha256 of its file, when
//   schema_lock     one row while a migrator works: owner, fencing number, until when
//
// Any number of processes may start at once: one holds the lock row and the others wait for it, then find nothing left
// to do. The lock is a lease by the database's own clock, renewed before every statement; one that died is succeeded
// when its lease has run out. A migrator that finds itself succeeded stops before its next statement. Named locks
// (GET_LOCK) are not used because they hold on one cluster node only.
#ifndef DOCKET_COMMON_MIGRATION_MIGRATOR_H_
#define DOCKET_COMMON_MIGRATION_MIGRATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/migration/migration.h"
#include "common/mysql/connection.h"

namespace docket::migration {

struct MigratorOptions {
  // The user needs DDL rights on the database, which must exist.
  mysql::ConnectionOptions connection;
  // Names this process in schema_lock, for people; at most 100 bytes.
  std::string owner;
  // How long the lock outlives a migrator that died. Must exceed the longest single statement.
  absl::Duration lease = absl::Minutes(2);
  // How often a waiting migrator looks again.
  absl::Duration poll_interval = absl::Milliseconds(200);
  // Called before each statement (version, number of the statement in its file from 0); an error stops the run there.
  // For tests.
  std::function<absl::Status(int64_t version, size_t statement)> before_statement;
};

struct MigrationReport {
  // The versions that this run applied, in order.
  std::vector<int64_t> applied;
  // The newest version of the database afterwards.
  int64_t version = 0;
};

class Migrator {
 public:
  Migrator(MigratorOptions options, std::vector<Migration> migrations);

  // Applies what is missing. Safe to repeat and to kill at any moment.
  // Errors: FAILED_PRECONDITION when an applied migration's file has changed since, when the numbering has a gap, or
  // when the database is ahead of and disagrees with this program; DEADLINE_EXCEEDED while another holds the lock; the
  // error of a statement that failed, with the file's version and name in the message. A database that is ahead (a
  // newer release ran already) is left alone and is no error.
  absl::StatusOr<MigrationReport> Run(absl::Time deadline);

  // OK when the database holds every migration of this program, unchanged. What a service asks at its start when
  // another process migrates.
  absl::Status Check(absl::Time deadline);

 private:
  class Session;

  const MigratorOptions options_;
  const std::vector<Migration> migrations_;
};

}  // namespace docket::migration

#endif  // DOCKET_COMMON_MIGRATION_MIGRATOR_H_
