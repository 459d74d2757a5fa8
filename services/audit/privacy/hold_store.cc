#include "services/audit/privacy/hold_store.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/stored_time.h"

namespace docket::audit {
namespace {

constexpr char kTakeTurn[] =
    "INSERT INTO privacy_lock (organization_id, turn) VALUES (?, 1) ON DUPLICATE KEY UPDATE turn = turn + 1";
constexpr char kSelectActive[] =
    "SELECT hold_id, matter, change_name, person, begin_us, end_us FROM legal_hold WHERE organization_id = ? AND "
    "state = 1 ORDER BY hold_id LIMIT ?";
constexpr char kInsert[] =
    "INSERT INTO legal_hold (organization_id, hold_id, state, change_name, person, matter, begin_us, end_us, placer, "
    "place_us, document, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
constexpr char kSelect[] =
    "SELECT hold_id, document, revision FROM legal_hold WHERE organization_id = ? AND hold_id = ?";
constexpr char kUpdate[] =
    "UPDATE legal_hold SET state = ?, document = ?, revision = revision + 1 "
    "WHERE organization_id = ? AND hold_id = ? AND revision = ?";
constexpr char kList[] = "SELECT hold_id, document, revision FROM legal_hold WHERE organization_id = ? AND ";

absl::StatusOr<mysql::Params> KeyOf(const std::string& name) {
  const std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value()) return NotFoundError(name);
  return mysql::Params{OrganizationId(name), *id};
}

absl::StatusOr<StoredHold> FromRow(const mysql::Row& row) {
  StoredHold stored{.revision = row.Int(2), .id = row.Text(0)};
  if (!stored.hold.ParseFromString(row.Text(1))) return InternalError("a stored legal hold cannot be read");
  stored.hold.set_etag(absl::StrCat(stored.revision));
  return stored;
}

std::string DocumentOf(v1::LegalHold hold) {
  hold.clear_etag();
  return hold.SerializeAsString();
}

mysql::Value OptionalMicros(bool has, const google::protobuf::Timestamp& time) {
  return has ? mysql::Value(MicrosOf(time)) : mysql::Value();
}

}  // namespace

std::string HoldName(absl::string_view organization_id, absl::string_view id) {
  return ChildName(OrganizationName(organization_id), "legalHolds", FormatUuid(id));
}

absl::Status HoldStore::TakeTurn(mysql::Transaction& tx, absl::string_view organization_id) {
  return tx.Execute(kTakeTurn, mysql::Params{organization_id}).status();
}

absl::StatusOr<std::vector<HoldScope>> HoldStore::ListActive(mysql::Transaction& tx,
                                                             absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectActive, mysql::Params{organization_id, kMaxActiveHolds}));
  std::vector<HoldScope> holds;
  for (const mysql::Row& row : rows) {
    holds.push_back({.name = HoldName(organization_id, row.Text(0)),
                     .matter = row.Text(1),
                     .change = row.Text(2),
                     .person = row.Text(3),
                     .begin_us = row.OptionalInt(4),
                     .end_us = row.OptionalInt(5)});
  }
  return holds;
}

absl::Status HoldStore::Insert(mysql::Transaction& tx, const v1::LegalHold& hold) {
  DOCKET_ASSIGN_OR_RETURN(mysql::Params params, KeyOf(hold.name()));
  params.insert(params.end(), {static_cast<int>(hold.state()), hold.change(), hold.person(), hold.matter(),
                               OptionalMicros(hold.has_begin_time(), hold.begin_time()),
                               OptionalMicros(hold.has_end_time(), hold.end_time()), hold.placer(),
                               MicrosOf(hold.place_time()), DocumentOf(hold)});
  return tx.Execute(kInsert, params).status();
}

absl::StatusOr<StoredHold> HoldStore::Lock(mysql::Transaction& tx, const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const mysql::Params key, KeyOf(name));
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(kSelect, " FOR UPDATE"), key));
  if (rows.empty()) return NotFoundError(name);
  return FromRow(rows[0]);
}

absl::Status HoldStore::Save(mysql::Transaction& tx, StoredHold& stored) {
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
      kUpdate,
      mysql::Params{static_cast<int>(stored.hold.state()), DocumentOf(stored.hold), OrganizationId(stored.hold.name()),
                    stored.id, stored.revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the legal hold was changed meanwhile")));
  stored.hold.set_etag(absl::StrCat(++stored.revision));
  return absl::OkStatus();
}

absl::StatusOr<StoredHold> HoldStore::Get(const std::string& name, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const mysql::Params key, KeyOf(name));
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelect, key));
  if (rows.empty()) return NotFoundError(name);
  return FromRow(rows[0]);
}

absl::StatusOr<std::vector<StoredHold>> HoldStore::List(absl::string_view organization_id, const ListPage& page,
                                                        absl::Time deadline) const {
  mysql::Params params{organization_id};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, absl::StrCat(kList, page.sql()), params));
  std::vector<StoredHold> holds;
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(StoredHold stored, FromRow(row));
    holds.push_back(std::move(stored));
  }
  return holds;
}

}  // namespace docket::audit
