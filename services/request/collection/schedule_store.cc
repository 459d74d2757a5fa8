#include "services/request/collection/schedule_store.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/mysql/error_table.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kSelect[] =
    "SELECT organization_id, schedule_id, title, instructions, rule, start_local, departments, reminders, answer_days, "
    "state,"
    " state_reason, next_occurrence_us, create_time_us, update_time_us, revision FROM collection_schedule"
    " WHERE organization_id = ? AND ";
constexpr char kOne[] = "schedule_id = ?";
constexpr char kOneForUpdate[] = "schedule_id = ? FOR UPDATE";
constexpr char kInsert[] =
    "INSERT INTO collection_schedule (organization_id, schedule_id, title, instructions, rule, start_local, "
    "departments,"
    " reminders, answer_days, state, state_reason, next_occurrence_us, create_time_us, update_time_us, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUpdate[] =
    "UPDATE collection_schedule SET title = ?, instructions = ?, rule = ?, start_local = ?, departments = ?, reminders "
    "= ?,"
    " answer_days = ?, state = ?, state_reason = ?, next_occurrence_us = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND schedule_id = ? AND revision = ?";
constexpr char kAdvance[] =
    "UPDATE collection_schedule SET next_occurrence_us = ?"
    " WHERE organization_id = ? AND schedule_id = ? AND state = 1 AND next_occurrence_us = ?";
constexpr char kListDueFirst[] =
    "SELECT organization_id, schedule_id, next_occurrence_us FROM collection_schedule"
    " WHERE state = 1 AND next_occurrence_us <= ? ORDER BY next_occurrence_us, organization_id, schedule_id LIMIT ?";
constexpr char kListDueAfter[] =
    "SELECT organization_id, schedule_id, next_occurrence_us FROM collection_schedule"
    " WHERE state = 1 AND next_occurrence_us <= ? AND next_occurrence_us >= ?"
    " AND (next_occurrence_us > ? OR organization_id > ? OR (organization_id = ? AND schedule_id > ?))"
    " ORDER BY next_occurrence_us, organization_id, schedule_id LIMIT ?";

CollectionSchedule FromRow(const Row& row) {
  CollectionSchedule schedule;
  schedule.organization_id = row.Text(0);
  schedule.id = row.Text(1);
  schedule.title = row.Text(2);
  schedule.instructions = row.Text(3);
  schedule.rule = row.Text(4);
  schedule.start_local = row.Text(5);
  if (const std::string ids = row.Text(6); !ids.empty()) schedule.departments = absl::StrSplit(ids, ',');
  for (const absl::string_view text : absl::StrSplit(row.Text(7), ',', absl::SkipEmpty())) {
    int days = 0;
    if (absl::SimpleAtoi(text, &days)) schedule.reminders.push_back(days);
  }
  schedule.answer_days = static_cast<int>(row.Int(8));
  schedule.state = static_cast<ScheduleState>(row.Int(9));
  schedule.state_reason = row.Text(10);
  schedule.next_occurrence = OptionalTimeAt(row, 11);
  schedule.create_time = TimeAt(row, 12);
  schedule.update_time = TimeAt(row, 13);
  schedule.revision = row.Int(14);
  return schedule;
}

absl::StatusOr<std::optional<CollectionSchedule>> OneOf(const absl::StatusOr<std::vector<Row>>& rows) {
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<CollectionSchedule>();
  return std::optional<CollectionSchedule>(FromRow(rows->front()));
}

}  // namespace

absl::Status ScheduleStore::Insert(mysql::Transaction& tx, const CollectionSchedule& schedule) {
  const absl::Status inserted =
      tx.Execute(kInsert,
                 {schedule.organization_id, schedule.id, schedule.title, schedule.instructions, schedule.rule,
                  schedule.start_local, absl::StrJoin(schedule.departments, ","),
                  absl::StrJoin(schedule.reminders, ","), schedule.answer_days, static_cast<int>(schedule.state),
                  schedule.state_reason, MicrosOrNull(schedule.next_occurrence), Micros(schedule.create_time),
                  Micros(schedule.update_time), schedule.revision})
          .status();
  if (mysql::IsDuplicateKey(inserted)) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
                 absl::StrCat(schedule.Name(), " exists already"), {{"resource", schedule.Name()}});
  }
  return inserted;
}

absl::Status ScheduleStore::Save(mysql::Transaction& tx, const CollectionSchedule& schedule, int64_t before_revision) {
  return tx.ExecuteExpectingOne(
      kUpdate,
      {schedule.title, schedule.instructions, schedule.rule, schedule.start_local,
       absl::StrJoin(schedule.departments, ","), absl::StrJoin(schedule.reminders, ","), schedule.answer_days,
       static_cast<int>(schedule.state), schedule.state_reason, MicrosOrNull(schedule.next_occurrence),
       Micros(schedule.update_time), schedule.revision, schedule.organization_id, schedule.id, before_revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the schedule changed meanwhile"));
}

absl::StatusOr<bool> ScheduleStore::Advance(mysql::Transaction& tx, const CollectionSchedule& schedule,
                                            absl::Time before, const std::optional<absl::Time>& next) {
  DOCKET_ASSIGN_OR_RETURN(const int64_t count, tx.Execute(kAdvance, {MicrosOrNull(next), schedule.organization_id,
                                                                     schedule.id, Micros(before)}));
  return count == 1;
}

absl::StatusOr<std::optional<CollectionSchedule>> ScheduleStore::Find(absl::Time deadline,
                                                                      absl::string_view organization_id,
                                                                      absl::string_view id) {
  return OneOf(pool_.Query(deadline, absl::StrCat(kSelect, kOne), {organization_id, id}));
}

absl::StatusOr<std::optional<CollectionSchedule>> ScheduleStore::LoadForUpdate(mysql::Transaction& tx,
                                                                               absl::string_view organization_id,
                                                                               absl::string_view id) {
  return OneOf(tx.Query(absl::StrCat(kSelect, kOneForUpdate), {organization_id, id}));
}

absl::StatusOr<std::vector<CollectionSchedule>> ScheduleStore::List(absl::Time deadline,
                                                                    absl::string_view organization_id,
                                                                    const ListPage& page) {
  Params params = {organization_id};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelect, page.sql()), params));
  std::vector<CollectionSchedule> schedules;
  for (const Row& row : rows) schedules.push_back(FromRow(row));
  return schedules;
}

absl::StatusOr<std::vector<DueSchedule>> ScheduleStore::ListDue(absl::Time deadline, absl::Time now,
                                                                const std::optional<DueSchedule>& after, int limit) {
  absl::StatusOr<std::vector<Row>> rows;
  if (after.has_value()) {
    const int64_t occurrence = Micros(after->next_occurrence);
    rows = pool_.Query(
        deadline, kListDueAfter,
        {Micros(now), occurrence, occurrence, after->organization_id, after->organization_id, after->id, limit});
  } else {
    rows = pool_.Query(deadline, kListDueFirst, {Micros(now), limit});
  }
  if (!rows.ok()) return rows.status();
  std::vector<DueSchedule> due;
  for (const Row& row : *rows) {
    due.push_back({.organization_id = row.Text(0), .id = row.Text(1), .next_occurrence = TimeAt(row, 2)});
  }
  return due;
}

}  // namespace docket::request
