// The times at which a recurrence rule falls due.
//
//   DOCKET_ASSIGN_OR_RETURN(const auto next, NextOccurrences(rule, absl::CivilSecond(2026, 1, 5, 9), shanghai, now,
//   1));
//
// A rule is expanded in local time and each result then placed in the zone, so 09:00 stays 09:00 through the year.
// Where the clocks change:
//   - A local time that is skipped counts with the offset before the change: 02:30 on the day on which New York goes
//   from
//     02:00 to 03:00 is 03:30 daylight time, the same instant. Nothing is dropped.
//   - A local time that comes twice is its first coming.
//   - Occurrences that fall on one instant by this count once.
// The start is an occurrence only where the rule selects it (as the RFC has it, a rule should).
#ifndef DOCKET_COMMON_CALENDAR_OCCURRENCES_H_
#define DOCKET_COMMON_CALENDAR_OCCURRENCES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/calendar/recurrence_rule.h"

namespace docket::calendar {

struct Occurrence {
  // As the rule has it; on a day on which the clocks change the clock may show another time at that instant.
  absl::CivilSecond local;
  absl::Time time;
};

// Starts lie in the years 1970 to 2200; occurrences beyond 2200 are not given.
inline constexpr int kFirstYear = 1970;
inline constexpr int kLastYear = 2200;
inline constexpr int kMaxOccurrences = 1000;

// The first `limit` (1 to 1000) occurrences later than `after`, ascending; fewer where the rule ends, none where it
// selects nothing. INVALID_ARGUMENT where start or limit is out of bounds. Thread-safe. Costs the walk from the start
// to there, day by day at the worst: microseconds as a rule, half a second for one that looks for a day that never
// comes.
absl::StatusOr<std::vector<Occurrence>> NextOccurrences(const RecurrenceRule& rule, absl::CivilSecond start,
                                                        absl::TimeZone zone, absl::Time after, int limit);

// What a local time means in a zone, by the rule above.
absl::Time InstantOf(absl::CivilSecond local, absl::TimeZone zone);

}  // namespace docket::calendar

#endif  // DOCKET_COMMON_CALENDAR_OCCURRENCES_H_
