#include "services/request/drift/version_drift_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/listing/walked_page.h"
#include "common/mysql/error_table.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Row;

constexpr char kInsert[] =
    "INSERT INTO version_drift (organization_id, drift_id, system_id, component_id, installed_version,"
    " observed_version, version_key, direction, state, resolved_as, request_id, source, first_observe_us,"
    " last_observe_us, observations, create_time_us, resolve_time_us)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, NULL)";
constexpr char kAddObservation[] =
    "UPDATE version_drift SET observations = observations + 1, last_observe_us = GREATEST(last_observe_us, ?)"
    " WHERE organization_id = ? AND drift_id = ? AND state = 1";
constexpr char kResolve[] =
    "UPDATE version_drift SET state = 2, resolved_as = drift_id, resolve_time_us = ?"
    " WHERE organization_id = ? AND drift_id = ? AND state = 1";
// The conditions follow.
constexpr char kSelect[] =
    "SELECT organization_id, drift_id, system_id, component_id, installed_version, observed_version, direction, state,"
    " request_id, source, first_observe_us, last_observe_us, observations, create_time_us, resolve_time_us"
    " FROM version_drift";
constexpr char kOpen[] =
    " WHERE organization_id = ? AND system_id = ? AND component_id = ? AND version_key = ? AND resolved_as = ''"
    " FOR UPDATE";
constexpr char kEndedSince[] =
    "SELECT 1 FROM version_drift WHERE organization_id = ? AND system_id = ? AND component_id = ? AND version_key = ?"
    " AND resolve_time_us >= ? LIMIT 1";
constexpr char kOne[] = " WHERE organization_id = ? AND drift_id = ?";

const WalkedTable& Table() {
  static const auto& table =
      *new WalkedTable{.name = "version_drift",
                       .select = kSelect,
                       .key = "drift_id",
                       .orders = {{"create_time", "PRIMARY"}, {"system", "by_system"}},
                       .values = {{.field = "state", .index = "by_state", .column = "state", .table = ""},
                                  {.field = "system", .index = "by_system", .column = "system_id", .table = ""}}};
  return table;
}

TallyKey KeyOf(const VersionDrift& drift, DriftState state) {
  return {.organization_id = drift.organization_id,
          .tallied = Tallied::kVersionDrifts,
          .state = static_cast<int>(state),
          .kind = static_cast<int>(drift.direction),
          .owner = drift.system_id};
}

VersionDrift DriftFromRow(const Row& row) {
  VersionDrift drift;
  drift.organization_id = row.Text(0);
  drift.id = row.Text(1);
  drift.system_id = row.Text(2);
  drift.component = row.Text(3);
  drift.installed_version = row.Text(4);
  drift.observed_version = row.Text(5);
  drift.direction = static_cast<DriftDirection>(row.Int(6));
  drift.state = static_cast<DriftState>(row.Int(7));
  drift.request_id = row.Text(8);
  drift.source = row.Text(9);
  drift.first_observed = TimeAt(row, 10);
  drift.last_observed = TimeAt(row, 11);
  drift.observations = row.Int(12);
  drift.create_time = TimeAt(row, 13);
  drift.resolve_time = OptionalTimeAt(row, 14);
  return drift;
}

std::optional<VersionDrift> FirstOf(const std::vector<Row>& rows) {
  if (rows.empty()) return std::nullopt;
  return DriftFromRow(rows.front());
}

absl::Status ChangedMeanwhile() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the drift changed meanwhile");
}

}  // namespace

absl::Status VersionDriftStore::Insert(mysql::Transaction& tx, const VersionDrift& drift) {
  const absl::Status inserted =
      tx.Execute(kInsert,
                 {drift.organization_id, drift.id, drift.system_id, drift.component, drift.installed_version,
                  drift.observed_version, VersionKey(drift.observed_version), static_cast<int>(drift.direction),
                  static_cast<int>(drift.state), drift.request_id, drift.source, Micros(drift.first_observed),
                  Micros(drift.last_observed), drift.observations, Micros(drift.create_time)})
          .status();
  if (mysql::IsDuplicateKey(inserted)) return ChangedMeanwhile();
  DOCKET_RETURN_IF_ERROR(inserted);
  TallyChanges tallied;
  tallied.Add(KeyOf(drift, drift.state), drift.id, 1);
  return tallies_.Apply(tx, tallied);
}

absl::Status VersionDriftStore::AddObservation(mysql::Transaction& tx, const VersionDrift& drift, absl::Time observed) {
  return tx.ExecuteExpectingOne(kAddObservation, {Micros(observed), drift.organization_id, drift.id},
                                ChangedMeanwhile());
}

absl::Status VersionDriftStore::Resolve(mysql::Transaction& tx, const VersionDrift& drift, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(
      tx.ExecuteExpectingOne(kResolve, {Micros(now), drift.organization_id, drift.id}, ChangedMeanwhile()));
  TallyChanges tallied;
  tallied.Move(KeyOf(drift, DriftState::kOpen), KeyOf(drift, DriftState::kResolved), drift.id);
  return tallies_.Apply(tx, tallied);
}

absl::StatusOr<std::optional<VersionDrift>> VersionDriftStore::LoadOpen(mysql::Transaction& tx,
                                                                        absl::string_view organization_id,
                                                                        absl::string_view system_id,
                                                                        absl::string_view component,
                                                                        absl::string_view version) {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      tx.Query(absl::StrCat(kSelect, kOpen), {organization_id, system_id, component, VersionKey(version)}));
  return FirstOf(rows);
}

absl::StatusOr<bool> VersionDriftStore::EndedSince(mysql::Transaction& tx, absl::string_view organization_id,
                                                   absl::string_view system_id, absl::string_view component,
                                                   absl::string_view version, absl::Time since) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kEndedSince, {organization_id, system_id, component,
                                                                              VersionKey(version), Micros(since)}));
  return !rows.empty();
}

absl::StatusOr<std::optional<VersionDrift>> VersionDriftStore::Find(absl::Time deadline,
                                                                    absl::string_view organization_id,
                                                                    absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelect, kOne), {organization_id, id}));
  return FirstOf(rows);
}

absl::StatusOr<Listed<VersionDrift>> VersionDriftStore::List(absl::Time deadline, absl::string_view organization_id,
                                                             const ListPage& page) {
  DOCKET_ASSIGN_OR_RETURN(Listed<Row> found, WalkPage(pool_, deadline, Table(), organization_id, page));
  Listed<VersionDrift> drifts{.rows = {}, .reached = std::move(found.reached)};
  drifts.rows.reserve(found.rows.size());
  for (const Row& row : found.rows) drifts.rows.push_back(DriftFromRow(row));
  return drifts;
}

}  // namespace docket::request
