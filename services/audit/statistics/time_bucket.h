// Periods of time as numbers.
//
// Hours are those of UTC, so that they mean the same everywhere. Days and months are those of the organisation's time
// zone; a day on which the clock changes has 23 or 25 hours. Weeks begin on Monday and are made of days.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_TIME_BUCKET_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_TIME_BUCKET_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::audit {

// What is stored.
enum class Grain { kHour = 1, kDay = 2, kMonth = 3 };
inline constexpr Grain kGrains[] = {Grain::kHour, Grain::kDay, Grain::kMonth};

// Hours since 1970-01-01 00:00 UTC; days or months since January 1970.
int64_t BucketOf(Grain grain, int64_t time_us, const absl::TimeZone& zone);
absl::Time BucketStart(Grain grain, int64_t bucket, const absl::TimeZone& zone);

// The week that a day lies in, and its Monday.
int64_t WeekOfDay(int64_t day);
int64_t FirstDayOfWeek(int64_t week);

// The month that a day lies in.
int64_t MonthOfDay(int64_t day);

// The zone of that IANA name; UTC where there is none.
absl::TimeZone ZoneOf(absl::string_view name);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_TIME_BUCKET_H_
