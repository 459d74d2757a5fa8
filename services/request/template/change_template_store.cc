#include "services/request/template/change_template_store.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kInsertTemplate[] =
    "INSERT INTO change_template (organization_id, template_id, title, state, approved_version, latest_version, "
    "creator, retire_reason, withdrawn_for_cause, create_time_us, update_time_us, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUpdateTemplate[] =
    "UPDATE change_template SET title = ?, state = ?, approved_version = ?, latest_version = ?, retire_reason = ?,"
    " withdrawn_for_cause = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND template_id = ? AND revision = ?";
constexpr char kSelectTemplates[] =
    "SELECT organization_id, template_id, title, state, approved_version, latest_version, creator, retire_reason,"
    " withdrawn_for_cause, create_time_us, update_time_us, revision FROM change_template WHERE organization_id = ?";
constexpr char kOneTemplate[] = " AND template_id = ?";
constexpr char kOneTemplateForUpdate[] = " AND template_id = ? FOR UPDATE";
constexpr char kOneTemplateShared[] = " AND template_id = ? LOCK IN SHARE MODE";

constexpr char kInsertVersion[] =
    "INSERT INTO change_template_version (organization_id, template_id, version, title, content, content_sha256,"
    " expire_time_us, state, proposer, decider, state_reason, create_time_us, update_time_us, decide_time_us, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertTarget[] =
    "INSERT INTO change_template_target (organization_id, template_id, version, position, system_id)"
    " VALUES (?, ?, ?, ?, ?)";
constexpr char kUpdateVersion[] =
    "UPDATE change_template_version SET state = ?, decider = ?, state_reason = ?, update_time_us = ?,"
    " decide_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND template_id = ? AND version = ? AND revision = ?";
constexpr char kSelectOpenVersions[] =
    "SELECT version FROM change_template_version WHERE organization_id = ? AND template_id = ? AND state IN (?, ?)"
    " ORDER BY version";
constexpr char kSelectVersions[] =
    "SELECT organization_id, template_id, version, content, content_sha256, state, proposer, decider, state_reason,"
    " create_time_us, update_time_us, decide_time_us, revision FROM change_template_version"
    " WHERE organization_id = ? AND template_id = ?";
constexpr char kOneVersion[] = " AND version = ?";

ChangeTemplate TemplateFromRow(const Row& row) {
  ChangeTemplate read;
  read.organization_id = row.Text(0);
  read.id = row.Text(1);
  read.title = row.Text(2);
  read.state = static_cast<TemplateState>(row.Int(3));
  read.approved_version = static_cast<int>(row.Int(4));
  read.latest_version = static_cast<int>(row.Int(5));
  read.creator = row.Text(6);
  read.retire_reason = row.Text(7);
  read.withdrawn_for_cause = row.Int(8) != 0;
  read.create_time = TimeAt(row, 9);
  read.update_time = TimeAt(row, 10);
  read.revision = row.Int(11);
  return read;
}

absl::StatusOr<ChangeTemplateVersion> VersionFromRow(const Row& row) {
  ChangeTemplateVersion version;
  version.key = {.organization_id = row.Text(0), .template_id = row.Text(1), .number = static_cast<int>(row.Int(2))};
  DOCKET_ASSIGN_OR_RETURN(version.content, ContentFromBytes(row.Text(3)));
  version.content_sha256 = row.Text(4);
  version.state = static_cast<TemplateVersionState>(row.Int(5));
  version.proposer = row.Text(6);
  version.decider = row.Text(7);
  version.state_reason = row.Text(8);
  version.create_time = TimeAt(row, 9);
  version.update_time = TimeAt(row, 10);
  version.decide_time = OptionalTimeAt(row, 11);
  version.revision = row.Int(12);
  return version;
}

std::optional<ChangeTemplate> TemplateFromRows(const std::vector<Row>& rows) {
  if (rows.empty()) return std::nullopt;
  return TemplateFromRow(rows.front());
}

absl::StatusOr<std::optional<ChangeTemplateVersion>> VersionFromRows(const std::vector<Row>& rows) {
  if (rows.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(ChangeTemplateVersion version, VersionFromRow(rows.front()));
  return std::optional<ChangeTemplateVersion>(std::move(version));
}

absl::Status Concurrent() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the template changed meanwhile");
}

// The statement after its fixed conditions.
std::string Listed(absl::string_view select, const TemplateQuery& query) {
  return absl::StrCat(select, " AND ", query.filter.where, " AND ", query.after.where, " ORDER BY ", query.order,
                      " LIMIT ?");
}

}  // namespace

absl::Status ChangeTemplateStore::Insert(mysql::Transaction& tx, const ChangeTemplate& made) {
  const absl::Status inserted =
      tx.Execute(kInsertTemplate,
                 {made.organization_id, made.id, made.title, static_cast<int>(made.state), made.approved_version,
                  made.latest_version, made.creator, made.retire_reason, made.withdrawn_for_cause ? 1 : 0,
                  Micros(made.create_time), Micros(made.update_time), made.revision})
          .status();
  if (!mysql::IsDuplicateKey(inserted)) return inserted;
  return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
               absl::StrCat(made.Name(), " exists already"), {{"resource", made.Name()}});
}

absl::Status ChangeTemplateStore::InsertVersion(mysql::Transaction& tx, const ChangeTemplateVersion& version) {
  const TemplateVersionKey& key = version.key;
  DOCKET_RETURN_IF_ERROR(
      tx.Execute(kInsertVersion, {key.organization_id, key.template_id, key.number, version.content.title,
                                  ContentToBytes(key.organization_id, version.content), version.content_sha256,
                                  Micros(version.content.expire_time), static_cast<int>(version.state),
                                  version.proposer, version.decider, version.state_reason, Micros(version.create_time),
                                  Micros(version.update_time), MicrosOrNull(version.decide_time), version.revision})
          .status());
  for (size_t i = 0; i < version.content.targets.size(); ++i) {
    DOCKET_RETURN_IF_ERROR(tx.Execute(kInsertTarget, {key.organization_id, key.template_id, key.number,
                                                      static_cast<int64_t>(i), version.content.targets[i].system_id})
                               .status());
  }
  return absl::OkStatus();
}

absl::Status ChangeTemplateStore::Save(mysql::Transaction& tx, const ChangeTemplate& changed, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdateTemplate,
      {changed.title, static_cast<int>(changed.state), changed.approved_version, changed.latest_version,
       changed.retire_reason, changed.withdrawn_for_cause ? 1 : 0, Micros(changed.update_time), changed.revision,
       changed.organization_id, changed.id, loaded_revision},
      Concurrent());
}

absl::Status ChangeTemplateStore::SaveVersion(mysql::Transaction& tx, const ChangeTemplateVersion& version,
                                              int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdateVersion,
      {static_cast<int>(version.state), version.decider, version.state_reason, Micros(version.update_time),
       MicrosOrNull(version.decide_time), version.revision, version.key.organization_id, version.key.template_id,
       version.key.number, loaded_revision},
      Concurrent());
}

absl::StatusOr<std::optional<ChangeTemplate>> ChangeTemplateStore::LoadForUpdate(mysql::Transaction& tx,
                                                                                 absl::string_view organization_id,
                                                                                 absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectTemplates, kOneTemplateForUpdate), {organization_id, id}));
  return TemplateFromRows(rows);
}

absl::StatusOr<std::optional<ChangeTemplate>> ChangeTemplateStore::LoadForReference(mysql::Transaction& tx,
                                                                                    absl::string_view organization_id,
                                                                                    absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectTemplates, kOneTemplateShared), {organization_id, id}));
  return TemplateFromRows(rows);
}

absl::StatusOr<std::optional<ChangeTemplateVersion>> ChangeTemplateStore::LoadVersion(mysql::Transaction& tx,
                                                                                      const TemplateVersionKey& key) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(absl::StrCat(kSelectVersions, kOneVersion),
                                                                {key.organization_id, key.template_id, key.number}));
  return VersionFromRows(rows);
}

absl::StatusOr<std::vector<int>> ChangeTemplateStore::OpenVersions(mysql::Transaction& tx,
                                                                   const ChangeTemplate& owner) {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      tx.Query(kSelectOpenVersions, {owner.organization_id, owner.id, static_cast<int>(TemplateVersionState::kProposed),
                                     static_cast<int>(TemplateVersionState::kApproved)}));
  std::vector<int> numbers;
  numbers.reserve(rows.size());
  for (const Row& row : rows) numbers.push_back(static_cast<int>(row.Int(0)));
  return numbers;
}

absl::StatusOr<std::optional<ChangeTemplate>> ChangeTemplateStore::Find(absl::Time deadline,
                                                                        absl::string_view organization_id,
                                                                        absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelectTemplates, kOneTemplate), {organization_id, id}));
  return TemplateFromRows(rows);
}

absl::StatusOr<std::optional<ChangeTemplateVersion>> ChangeTemplateStore::FindVersion(absl::Time deadline,
                                                                                      const TemplateVersionKey& key) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, absl::StrCat(kSelectVersions, kOneVersion),
                                                                   {key.organization_id, key.template_id, key.number}));
  return VersionFromRows(rows);
}

absl::StatusOr<std::vector<ChangeTemplate>> ChangeTemplateStore::List(absl::Time deadline, const TemplateQuery& query,
                                                                      int limit) {
  Params params = {query.organization_id};
  filter::AppendParams(query.filter, params);
  filter::AppendParams(query.after, params);
  params.emplace_back(limit);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, Listed(kSelectTemplates, query), params));
  std::vector<ChangeTemplate> found;
  found.reserve(rows.size());
  for (const Row& row : rows) found.push_back(TemplateFromRow(row));
  return found;
}

absl::StatusOr<std::vector<ChangeTemplateVersion>> ChangeTemplateStore::ListVersions(absl::Time deadline,
                                                                                     const TemplateQuery& query,
                                                                                     int limit) {
  Params params = {query.organization_id, query.template_id};
  filter::AppendParams(query.filter, params);
  filter::AppendParams(query.after, params);
  params.emplace_back(limit);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, Listed(kSelectVersions, query), params));
  std::vector<ChangeTemplateVersion> found;
  found.reserve(rows.size());
  for (const Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(ChangeTemplateVersion version, VersionFromRow(row));
    found.push_back(std::move(version));
  }
  return found;
}

}  // namespace docket::request
