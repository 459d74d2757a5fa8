#include "services/request/notice/vendor_notice_store.h"

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/listing/walked_page.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/notice/vendor_notice_proto.h"
#include "services/request/request_proto.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;
using mysql::Value;

constexpr char kSelect[] =
    "SELECT organization_id, notice_id, vendor_id, kind, title, contents, notes, known_issues, obligations,"
    " planned_time_us, support_end_us, documents, state, state_reason, supersedes, superseded_by, publisher,"
    " acknowledger, acknowledge_time_us, reminder_us, reminder_days, linked_request_count, create_time_us,"
    " update_time_us, revision FROM vendor_notice";
constexpr char kOne[] = " WHERE organization_id = ? AND notice_id = ?";
constexpr char kAllForUpdate[] = " WHERE organization_id = ? AND notice_id IN ";
constexpr char kByIdForUpdate[] = " ORDER BY notice_id FOR UPDATE";
constexpr char kDue[] = " WHERE reminder_us <= ? ORDER BY reminder_us LIMIT ?";
constexpr char kSelectSystems[] =
    "SELECT notice_id, system_id, affected_versions, offered_version FROM vendor_notice_system"
    " WHERE organization_id = ? AND notice_id IN ";
constexpr char kSystemOrder[] = " ORDER BY notice_id, position";

constexpr char kInsert[] =
    "INSERT INTO vendor_notice (organization_id, notice_id, vendor_id, kind, title, contents, notes, known_issues,"
    " obligations, planned_time_us, support_end_us, documents, state, state_reason, supersedes, superseded_by,"
    " publisher, acknowledger, acknowledge_time_us, reminder_us, reminder_days, create_time_us, update_time_us,"
    " revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUpdate[] =
    "UPDATE vendor_notice SET kind = ?, title = ?, contents = ?, notes = ?, known_issues = ?, obligations = ?,"
    " planned_time_us = ?, support_end_us = ?, documents = ?, state = ?, state_reason = ?, superseded_by = ?,"
    " acknowledger = ?, acknowledge_time_us = ?, reminder_us = ?, reminder_days = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND notice_id = ? AND revision = ?";
constexpr char kInsertSystem[] =
    "INSERT INTO vendor_notice_system (organization_id, notice_id, position, system_id, affected_versions,"
    " offered_version) VALUES (?, ?, ?, ?, ?, ?)";
constexpr char kDeleteSystems[] = "DELETE FROM vendor_notice_system WHERE organization_id = ? AND notice_id = ?";

constexpr char kUpdateReminder[] =
    "UPDATE vendor_notice SET reminder_us = ?, reminder_days = ?"
    " WHERE organization_id = ? AND notice_id = ? AND reminder_us = ? AND reminder_days = ?";

const WalkedTable& Table() {
  static const auto& table = *new WalkedTable{
      .name = "vendor_notice",
      .select = kSelect,
      .key = "notice_id",
      .orders = {{"create_time", "PRIMARY"}, {"support_end_time", "by_support_end"}},
      .values = {{.field = "vendor", .index = "by_vendor", .column = "vendor_id", .table = ""},
                 {.field = "state", .index = "by_state", .column = "state", .table = ""},
                 {.field = "system", .index = "by_system", .column = "system_id", .table = "vendor_notice_system"},
                 {.field = "request", .index = "PRIMARY", .column = "request_id", .table = "vendor_notice_request"}}};
  return table;
}

TallyKey KeyOf(const VendorNotice& notice) {
  return {.organization_id = notice.organization_id,
          .tallied = Tallied::kVendorNotices,
          .state = static_cast<int>(notice.state),
          .kind = static_cast<int>(notice.text.kind),
          .owner = notice.vendor_id};
}

Value BytesOrNull(const std::string& bytes) { return bytes.empty() ? Value() : Value(bytes); }

int64_t SupportEndColumn(const NoticeText& text) {
  return text.support_end.has_value() ? Micros(*text.support_end) : kNoSupportEnd;
}

Value ReminderColumn(const VendorNotice& notice) {
  return notice.reminder.has_value() ? Value(Micros(notice.reminder->due)) : Value();
}

int ReminderDaysColumn(const VendorNotice& notice) {
  return notice.reminder.has_value() ? notice.reminder->days_before : 0;
}

VendorNotice NoticeFromRow(const Row& row) {
  VendorNotice notice;
  notice.organization_id = row.Text(0);
  notice.id = row.Text(1);
  notice.vendor_id = row.Text(2);
  NoticeText& text = notice.text;
  text.kind = static_cast<NoticeKind>(row.Int(3));
  text.title = row.Text(4);
  text.contents = row.Text(5);
  text.notes = row.Text(6);
  text.known_issues = row.Text(7);
  text.obligations = row.Text(8);
  text.planned_time = OptionalTimeAt(row, 9);
  if (row.Int(10) != kNoSupportEnd) text.support_end = TimeAt(row, 10);
  text.documents = DocumentsFromBytes(row.Text(11));
  notice.state = static_cast<NoticeState>(row.Int(12));
  notice.state_reason = row.Text(13);
  notice.supersedes = row.Text(14);
  notice.superseded_by = row.Text(15);
  notice.publisher = row.Text(16);
  notice.acknowledger = row.Text(17);
  notice.acknowledge_time = OptionalTimeAt(row, 18);
  if (!row.IsNull(19)) {
    notice.reminder = SupportReminder{.due = TimeAt(row, 19), .days_before = static_cast<int>(row.Int(20))};
  }
  notice.linked_request_count = row.Int(21);
  notice.create_time = TimeAt(row, 22);
  notice.update_time = TimeAt(row, 23);
  notice.revision = row.Int(24);
  return notice;
}

// A query of the pool or of a transaction.
using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

// Adds the systems, which lie in a table of their own, to notices of one organisation.
absl::Status FillIn(RunQuery query, absl::string_view organization_id, std::vector<VendorNotice>& notices) {
  if (notices.empty()) return absl::OkStatus();
  std::vector<std::string> ids;
  std::map<std::string, VendorNotice*> by_id;
  for (VendorNotice& notice : notices) {
    ids.push_back(notice.id);
    by_id[notice.id] = &notice;
  }
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          query(absl::StrCat(kSelectSystems, list.sql(), kSystemOrder), list.After({organization_id})));
  for (const Row& row : rows) {
    by_id[row.Text(0)]->text.systems.push_back({.system_id = row.Text(1),
                                                .affected_versions = VersionsFromBytes(row.Text(2)),
                                                .offered_version = row.Text(3)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<VendorNotice>> NoticesFromRows(RunQuery query, absl::string_view organization_id,
                                                          const std::vector<Row>& rows) {
  std::vector<VendorNotice> notices;
  notices.reserve(rows.size());
  for (const Row& row : rows) notices.push_back(NoticeFromRow(row));
  DOCKET_RETURN_IF_ERROR(FillIn(query, organization_id, notices));
  return notices;
}

absl::StatusOr<std::vector<VendorNotice>> SelectWithSystems(RunQuery query, absl::string_view sql, const Params& params,
                                                            absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, query(sql, params));
  return NoticesFromRows(query, organization_id, rows);
}

std::optional<VendorNotice> FirstOf(std::vector<VendorNotice> notices) {
  if (notices.empty()) return std::nullopt;
  return std::move(notices.front());
}

absl::Status InsertSystems(mysql::Transaction& tx, const VendorNotice& notice) {
  for (size_t i = 0; i < notice.text.systems.size(); ++i) {
    const AffectedSystem& system = notice.text.systems[i];
    DOCKET_RETURN_IF_ERROR(
        tx.Execute(kInsertSystem, {notice.organization_id, notice.id, i, system.system_id,
                                   VersionsToBytes(system.affected_versions), system.offered_version})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VendorNoticeStore::Insert(mysql::Transaction& tx, const VendorNotice& notice, TallyChanges& tallied) {
  tallied.Add(KeyOf(notice), notice.id, 1);
  const NoticeText& text = notice.text;
  DOCKET_RETURN_IF_ERROR(tx.Execute(kInsert, {notice.organization_id,
                                              notice.id,
                                              notice.vendor_id,
                                              static_cast<int>(text.kind),
                                              text.title,
                                              text.contents,
                                              text.notes,
                                              text.known_issues,
                                              text.obligations,
                                              MicrosOrNull(text.planned_time),
                                              SupportEndColumn(text),
                                              DocumentsToBytes(text.documents),
                                              static_cast<int>(notice.state),
                                              notice.state_reason,
                                              BytesOrNull(notice.supersedes),
                                              BytesOrNull(notice.superseded_by),
                                              notice.publisher,
                                              notice.acknowledger,
                                              MicrosOrNull(notice.acknowledge_time),
                                              ReminderColumn(notice),
                                              ReminderDaysColumn(notice),
                                              Micros(notice.create_time),
                                              Micros(notice.update_time),
                                              notice.revision})
                             .status());
  return InsertSystems(tx, notice);
}

absl::Status VendorNoticeStore::Save(mysql::Transaction& tx, const VendorNotice& before, const VendorNotice& after,
                                     TallyChanges& tallied) {
  tallied.Move(KeyOf(before), KeyOf(after), after.id);
  const NoticeText& text = after.text;
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
      kUpdate,
      {static_cast<int>(text.kind),
       text.title,
       text.contents,
       text.notes,
       text.known_issues,
       text.obligations,
       MicrosOrNull(text.planned_time),
       SupportEndColumn(text),
       DocumentsToBytes(text.documents),
       static_cast<int>(after.state),
       after.state_reason,
       BytesOrNull(after.superseded_by),
       after.acknowledger,
       MicrosOrNull(after.acknowledge_time),
       ReminderColumn(after),
       ReminderDaysColumn(after),
       Micros(after.update_time),
       after.revision,
       after.organization_id,
       after.id,
       before.revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the notice changed meanwhile")));
  DOCKET_RETURN_IF_ERROR(tx.Execute(kDeleteSystems, {after.organization_id, after.id}).status());
  return InsertSystems(tx, after);
}

absl::StatusOr<std::optional<VendorNotice>> VendorNoticeStore::LoadForUpdate(mysql::Transaction& tx,
                                                                             absl::string_view organization_id,
                                                                             absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  DOCKET_ASSIGN_OR_RETURN(
      std::vector<VendorNotice> found,
      SelectWithSystems(query, absl::StrCat(kSelect, kOne, " FOR UPDATE"), {organization_id, id}, organization_id));
  return FirstOf(std::move(found));
}

absl::StatusOr<std::map<std::string, VendorNotice>> VendorNoticeStore::LoadAllForUpdate(
    mysql::Transaction& tx, absl::string_view organization_id, const std::vector<std::string>& ids) {
  std::map<std::string, VendorNotice> held;
  if (ids.empty()) return held;
  const mysql::InList list(ids);
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  DOCKET_ASSIGN_OR_RETURN(std::vector<VendorNotice> found,
                          SelectWithSystems(query, absl::StrCat(kSelect, kAllForUpdate, list.sql(), kByIdForUpdate),
                                            list.After({organization_id}), organization_id));
  for (VendorNotice& notice : found) held.emplace(notice.id, std::move(notice));
  return held;
}

absl::StatusOr<std::optional<VendorNotice>> VendorNoticeStore::Find(absl::Time deadline,
                                                                    absl::string_view organization_id,
                                                                    absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  DOCKET_ASSIGN_OR_RETURN(std::vector<VendorNotice> found, SelectWithSystems(query, absl::StrCat(kSelect, kOne),
                                                                             {organization_id, id}, organization_id));
  return FirstOf(std::move(found));
}

absl::StatusOr<Listed<VendorNotice>> VendorNoticeStore::List(absl::Time deadline, absl::string_view organization_id,
                                                             const ListPage& page) {
  DOCKET_ASSIGN_OR_RETURN(Listed<Row> found, WalkPage(pool_, deadline, Table(), organization_id, page));
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  DOCKET_ASSIGN_OR_RETURN(std::vector<VendorNotice> notices, NoticesFromRows(query, organization_id, found.rows));
  return Listed<VendorNotice>{.rows = std::move(notices), .reached = std::move(found.reached)};
}

absl::StatusOr<std::vector<VendorNotice>> VendorNoticeStore::FindDue(absl::Time deadline, absl::Time now, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelect, kDue), {Micros(now), limit}));
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  std::vector<VendorNotice> notices;
  for (const Row& row : rows) {
    // One at a time: they may be of different organisations.
    std::vector<VendorNotice> one = {NoticeFromRow(row)};
    DOCKET_RETURN_IF_ERROR(FillIn(query, one.front().organization_id, one));
    notices.push_back(std::move(one.front()));
  }
  return notices;
}

absl::StatusOr<bool> VendorNoticeStore::SaveReminder(mysql::Transaction& tx, const VendorNotice& notice,
                                                     const SupportReminder& given) {
  DOCKET_ASSIGN_OR_RETURN(
      const int64_t saved,
      tx.Execute(kUpdateReminder, {ReminderColumn(notice), ReminderDaysColumn(notice), notice.organization_id,
                                   notice.id, Micros(given.due), given.days_before}));
  return saved == 1;
}

}  // namespace docket::request
