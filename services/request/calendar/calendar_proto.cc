#include "services/request/calendar/calendar_proto.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/calendar/civil_text.h"
#include "common/status/error.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

void TakeWeek(const v1::WorkingCalendar& proto, OrganizationCalendar& calendar, FieldViolations& violations) {
  calendar.week = {};
  for (int i = 0; i < proto.working_weekdays_size(); ++i) {
    const int weekday = proto.working_weekdays(i);
    const std::string field = absl::StrCat("working_calendar.working_weekdays[", i, "]");
    if (weekday < 1 || weekday > 7) {
      violations.Add(field, "must be a day of the week");
      continue;
    }
    bool& worked = calendar.week[static_cast<size_t>(weekday - 1)];
    violations.Require(!worked, field, "stands twice");
    worked = true;
  }
}

void TakePeriods(const v1::WorkingCalendar& proto, OrganizationCalendar& calendar, FieldViolations& violations) {
  calendar.periods.clear();
  int before = 0;
  for (int i = 0; i < proto.working_periods_size(); ++i) {
    const v1::WorkingPeriod& period = proto.working_periods(i);
    const std::string field = absl::StrCat("working_calendar.working_periods[", i, "]");
    violations.Require(period.start_minute() >= before, absl::StrCat(field, ".start_minute"),
                       "must not be before the end of the period before it");
    violations.Require(period.end_minute() > period.start_minute(), absl::StrCat(field, ".end_minute"),
                       "must be later than start_minute");
    before = period.end_minute();
    calendar.periods.push_back({period.start_minute(), period.end_minute()});
  }
}

void TakeDays(const v1::WorkingCalendar& proto, OrganizationCalendar& calendar, FieldViolations& violations) {
  calendar.days.clear();
  for (int i = 0; i < proto.days_size(); ++i) {
    const v1::CalendarDay& day = proto.days(i);
    const std::string field = absl::StrCat("working_calendar.days[", i, "]");
    violations.Require(day.kind() != v1::CalendarDay::KIND_ORDINARY, absl::StrCat(field, ".kind"),
                       "must be a holiday or a workday; leave ordinary days out");
    const std::optional<absl::CivilDay> date = CalendarDayOf(day.date());
    if (!date.has_value()) {
      violations.Add(absl::StrCat(field, ".date"),
                     "must be a date that exists, like 2026-02-14, of the years 2000 to 2199");
      continue;
    }
    const bool added =
        calendar.days
            .try_emplace(*date, calendar::ExceptionalDay{.date = *date,
                                                         .working = day.kind() == v1::CalendarDay::KIND_WORKDAY,
                                                         .title = day.title()})
            .second;
    violations.Require(added, absl::StrCat(field, ".date"), "stands twice");
  }
}

}  // namespace

v1::WorkingCalendar ToProto(const OrganizationCalendar& calendar) {
  v1::WorkingCalendar proto;
  proto.set_name(calendar.Name());
  proto.set_time_zone(calendar.time_zone);
  for (size_t i = 0; i < calendar.week.size(); ++i) {
    if (calendar.week[i]) proto.add_working_weekdays(static_cast<v1::Weekday>(i + 1));
  }
  for (const calendar::WorkingPeriod& period : calendar.periods) {
    v1::WorkingPeriod* added = proto.add_working_periods();
    added->set_start_minute(period.start_minute);
    added->set_end_minute(period.end_minute);
  }
  for (const auto& [date, day] : calendar.days) {
    v1::CalendarDay* added = proto.add_days();
    added->set_date(calendar::FormatDay(date));
    added->set_kind(day.working ? v1::CalendarDay::KIND_WORKDAY : v1::CalendarDay::KIND_HOLIDAY);
    added->set_title(day.title);
  }
  if (calendar.update_time.has_value()) *proto.mutable_update_time() = ToTimestamp(*calendar.update_time);
  proto.set_etag(EtagOf(calendar.revision));
  return proto;
}

absl::Status TakeFromProto(const v1::WorkingCalendar& proto, OrganizationCalendar& calendar) {
  FieldViolations violations;
  TakeWeek(proto, calendar, violations);
  TakePeriods(proto, calendar, violations);
  TakeDays(proto, calendar, violations);
  return violations.ToStatus();
}

DayEdit FromProto(const v1::CalendarDay& day) {
  return {.date = day.date(), .kind = static_cast<DayEdit::Kind>(day.kind()), .title = day.title()};
}

}  // namespace docket::request
