#include "services/request/calendar/organization_calendar.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/calendar/civil_text.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

using calendar::ExceptionalDay;

DayResult Refused(absl::string_view error) { return {DayResult::Outcome::kRefused, std::string(error)}; }

DayResult Apply(const DayEdit& edit, absl::CivilDay date, std::map<absl::CivilDay, ExceptionalDay>& days) {
  const auto found = days.find(date);
  if (edit.kind == DayEdit::Kind::kOrdinary) {
    if (found == days.end()) return {DayResult::Outcome::kUnchanged, ""};
    days.erase(found);
    return {DayResult::Outcome::kRemoved, ""};
  }
  ExceptionalDay day{.date = date, .working = edit.kind == DayEdit::Kind::kWorkday, .title = edit.title};
  if (found == days.end()) {
    days.emplace(date, std::move(day));
    return {DayResult::Outcome::kAdded, ""};
  }
  if (found->second == day) return {DayResult::Outcome::kUnchanged, ""};
  found->second = std::move(day);
  return {DayResult::Outcome::kChanged, ""};
}

}  // namespace

std::string WorkingCalendarName(absl::string_view organization_id) {
  return absl::StrCat(OrganizationName(organization_id), "/workingCalendar");
}

std::string OrganizationCalendar::Name() const { return WorkingCalendarName(organization_id); }

absl::StatusOr<calendar::WorkingCalendar> OrganizationCalendar::ToWorking() const {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(time_zone, &zone)) return InternalError("an organisation's time zone is unknown here");
  std::vector<ExceptionalDay> all;
  all.reserve(days.size());
  for (const auto& [date, day] : days) all.push_back(day);
  absl::StatusOr<calendar::WorkingCalendar> working = calendar::WorkingCalendar::Create(zone, week, periods, all);
  if (!working.ok()) return InternalError(absl::StrCat(Name(), " makes no calendar: ", working.status().message()));
  return working;
}

std::optional<absl::CivilDay> CalendarDayOf(absl::string_view text) {
  const std::optional<absl::CivilDay> day = calendar::ParseDay(text);
  if (!day.has_value() || day->year() < 2000 || day->year() > 2199) return std::nullopt;
  return day;
}

absl::StatusOr<std::vector<DayResult>> Import(const std::vector<DayEdit>& edits, OrganizationCalendar& calendar) {
  std::vector<DayResult> results;
  std::set<absl::CivilDay> seen;
  for (const DayEdit& edit : edits) {
    const std::optional<absl::CivilDay> date = CalendarDayOf(edit.date);
    if (!date.has_value()) {
      results.push_back(Refused("there is no such date; write one like 2026-02-14, of the years 2000 to 2199"));
    } else if (!seen.insert(*date).second) {
      results.push_back(Refused("the date stands earlier in the same list"));
    } else {
      results.push_back(Apply(edit, *date, calendar.days));
    }
  }
  if (calendar.days.size() > calendar::WorkingCalendar::kMaxExceptionalDays) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                 absl::StrCat("the calendar would have more than ", calendar::WorkingCalendar::kMaxExceptionalDays,
                              " days; take out those long past with KIND_ORDINARY"),
                 {{"limit", absl::StrCat(calendar::WorkingCalendar::kMaxExceptionalDays)}});
  }
  return results;
}

}  // namespace docket::request
