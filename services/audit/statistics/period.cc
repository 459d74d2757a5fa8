#include "services/audit/statistics/period.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr int64_t kMaxHours = 31 * 24;
constexpr int64_t kMaxDays = 400;
constexpr int64_t kMaxWeeks = 105;
constexpr int64_t kMaxMonths = 120;

Grain GrainOf(v1::TimeBucket bucket) {
  if (bucket == v1::TIME_BUCKET_HOUR) return Grain::kHour;
  return bucket == v1::TIME_BUCKET_MONTH ? Grain::kMonth : Grain::kDay;
}

// How many stored buckets a range may hold.
int64_t LimitOf(v1::TimeBucket bucket) {
  switch (bucket) {
    case v1::TIME_BUCKET_HOUR:
      return kMaxHours;
    case v1::TIME_BUCKET_WEEK:
      return kMaxWeeks * 7;
    case v1::TIME_BUCKET_MONTH:
      return kMaxMonths;
    default:
      return kMaxDays;
  }
}

}  // namespace

absl::StatusOr<Periods> Periods::Of(absl::Time start, absl::Time end, v1::TimeBucket bucket,
                                    const absl::TimeZone& zone) {
  FieldViolations violations;
  if (end <= start) {
    violations.Add("end_time", "must be after start_time");
    return violations.ToStatus();
  }
  Periods divided;
  divided.grain_ = GrainOf(bucket);
  divided.first_ = BucketOf(divided.grain_, absl::ToUnixMicros(start), zone);
  divided.end_ = BucketOf(divided.grain_, absl::ToUnixMicros(end) - 1, zone) + 1;
  if (bucket == v1::TIME_BUCKET_WEEK) {
    divided.first_ = FirstDayOfWeek(WeekOfDay(divided.first_));
    divided.end_ = FirstDayOfWeek(WeekOfDay(divided.end_ - 1) + 1);
  }
  // Ends of the range that lie within a bucket may add one at either side.
  if (divided.end_ - divided.first_ > LimitOf(bucket) + (bucket == v1::TIME_BUCKET_WEEK ? 7 : 1)) {
    violations.Add("end_time",
                   absl::StrCat("the range is too long for the bucket: at most ", kMaxHours / 24, " days of hours, ",
                                kMaxDays, " days, ", kMaxWeeks, " weeks or ", kMaxMonths, " months"));
    return violations.ToStatus();
  }
  if (bucket == v1::TIME_BUCKET_UNSPECIFIED) divided.width_ = divided.end_ - divided.first_;
  if (bucket == v1::TIME_BUCKET_WEEK) divided.width_ = 7;
  for (int64_t first = divided.first_; first < divided.end_; first += divided.width_) {
    divided.periods_.push_back({.start = BucketStart(divided.grain_, first, zone),
                                .end = BucketStart(divided.grain_, first + divided.width_, zone)});
  }
  return divided;
}

size_t Periods::IndexOf(int64_t bucket) const { return static_cast<size_t>((bucket - first_) / width_); }

}  // namespace docket::audit
