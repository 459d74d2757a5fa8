#include "services/audit/privacy/retention_store.h"

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr char kSelect[] = "SELECT document, revision FROM retention_policy WHERE organization_id = ?";
constexpr char kInsert[] = "INSERT INTO retention_policy (organization_id, document, revision) VALUES (?, ?, 1)";
constexpr char kUpdate[] =
    "UPDATE retention_policy SET document = ?, revision = revision + 1 WHERE organization_id = ? AND revision = ?";
constexpr char kListOrganizations[] =
    "SELECT organization_id FROM retention_policy WHERE organization_id > ? ORDER BY organization_id LIMIT ?";
constexpr char kAddProgress[] =
    "INSERT INTO retention_progress (organization_id, event_type, next_index) VALUES (?, ?, 0) "
    "ON DUPLICATE KEY UPDATE next_index = next_index";
constexpr char kLockProgress[] =
    "SELECT next_index FROM retention_progress WHERE organization_id = ? AND event_type = ? FOR UPDATE";
constexpr char kSaveProgress[] =
    "UPDATE retention_progress SET next_index = ? WHERE organization_id = ? AND event_type = ?";
constexpr char kResetProgress[] = "UPDATE retention_progress SET next_index = 0 WHERE organization_id = ?";
constexpr char kSelectEntries[] =
    "SELECT log_index, change_name, actor, type, receive_us FROM entry WHERE organization_id = ? AND ";

absl::StatusOr<v1::RetentionPolicy> FromRows(absl::string_view organization_id, const std::vector<mysql::Row>& rows) {
  v1::RetentionPolicy policy;
  if (!rows.empty() && !policy.ParseFromString(rows[0].Text(0))) {
    return InternalError("a stored retention policy cannot be read");
  }
  policy.set_name(absl::StrCat(OrganizationName(organization_id), "/retentionPolicy"));
  policy.set_etag(absl::StrCat(rows.empty() ? 0 : rows[0].Int(1)));
  return policy;
}

}  // namespace

absl::StatusOr<v1::RetentionPolicy> RetentionStore::Get(absl::string_view organization_id, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelect, mysql::Params{organization_id}));
  return FromRows(organization_id, rows);
}

absl::StatusOr<v1::RetentionPolicy> RetentionStore::Lock(mysql::Transaction& tx, absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          tx.Query(absl::StrCat(kSelect, " FOR UPDATE"), mysql::Params{organization_id}));
  return FromRows(organization_id, rows);
}

absl::Status RetentionStore::Save(mysql::Transaction& tx, const v1::RetentionPolicy& policy, int64_t before_revision) {
  v1::RetentionPolicy document = policy;
  document.clear_etag();
  const std::string organization_id = OrganizationId(policy.name());
  const absl::Status changed =
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the retention policy was changed meanwhile");
  if (before_revision > 0) {
    return tx.ExecuteExpectingOne(
        kUpdate, mysql::Params{document.SerializeAsString(), organization_id, before_revision}, changed);
  }
  const absl::Status inserted =
      tx.Execute(kInsert, mysql::Params{organization_id, document.SerializeAsString()}).status();
  return absl::IsAlreadyExists(inserted) ? changed : inserted;
}

absl::StatusOr<std::vector<std::string>> RetentionStore::ListOrganizations(absl::string_view after, int limit,
                                                                           absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kListOrganizations, mysql::Params{after, limit}));
  std::vector<std::string> organizations;
  for (const mysql::Row& row : rows) organizations.push_back(row.Text(0));
  return organizations;
}

absl::StatusOr<uint64_t> RetentionStore::LockProgress(mysql::Transaction& tx, absl::string_view organization_id,
                                                      absl::string_view event_type) {
  const mysql::Params key{organization_id, event_type};
  DOCKET_RETURN_IF_ERROR(tx.Execute(kAddProgress, key).status());
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kLockProgress, key));
  if (rows.empty()) return InternalError("the progress of retention went away");
  return rows[0].UInt(0);
}

absl::Status RetentionStore::SaveProgress(mysql::Transaction& tx, absl::string_view organization_id,
                                          absl::string_view event_type, uint64_t next_index) {
  return tx.Execute(kSaveProgress, mysql::Params{next_index, organization_id, event_type}).status();
}

absl::Status RetentionStore::ResetProgress(mysql::Transaction& tx, absl::string_view organization_id) {
  return tx.Execute(kResetProgress, mysql::Params{organization_id}).status();
}

absl::StatusOr<std::vector<EntryFacts>> RetentionStore::SelectEntries(mysql::Transaction& tx,
                                                                      absl::string_view organization_id,
                                                                      absl::string_view event_type, uint64_t begin,
                                                                      int limit) {
  std::string sql = kSelectEntries;
  mysql::Params params{organization_id};
  if (!event_type.empty()) {
    sql.append("type = ? AND ");
    params.emplace_back(event_type);
  }
  sql.append("log_index >= ? ORDER BY log_index LIMIT ?");
  params.emplace_back(begin);
  params.emplace_back(limit);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(sql, params));
  std::vector<EntryFacts> entries;
  for (const mysql::Row& row : rows) {
    entries.push_back({.index = row.UInt(0),
                       .change = row.Text(1),
                       .actor = row.Text(2),
                       .type = row.Text(3),
                       .receive_us = row.Int(4)});
  }
  return entries;
}

}  // namespace docket::audit
