#include "services/request/calendar/calendar_store.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/mysql/error_table.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using calendar::WorkingPeriod;
using mysql::Params;
using mysql::Row;

constexpr char kSelect[] =
    "SELECT weekdays, periods, update_time_us, revision FROM working_calendar WHERE organization_id = ?";
constexpr char kSelectForUpdate[] =
    "SELECT weekdays, periods, update_time_us, revision FROM working_calendar WHERE organization_id = ? FOR UPDATE";
constexpr char kSelectDays[] =
    "SELECT day, working, title FROM working_calendar_day WHERE organization_id = ? ORDER BY organization_id, day";
constexpr char kInsert[] =
    "INSERT INTO working_calendar (organization_id, weekdays, periods, update_time_us, revision) VALUES (?, ?, ?, ?, "
    "?)";
constexpr char kUpdate[] =
    "UPDATE working_calendar SET weekdays = ?, periods = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND revision = ?";
constexpr char kDeleteDay[] = "DELETE FROM working_calendar_day WHERE organization_id = ? AND day = ?";
constexpr char kTheBeginning[] = "-";

const mysql::MultiInsert& PutDays() {
  static const auto& insert =
      *new mysql::MultiInsert("working_calendar_day", {"organization_id", "day", "working", "title"},
                              "ON DUPLICATE KEY UPDATE working = VALUES(working), title = VALUES(title)");
  return insert;
}

// Days are kept as numbers: 20260214.
int64_t DayNumber(absl::CivilDay day) { return day.year() * 10000 + day.month() * 100 + day.day(); }
absl::CivilDay DayOf(int64_t number) {
  return absl::CivilDay(number / 10000, static_cast<int>(number / 100 % 100), static_cast<int>(number % 100));
}

int WeekBits(const calendar::WorkingCalendar::Week& week) {
  int bits = 0;
  for (size_t i = 0; i < week.size(); ++i) bits |= week[i] ? 1 << (i + 1) : 0;
  return bits;
}

std::string PeriodsText(const std::vector<WorkingPeriod>& periods) {
  return absl::StrJoin(periods, ",", [](std::string* text, const WorkingPeriod& period) {
    absl::StrAppend(text, period.start_minute, "-", period.end_minute);
  });
}

std::vector<WorkingPeriod> PeriodsFromText(const std::string& text) {
  std::vector<WorkingPeriod> periods;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(part, '-');
    WorkingPeriod& period = periods.emplace_back();
    // What cannot be read makes no calendar, which is found out when it is used.
    if (!absl::SimpleAtoi(ends.first, &period.start_minute) || !absl::SimpleAtoi(ends.second, &period.end_minute))
      period = {};
  }
  return periods;
}

// A query of the pool or of a transaction.
using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

absl::StatusOr<OrganizationCalendar> Read(RunQuery query, const Organization& organization, bool lock) {
  OrganizationCalendar calendar;
  calendar.organization_id = organization.id;
  calendar.time_zone = organization.time_zone;
  DOCKET_ASSIGN_OR_RETURN(std::vector<Row> rows, query(lock ? kSelectForUpdate : kSelect, {organization.id}));
  std::string days_of = organization.id;
  if (!rows.empty()) {
    calendar.update_time = TimeAt(rows.front(), 2);
  } else {
    days_of = absl::StrCat(kTheBeginning, organization.language_code);
    DOCKET_ASSIGN_OR_RETURN(rows, query(kSelect, {kTheBeginning}));
    if (rows.empty()) return InternalError("the calendar that all begin with is missing");
  }
  const Row& row = rows.front();
  for (size_t i = 0; i < calendar.week.size(); ++i) calendar.week[i] = (row.Int(0) >> (i + 1) & 1) != 0;
  calendar.periods = PeriodsFromText(row.Text(1));
  calendar.revision = row.Int(3);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> days, query(kSelectDays, {days_of}));
  for (const Row& day : days) {
    const absl::CivilDay date = DayOf(day.Int(0));
    calendar.days[date] = {.date = date, .working = day.Bool(1), .title = day.Text(2)};
  }
  return calendar;
}

absl::Status ChangedMeanwhile() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the calendar changed meanwhile");
}

}  // namespace

absl::StatusOr<OrganizationCalendar> CalendarStore::Find(absl::Time deadline, const Organization& organization) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  return Read(query, organization, /*lock=*/false);
}

absl::StatusOr<OrganizationCalendar> CalendarStore::Load(mysql::Transaction& tx, const Organization& organization,
                                                         bool lock) {
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  return Read(query, organization, lock);
}

absl::Status CalendarStore::Save(mysql::Transaction& tx, const OrganizationCalendar& before,
                                 const OrganizationCalendar& after) {
  const std::string& id = after.organization_id;
  const int64_t update_time = Micros(after.update_time.value_or(absl::UnixEpoch()));
  const bool first = !before.update_time.has_value();
  if (first) {
    const absl::Status inserted =
        tx.Execute(kInsert, {id, WeekBits(after.week), PeriodsText(after.periods), update_time, after.revision})
            .status();
    // Two first changes at the same moment.
    if (mysql::IsDuplicateKey(inserted)) return ChangedMeanwhile();
    DOCKET_RETURN_IF_ERROR(inserted);
  } else {
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
        kUpdate, {WeekBits(after.week), PeriodsText(after.periods), update_time, after.revision, id, before.revision},
        ChangedMeanwhile()));
  }
  for (const auto& [date, day] : before.days) {
    if (first || after.days.contains(date)) continue;
    DOCKET_RETURN_IF_ERROR(tx.Execute(kDeleteDay, {id, DayNumber(date)}).status());
  }
  Params changed;
  for (const auto& [date, day] : after.days) {
    const auto old = before.days.find(date);
    if (!first && old != before.days.end() && old->second == day) continue;
    changed.insert(changed.end(), {id, DayNumber(date), day.working, day.title});
  }
  if (changed.empty()) return absl::OkStatus();
  return PutDays().Run(tx, changed).status();
}

}  // namespace docket::request
