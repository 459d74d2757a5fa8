// The working calendar that an organisation keeps.
#ifndef DOCKET_SERVICES_REQUEST_CALENDAR_ORGANIZATION_CALENDAR_H_
#define DOCKET_SERVICES_REQUEST_CALENDAR_ORGANIZATION_CALENDAR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/calendar/working_calendar.h"

namespace docket::request {

struct OrganizationCalendar {
  std::string organization_id;
  // IANA name, the organisation's.
  std::string time_zone;
  calendar::WorkingCalendar::Week week{};
  std::vector<calendar::WorkingPeriod> periods;
  std::map<absl::CivilDay, calendar::ExceptionalDay> days;
  // Nothing while the calendar is as it began, and has no rows of its own.
  std::optional<absl::Time> update_time;
  int64_t revision = 1;

  std::string Name() const;
  // To count by. INTERNAL where what is stored makes no calendar.
  absl::StatusOr<calendar::WorkingCalendar> ToWorking() const;
};

// `organizations/{org}/workingCalendar`.
std::string WorkingCalendarName(absl::string_view organization_id);

// One day to enter, change or take out.
struct DayEdit {
  enum class Kind { kHoliday = 1, kWorkday = 2, kOrdinary = 3 };

  // As it was sent.
  std::string date;
  Kind kind = Kind::kHoliday;
  std::string title;
};

// What became of it. The numbers are those of the contract.
struct DayResult {
  enum class Outcome { kAdded = 1, kChanged = 2, kUnchanged = 3, kRemoved = 4, kRefused = 5 };

  Outcome outcome = Outcome::kRefused;
  // Why it was refused.
  std::string error;
};

// Of a text like 2026-02-14, a day that exists; nothing else, and nothing beyond the years 2000 to 2199, for which
// nobody has holidays.
std::optional<absl::CivilDay> CalendarDayOf(absl::string_view text);

// Applies the edits, each on its own, and says what became of each; those refused change nothing. FAILED_PRECONDITION /
// LIMIT_REACHED where the calendar would have too many days.
absl::StatusOr<std::vector<DayResult>> Import(const std::vector<DayEdit>& edits, OrganizationCalendar& calendar);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CALENDAR_ORGANIZATION_CALENDAR_H_
