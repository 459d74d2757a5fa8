#include "services/audit/register_store.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/register.h"
#include "services/audit/register_version_store.h"

namespace docket::audit {
namespace {

constexpr char kAdvanceCounter[] =
    "INSERT INTO register_number (organization_id, series, year, last) VALUES (?, ?, ?, 1) ON DUPLICATE KEY UPDATE "
    "last = last + 1";
constexpr char kSelectCounter[] =
    "SELECT last FROM register_number WHERE organization_id = ? AND series = ? AND year = ?";

constexpr char kInsertFiling[] =
    "INSERT INTO filing (organization_id, number, state, plan_id, plan_sha256, title, filer, file_us, document, "
    "revision) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
constexpr char kSelectFiling[] =
    "SELECT state, acknowledger, acknowledge_us, document, revision FROM filing WHERE organization_id = ? AND number = "
    "?";
constexpr char kAcknowledge[] =
    "UPDATE filing SET state = ?, acknowledger = ?, acknowledge_us = ?, revision = revision + 1 "
    "WHERE organization_id = ? AND number = ? AND revision = ?";
constexpr char kListFilings[] =
    "SELECT f.state, f.acknowledger, f.acknowledge_us, f.document, f.revision FROM filing AS f "
    "WHERE f.organization_id = ? AND f.number > ? AND f.number < ? AND ";
constexpr char kSelectAcknowledged[] =
    "SELECT state, acknowledger, acknowledge_us, document, revision FROM filing "
    "WHERE organization_id = ? AND plan_id = ? AND state = ? ORDER BY number DESC LIMIT 1";

constexpr char kInsertRegistration[] =
    "INSERT INTO registration (organization_id, number, plan_id, corrects, title, result, registrar, register_us, "
    "document) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
// A registration is corrected once at most, by one of the same plan: the unique key finds it.
constexpr char kFromRegistration[] =
    "SELECT r.document, c.number FROM registration AS r LEFT JOIN registration AS c "
    "ON c.organization_id = r.organization_id AND c.plan_id = r.plan_id AND c.corrects = r.number "
    "WHERE r.organization_id = ? AND ";
constexpr char kSelectFilingRecord[] = "SELECT document FROM filing WHERE organization_id = ? AND number = ?";
constexpr char kSelectRegistrationRecord[] =
    "SELECT document FROM registration WHERE organization_id = ? AND number = ?";

// Above every number.
constexpr char kLast[] = "~";

int64_t MicrosOf(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000 + time.nanos() / 1000; }

std::string NumberOf(absl::string_view name) { return absl::AsciiStrToUpper(LastId(name)); }

absl::StatusOr<StoredFiling> FilingOf(const mysql::Row& row) {
  StoredFiling stored{.revision = row.Int(4)};
  if (!stored.filing.ParseFromString(row.Text(3))) return absl::DataLossError("a stored filing cannot be read");
  stored.filing.set_state(static_cast<v1::Filing::State>(row.Int(0)));
  stored.filing.set_acknowledger(row.Text(1));
  if (const int64_t micros = row.Int(2); micros != 0) {
    stored.filing.mutable_acknowledge_time()->set_seconds(micros / 1'000'000);
    stored.filing.mutable_acknowledge_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  }
  stored.filing.set_etag(absl::StrCat(stored.revision));
  return stored;
}

absl::StatusOr<v1::Registration> RegistrationOf(const mysql::Row& row) {
  v1::Registration registration;
  if (!registration.ParseFromString(row.Text(0))) return absl::DataLossError("a stored registration cannot be read");
  if (!row.IsNull(1)) {
    registration.set_corrected_by(ChildName(ParentOf(registration.name()), "registrations", NumberId(row.Text(1))));
  }
  return registration;
}

mysql::Params KeyOf(absl::string_view name) { return {OrganizationId(name), NumberOf(name)}; }

mysql::Params SelectionParams(const RegisterSelection& selection) {
  mysql::Params params{selection.organization_id, selection.after_number,
                       selection.before_number.empty() ? std::string(kLast) : selection.before_number};
  filter::AppendParams(selection.condition, params);
  params.emplace_back(selection.limit);
  return params;
}

// `number` is the column. Every row of the order is read through the primary key.
std::string Ordered(absl::string_view number, const RegisterSelection& selection) {
  return absl::StrCat(selection.condition.where, " ORDER BY ", number, selection.newest_first ? " DESC" : " ASC",
                      " LIMIT ?");
}

std::string SelectRegistrationSql() { return absl::StrCat(kFromRegistration, "r.number = ?"); }

absl::Status AlreadyExists(absl::string_view message, absl::string_view resource) {
  return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS, message,
               {{"resource", std::string(resource)}});
}

}  // namespace

absl::StatusOr<int64_t> RegisterStore::TakeNumber(mysql::Transaction& tx, absl::string_view organization_id,
                                                  absl::string_view series, int year) {
  const mysql::Params key{organization_id, series, year};
  DOCKET_RETURN_IF_ERROR(tx.Execute(kAdvanceCounter, key).status());
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectCounter, key));
  if (rows.size() != 1) return InternalError("the counter of a series went away");
  if (rows[0].Int(0) <= kMaxNumber) return rows[0].Int(0);
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
               "the numbers of this year are used up", {{"limit", absl::StrCat(kMaxNumber)}});
}

absl::Status RegisterStore::InsertFiling(mysql::Transaction& tx, const v1::Filing& filing) {
  const absl::Status inserted =
      tx.Execute(kInsertFiling,
                 mysql::Params{OrganizationId(filing.name()), filing.number(), static_cast<int>(filing.state()),
                               LastId(filing.plan()), absl::HexStringToBytes(filing.plan_sha256()), filing.title(),
                               filing.filer(), MicrosOf(filing.file_time()), filing.SerializeAsString()})
          .status();
  if (inserted.ok()) return InsertVersions(tx, filing.name(), filing.number(), filing.targets());
  if (!mysql::IsDuplicateKey(inserted, "filing_content")) return inserted;
  return AlreadyExists("the plan's present content is filed already", filing.plan());
}

absl::StatusOr<StoredFiling> RegisterStore::LockFiling(mysql::Transaction& tx, absl::string_view name) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(kSelectFiling, " FOR UPDATE"), KeyOf(name)));
  if (rows.empty()) return docket::NotFoundError(name);
  return FilingOf(rows[0]);
}

absl::Status RegisterStore::SaveAcknowledgement(mysql::Transaction& tx, const StoredFiling& stored) {
  const v1::Filing& filing = stored.filing;
  return tx.ExecuteExpectingOne(
      kAcknowledge,
      mysql::Params{static_cast<int>(filing.state()), filing.acknowledger(), MicrosOf(filing.acknowledge_time()),
                    OrganizationId(filing.name()), filing.number(), stored.revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the filing was changed meanwhile"));
}

absl::StatusOr<StoredFiling> RegisterStore::GetFiling(absl::string_view name, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectFiling, KeyOf(name)));
  if (rows.empty()) return docket::NotFoundError(name);
  return FilingOf(rows[0]);
}

absl::StatusOr<std::vector<StoredFiling>> RegisterStore::ListFilings(const RegisterSelection& selection,
                                                                     absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(
      const auto rows,
      pool_.Query(deadline, absl::StrCat(kListFilings, Ordered("f.number", selection)), SelectionParams(selection)));
  std::vector<StoredFiling> filings;
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(StoredFiling filing, FilingOf(row));
    filings.push_back(std::move(filing));
  }
  return filings;
}

absl::StatusOr<std::optional<StoredFiling>> RegisterStore::LastAcknowledged(mysql::Transaction& tx,
                                                                            absl::string_view plan) {
  DOCKET_ASSIGN_OR_RETURN(
      const auto rows, tx.Query(kSelectAcknowledged, mysql::Params{OrganizationId(plan), LastId(plan),
                                                                   static_cast<int>(v1::Filing::STATE_ACKNOWLEDGED)}));
  if (rows.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(StoredFiling filing, FilingOf(rows[0]));
  return filing;
}

absl::Status RegisterStore::InsertRegistration(mysql::Transaction& tx, const v1::Registration& registration) {
  const absl::Status inserted =
      tx.Execute(kInsertRegistration,
                 mysql::Params{OrganizationId(registration.name()), registration.number(), LastId(registration.plan()),
                               registration.corrects().empty() ? "" : NumberOf(registration.corrects()),
                               registration.title(), static_cast<int>(registration.result()), registration.registrar(),
                               MicrosOf(registration.register_time()), registration.SerializeAsString()})
          .status();
  if (inserted.ok()) {
    return InsertVersions(tx, registration.name(), registration.number(), registration.versions());
  }
  if (!mysql::IsDuplicateKey(inserted, "registration_once")) return inserted;
  return AlreadyExists(registration.corrects().empty()
                           ? "the change is in the register already; a correction names what it corrects"
                           : "the registration was corrected already; correct the correction",
                       registration.plan());
}

absl::StatusOr<v1::Registration> RegisterStore::GetRegistration(absl::string_view name, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, SelectRegistrationSql(), KeyOf(name)));
  if (rows.empty()) return docket::NotFoundError(name);
  return RegistrationOf(rows[0]);
}

absl::StatusOr<v1::Registration> RegisterStore::GetRegistration(mysql::Transaction& tx, absl::string_view name) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(SelectRegistrationSql(), KeyOf(name)));
  if (rows.empty()) return docket::NotFoundError(name);
  return RegistrationOf(rows[0]);
}

absl::StatusOr<std::optional<std::string>> RegisterStore::ReadRecord(absl::string_view name,
                                                                     absl::Time deadline) const {
  const bool filing = absl::StrContains(name, "/filings/");
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          pool_.Query(deadline, filing ? kSelectFilingRecord : kSelectRegistrationRecord, KeyOf(name)));
  if (rows.empty()) return std::nullopt;
  return rows[0].Text(0);
}

absl::StatusOr<std::vector<v1::Registration>> RegisterStore::ListRegistrations(const RegisterSelection& selection,
                                                                               absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(
      const auto rows,
      pool_.Query(deadline,
                  absl::StrCat(kFromRegistration, "r.number > ? AND r.number < ? AND ", Ordered("r.number", selection)),
                  SelectionParams(selection)));
  std::vector<v1::Registration> registrations;
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(v1::Registration registration, RegistrationOf(row));
    registrations.push_back(std::move(registration));
  }
  return registrations;
}

}  // namespace docket::audit
