#include "services/audit/privacy/redaction_store.h"

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/stored_time.h"

namespace docket::audit {
namespace {

constexpr char kInsert[] =
    "INSERT INTO redaction (organization_id, redaction_id, state, data_subject, legal_basis, proposer, decider, "
    "propose_us, document, revision) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, 1)";
constexpr char kSelect[] =
    "SELECT redaction_id, document, revision FROM redaction WHERE organization_id = ? AND redaction_id = ?";
constexpr char kUpdate[] =
    "UPDATE redaction SET state = ?, decider = ?, document = ?, revision = revision + 1 "
    "WHERE organization_id = ? AND redaction_id = ? AND revision = ?";
constexpr char kList[] = "SELECT redaction_id, document, revision FROM redaction WHERE organization_id = ? AND ";
constexpr char kListApproved[] =
    "SELECT organization_id, redaction_id FROM redaction WHERE state = 2 AND (organization_id > ? OR "
    "(organization_id = ? AND redaction_id > ?)) ORDER BY organization_id, redaction_id LIMIT ?";

absl::StatusOr<mysql::Params> KeyOf(const std::string& name) {
  const std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value()) return NotFoundError(name);
  return mysql::Params{OrganizationId(name), *id};
}

absl::StatusOr<StoredRedaction> FromRow(const mysql::Row& row) {
  StoredRedaction stored{.revision = row.Int(2), .id = row.Text(0)};
  if (!stored.redaction.ParseFromString(row.Text(1))) return InternalError("a stored redaction cannot be read");
  stored.redaction.set_etag(absl::StrCat(stored.revision));
  return stored;
}

std::string DocumentOf(v1::Redaction redaction) {
  redaction.clear_etag();
  return redaction.SerializeAsString();
}

}  // namespace

std::string RedactionName(absl::string_view organization_id, absl::string_view id) {
  return ChildName(OrganizationName(organization_id), "redactions", FormatUuid(id));
}

absl::Status RedactionStore::Insert(mysql::Transaction& tx, const v1::Redaction& redaction) {
  DOCKET_ASSIGN_OR_RETURN(mysql::Params params, KeyOf(redaction.name()));
  params.insert(params.end(), {static_cast<int>(redaction.state()), redaction.data_subject(),
                               static_cast<int>(redaction.legal_basis()), redaction.proposer(),
                               MicrosOf(redaction.propose_time()), DocumentOf(redaction)});
  return tx.Execute(kInsert, params).status();
}

absl::StatusOr<StoredRedaction> RedactionStore::Lock(mysql::Transaction& tx, const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const mysql::Params key, KeyOf(name));
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(kSelect, " FOR UPDATE"), key));
  if (rows.empty()) return NotFoundError(name);
  return FromRow(rows[0]);
}

absl::Status RedactionStore::Save(mysql::Transaction& tx, StoredRedaction& stored) {
  const v1::Redaction& redaction = stored.redaction;
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
      kUpdate,
      mysql::Params{static_cast<int>(redaction.state()), redaction.decider(), DocumentOf(redaction),
                    OrganizationId(redaction.name()), stored.id, stored.revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the redaction was changed meanwhile")));
  stored.redaction.set_etag(absl::StrCat(++stored.revision));
  return absl::OkStatus();
}

absl::StatusOr<StoredRedaction> RedactionStore::Get(const std::string& name, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const mysql::Params key, KeyOf(name));
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelect, key));
  if (rows.empty()) return NotFoundError(name);
  return FromRow(rows[0]);
}

absl::StatusOr<std::vector<StoredRedaction>> RedactionStore::List(absl::string_view organization_id,
                                                                  const ListPage& page, absl::Time deadline) const {
  mysql::Params params{organization_id};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, absl::StrCat(kList, page.sql()), params));
  std::vector<StoredRedaction> redactions;
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(StoredRedaction stored, FromRow(row));
    redactions.push_back(std::move(stored));
  }
  return redactions;
}

absl::StatusOr<std::vector<std::string>> RedactionStore::ListApproved(const std::string& after, int limit,
                                                                      absl::Time deadline) const {
  const std::string organization_id = OrganizationId(after);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kListApproved,
                                                       mysql::Params{organization_id, organization_id,
                                                                     ParseUuid(LastId(after)).value_or(""), limit}));
  std::vector<std::string> names;
  for (const mysql::Row& row : rows) names.push_back(RedactionName(row.Text(0), row.Text(1)));
  return names;
}

}  // namespace docket::audit
