#include "common/migration/migrator.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/migration/schema_lock.h"
#include "common/mysql/error_table.h"
#include "common/status/status_macros.h"

namespace docket::migration {
namespace {

constexpr char kCreateVersionTable[] =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    " track VARBINARY(64) NOT NULL COMMENT 'which numbering',"
    " version BIGINT NOT NULL,"
    " name VARBINARY(200) NOT NULL,"
    " sha256 VARBINARY(64) NOT NULL COMMENT 'of the file, hexadecimal',"
    " applied_us BIGINT NOT NULL COMMENT 'UTC microseconds',"
    " PRIMARY KEY (track, version)"
    ") ENGINE=InnoDB";
constexpr char kSelectVersions[] = "SELECT version, sha256 FROM schema_version WHERE track = ? ORDER BY version";
constexpr char kInsertVersion[] =
    "INSERT INTO schema_version (track, version, name, sha256, applied_us) VALUES (?, ?, ?, ?, ?)";

constexpr int kNoSuchTable = 1146;

// SHA-256 by version.
using Applied = std::map<int64_t, std::string>;

std::string Describe(const std::string& track, const Migration& migration) {
  return absl::StrCat("migration ", track, "/", migration.version, " ", migration.name);
}

absl::Status InContext(const absl::Status& status, absl::string_view context) {
  absl::Status result(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) { result.SetPayload(type, payload); });
  return result;
}

// The state of one track, and how it advances.
class Track {
 public:
  Track(const MigratorOptions& options, const std::vector<Migration>& migrations, mysql::Connection& connection)
      : options_(options), migrations_(migrations), connection_(connection) {}

  // Nothing where the table is missing.
  absl::StatusOr<Applied> ReadApplied() {
    const absl::StatusOr<std::vector<mysql::Row>> rows = connection_.Query(kSelectVersions, {options_.track});
    Applied applied;
    if (!rows.ok()) {
      const std::optional<mysql::DatabaseError> error = mysql::GetDatabaseError(rows.status());
      if (error.has_value() && error->number == kNoSuchTable) return applied;
      return rows.status();
    }
    for (const mysql::Row& row : *rows) applied[row.Int(0)] = row.Text(1);
    return applied;
  }

  absl::Status CheckUnchanged(const Applied& applied) const {
    for (const Migration& migration : migrations_) {
      const auto found = applied.find(migration.version);
      if (found != applied.end() && found->second != Sha256Hex(migration.sql)) {
        return absl::FailedPreconditionError(absl::StrCat(
            Describe(options_.track, migration), " has changed since it was applied; put the change into a new one"));
      }
    }
    return absl::OkStatus();
  }

  // The first migration that is missing, or nullptr.
  const Migration* FirstMissing(const Applied& applied) const {
    const auto missing = std::find_if(migrations_.begin(), migrations_.end(),
                                      [&](const Migration& migration) { return !applied.contains(migration.version); });
    return missing == migrations_.end() ? nullptr : &*missing;
  }

  absl::Status Apply(const Migration& migration, SchemaLock& lock) {
    const std::string description = Describe(options_.track, migration);
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> statements, SplitStatements(migration.sql));
    for (size_t i = 0; i < statements.size(); ++i) {
      DOCKET_RETURN_IF_ERROR(lock.Renew());
      if (options_.before_statement) DOCKET_RETURN_IF_ERROR(options_.before_statement(migration.version, i));
      const absl::Status status = connection_.ExecuteUnprepared(statements[i]);
      if (!status.ok()) return InContext(status, absl::StrCat(description, ", statement ", i + 1));
    }
    return InContextOrOk(Record(migration, lock), description);
  }

 private:
  static absl::Status InContextOrOk(const absl::Status& status, absl::string_view context) {
    return status.ok() ? status : InContext(status, context);
  }

  // Only who still holds the lock may say that the migration is done.
  absl::Status Record(const Migration& migration, SchemaLock& lock) {
    DOCKET_RETURN_IF_ERROR(connection_.ExecuteUnprepared("START TRANSACTION"));
    absl::Status status = lock.Renew();
    if (status.ok()) {
      status = connection_
                   .Execute(kInsertVersion, {options_.track, migration.version, migration.name,
                                             Sha256Hex(migration.sql), absl::ToUnixMicros(absl::Now())})
                   .status();
    }
    if (status.ok()) status = connection_.ExecuteUnprepared("COMMIT");
    if (!status.ok()) (void)connection_.Rollback();
    return status;
  }

  const MigratorOptions& options_;
  const std::vector<Migration>& migrations_;
  mysql::Connection& connection_;
};

absl::Status CheckForm(const std::string& track, const std::vector<Migration>& migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version != static_cast<int64_t>(i) + 1) {
      return absl::InvalidArgumentError(absl::StrCat(Describe(track, migrations[i]), " stands in place ", i + 1));
    }
    const absl::Status splits = SplitStatements(migrations[i].sql).status();
    if (!splits.ok()) return InContext(splits, Describe(track, migrations[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<mysql::Connection>> Open(const MigratorOptions& options, absl::Time deadline) {
  mysql::ConnectionOptions connection = options.connection;
  // A statement may take as long as the lock lasts without being renewed.
  connection.read_timeout = options.lease;
  return mysql::Connection::Open(connection, deadline);
}

}  // namespace

Migrator::Migrator(MigratorOptions options, std::vector<Migration> migrations)
    : options_(std::move(options)), migrations_(std::move(migrations)) {}

absl::StatusOr<MigrationReport> Migrator::Run(absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(CheckForm(options_.track, migrations_));
  DOCKET_ASSIGN_OR_RETURN(const std::unique_ptr<mysql::Connection> connection, Open(options_, deadline));
  Track track(options_, migrations_, *connection);
  MigrationReport report;
  // The usual case at a process's start, which needs no lock: nothing to do.
  DOCKET_ASSIGN_OR_RETURN(Applied applied, track.ReadApplied());
  DOCKET_RETURN_IF_ERROR(track.CheckUnchanged(applied));
  if (track.FirstMissing(applied) != nullptr) {
    DOCKET_ASSIGN_OR_RETURN(
        const std::unique_ptr<SchemaLock> lock,
        SchemaLock::Acquire(*connection, options_.owner, options_.lease, options_.poll_interval, deadline));
    DOCKET_RETURN_IF_ERROR(connection->ExecuteUnprepared(kCreateVersionTable));
    // Who held the lock before may have done it all.
    DOCKET_ASSIGN_OR_RETURN(applied, track.ReadApplied());
    DOCKET_RETURN_IF_ERROR(track.CheckUnchanged(applied));
    while (const Migration* const missing = track.FirstMissing(applied)) {
      DOCKET_RETURN_IF_ERROR(track.Apply(*missing, *lock));
      applied[missing->version] = Sha256Hex(missing->sql);
      report.applied.push_back(missing->version);
    }
  }
  if (!applied.empty()) report.version = applied.rbegin()->first;
  return report;
}

absl::Status Migrator::Check(absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(CheckForm(options_.track, migrations_));
  DOCKET_ASSIGN_OR_RETURN(const std::unique_ptr<mysql::Connection> connection, Open(options_, deadline));
  Track track(options_, migrations_, *connection);
  DOCKET_ASSIGN_OR_RETURN(const Applied applied, track.ReadApplied());
  DOCKET_RETURN_IF_ERROR(track.CheckUnchanged(applied));
  if (const Migration* const missing = track.FirstMissing(applied)) {
    return absl::FailedPreconditionError(absl::StrCat(Describe(options_.track, *missing), " is not applied yet"));
  }
  return absl::OkStatus();
}

}  // namespace docket::migration
