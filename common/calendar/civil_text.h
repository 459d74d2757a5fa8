// Local dates and times of day as text. Only what exists is read: 2026-02-30 is nothing.
#ifndef DOCKET_COMMON_CALENDAR_CIVIL_TEXT_H_
#define DOCKET_COMMON_CALENDAR_CIVIL_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace docket::calendar {

// "2026-02-14". Years 0000 to 9999, of four digits.
std::optional<absl::CivilDay> ParseDay(absl::string_view text);
std::string FormatDay(absl::CivilDay day);

// "2026-02-14T09:00".
std::optional<absl::CivilMinute> ParseMinute(absl::string_view text);
std::string FormatMinute(absl::CivilMinute minute);

// "20260214" and "20260214T090000", the forms of RFC 5545.
std::optional<absl::CivilDay> ParseBasicDay(absl::string_view text);
std::optional<absl::CivilSecond> ParseBasicSecond(absl::string_view text);

}  // namespace docket::calendar

#endif  // DOCKET_COMMON_CALENDAR_CIVIL_TEXT_H_
