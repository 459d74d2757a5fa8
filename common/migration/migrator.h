// Brings a database to the schema that the program was written for.
//
//   Migrator migrator({.connection = options, .track = "request", .owner = "request-6f9c"}, request::Schema());
//   DOCKET_ASSIGN_OR_RETURN(const MigrationReport report, migrator.Run(absl::Now() + absl::Minutes(2)));
//
// A database may hold several schemas that are numbered apart, e.g. the service's own and the event tables' of
// common/events; each is a track.
//
// Two tables keep the state:
//   schema_version  one row per applied migration: track, version, name, SHA-256 of its file, when
//   schema_lock     one row: who may migrate until when
//
// Any number of processes may start at once: one holds the lock, the others wait and then find nothing left to do. The
// lock is a lease by the database's clock, renewed before every statement; a migrator that died is succeeded when its
// lease has run out, and one that was taken for dead stops before its next statement. Named locks (GET_LOCK) are not
// used because they hold on one node of a cluster only.
#ifndef DOCKET_COMMON_MIGRATION_MIGRATOR_H_
#define DOCKET_COMMON_MIGRATION_MIGRATOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
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
  // Which numbering these migrations belong to; at most 64 bytes.
  std::string track;
  // Names this process in schema_lock, for people; at most 100 bytes.
  std::string owner;
  // How long the lock outlives a migrator that died. Longer than any one statement takes: a statement is stopped after
  // it.
  absl::Duration lease = absl::Minutes(2);
  // How often a waiting migrator looks again.
  absl::Duration poll_interval = absl::Milliseconds(100);
  // Called before each statement with its migration's version and its place in the file from 0; an error ends the run
  // there. For tests.
  std::function<absl::Status(int64_t version, size_t statement)> before_statement;
};

struct MigrationReport {
  // The versions that this run applied, in order.
  std::vector<int64_t> applied;
  // The track's newest version afterwards; 0 where there is none.
  int64_t version = 0;
};

class Migrator {
 public:
  // `migrations` in the order of their versions, which begin with 1 and have no gaps.
  Migrator(MigratorOptions options, std::vector<Migration> migrations);

  // Applies what is missing. Safe to repeat, to run in many processes, and to kill at any moment.
  // Errors:
  //   INVALID_ARGUMENT     the migrations are not numbered as they must be, or one cannot be split into statements
  //   FAILED_PRECONDITION  the file of an applied migration has changed since
  //   DEADLINE_EXCEEDED    another migrator held the lock until the deadline
  //   ABORTED              this migrator took so long that another succeeded it
  //   and the error of a statement that failed, with the migration's name in the message.
  // A database ahead of the program, because a newer release has migrated it, is left alone and is no error.
  absl::StatusOr<MigrationReport> Run(absl::Time deadline);

  // OK when the database holds all migrations of this program, unchanged; else FAILED_PRECONDITION. Needs only SELECT
  // rights: what a service asks at its start.
  absl::Status Check(absl::Time deadline);

 private:
  const MigratorOptions options_;
  const std::vector<Migration> migrations_;
};

}  // namespace docket::migration

#endif  // DOCKET_COMMON_MIGRATION_MIGRATOR_H_
