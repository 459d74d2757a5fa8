#include "services/audit/statistics/time_bucket.h"

#include "absl/time/civil_time.h"

namespace docket::audit {
namespace {

constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;
constexpr absl::CivilDay kFirstDay(1970, 1, 1);
constexpr absl::CivilMonth kFirstMonth(1970, 1);

int64_t FloorDivide(int64_t value, int64_t divisor) { return value / divisor - (value % divisor < 0 ? 1 : 0); }

}  // namespace

int64_t BucketOf(Grain grain, int64_t time_us, const absl::TimeZone& zone) {
  if (grain == Grain::kHour) return FloorDivide(time_us, kHourUs);
  const absl::CivilSecond civil = zone.At(absl::FromUnixMicros(time_us)).cs;
  return grain == Grain::kDay ? absl::CivilDay(civil) - kFirstDay : absl::CivilMonth(civil) - kFirstMonth;
}

absl::Time BucketStart(Grain grain, int64_t bucket, const absl::TimeZone& zone) {
  switch (grain) {
    case Grain::kHour:
      return absl::FromUnixSeconds(bucket * 3600);
    case Grain::kDay:
      return absl::FromCivil(absl::CivilSecond(kFirstDay + bucket), zone);
    case Grain::kMonth:
      return absl::FromCivil(absl::CivilSecond(kFirstMonth + bucket), zone);
  }
  return absl::UnixEpoch();
}

// 1970-01-01 was a Thursday.
int64_t WeekOfDay(int64_t day) { return FloorDivide(day + 3, 7); }
int64_t FirstDayOfWeek(int64_t week) { return week * 7 - 3; }

int64_t MonthOfDay(int64_t day) { return absl::CivilMonth(kFirstDay + day) - kFirstMonth; }

absl::TimeZone ZoneOf(absl::string_view name) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!absl::LoadTimeZone(name, &zone)) return absl::UTCTimeZone();
  return zone;
}

}  // namespace docket::audit
