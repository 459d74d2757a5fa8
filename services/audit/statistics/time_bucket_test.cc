#include "services/audit/statistics/time_bucket.h"

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "services/audit/statistics/period.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

int64_t Micros(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << error;
  return absl::ToUnixMicros(time);
}

int64_t Day(const std::string& text, const std::string& zone) {
  return BucketOf(Grain::kDay, Micros(text), ZoneOf(zone));
}

TEST(TimeBucketTest, DaysBeginAtMidnightOfTheZone) {
  const int64_t day = absl::CivilDay(2026, 11, 22) - absl::CivilDay(1970, 1, 1);
  EXPECT_EQ(Day("2026-11-21T15:59:59.999999Z", "Asia/Shanghai"), day - 1);
  EXPECT_EQ(Day("2026-11-21T16:00:00Z", "Asia/Shanghai"), day);
  EXPECT_EQ(Day("2026-11-21T18:29:59Z", "Asia/Kolkata"), day - 1);
  EXPECT_EQ(Day("2026-11-21T18:30:00Z", "Asia/Kolkata"), day);
  EXPECT_EQ(Day("2026-11-22T00:00:00Z", "UTC"), day);
  EXPECT_EQ(Day("2026-11-21T23:59:59.999999Z", "no/such"), day - 1);
}

// Every hour around both changes of the clock, in zones that change at odd times: each lies in the bucket whose start
// is not after it and whose successor's start is.
TEST(TimeBucketTest, ClockChangesLeaveNoGapAndNoOverlap) {
  for (const char* name : {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo",
                           "Africa/Cairo", "Pacific/Apia", "Asia/Shanghai"}) {
    const absl::TimeZone zone = ZoneOf(name);
    for (const Grain grain : kGrains) {
      for (int64_t year : {1986, 2011, 2018, 2026}) {
        const absl::Time begin = absl::FromCivil(absl::CivilDay(year, 1, 1), zone);
        for (int64_t half_hour = 0; half_hour < 2 * 24 * 366; ++half_hour) {
          const absl::Time time = begin + half_hour * absl::Minutes(30) + absl::Microseconds(half_hour % 2);
          const int64_t bucket = BucketOf(grain, absl::ToUnixMicros(time), zone);
          ASSERT_LE(BucketStart(grain, bucket, zone), time) << name << " " << time;
          ASSERT_GT(BucketStart(grain, bucket + 1, zone), time) << name << " " << time;
        }
      }
    }
  }
}

TEST(TimeBucketTest, BeforeTheEpochAndAtTheEndsOfTime) {
  EXPECT_EQ(BucketOf(Grain::kHour, -1, absl::UTCTimeZone()), -1);
  EXPECT_EQ(BucketOf(Grain::kHour, -3'600'000'000, absl::UTCTimeZone()), -1);
  EXPECT_EQ(BucketOf(Grain::kHour, -3'600'000'001, absl::UTCTimeZone()), -2);
  EXPECT_EQ(BucketOf(Grain::kMonth, -1, absl::UTCTimeZone()), -1);
  for (const char* text : {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    for (const Grain grain : kGrains) {
      const int64_t bucket = BucketOf(grain, Micros(text), ZoneOf("Asia/Shanghai"));
      EXPECT_LT(std::abs(bucket), int64_t{1} << 31);
    }
  }
}

TEST(TimeBucketTest, WeeksBeginOnMonday) {
  const absl::CivilDay epoch(1970, 1, 1);
  for (int64_t day = -800; day < 800; ++day) {
    const int64_t first = FirstDayOfWeek(WeekOfDay(day));
    ASSERT_LE(first, day);
    ASSERT_LT(day, first + 7);
    ASSERT_EQ(absl::GetWeekday(epoch + first), absl::Weekday::monday);
    ASSERT_EQ(MonthOfDay(day), absl::CivilMonth(epoch + day) - absl::CivilMonth(epoch));
  }
}

TEST(PeriodsTest, CoverTheRangeWithWholePeriods) {
  const absl::TimeZone zone = ZoneOf("America/New_York");
  // The clock goes forward on 8 March 2026.
  const absl::Time start = absl::FromCivil(absl::CivilSecond(2026, 3, 7, 13, 0, 0), zone);
  const absl::Time end = absl::FromCivil(absl::CivilSecond(2026, 3, 9, 0, 0, 1), zone);
  const auto days = Periods::Of(start, end, v1::TIME_BUCKET_DAY, zone);
  ASSERT_THAT(days, tests::IsOk());
  ASSERT_EQ(days->periods().size(), 3u);
  EXPECT_EQ(days->periods()[0].start, absl::FromCivil(absl::CivilDay(2026, 3, 7), zone));
  EXPECT_EQ(days->periods()[1].end - days->periods()[1].start, absl::Hours(23));
  EXPECT_EQ(days->IndexOf(days->first_bucket() + 2), 2u);
  const auto weeks = Periods::Of(start, end, v1::TIME_BUCKET_WEEK, zone);
  ASSERT_THAT(weeks, tests::IsOk());
  ASSERT_EQ(weeks->periods().size(), 2u);
  EXPECT_EQ(weeks->periods()[0].start, absl::FromCivil(absl::CivilDay(2026, 3, 2), zone));
  EXPECT_EQ(weeks->IndexOf(weeks->first_bucket() + 6), 0u);
  EXPECT_EQ(weeks->IndexOf(weeks->first_bucket() + 7), 1u);
  const auto whole = Periods::Of(start, end, v1::TIME_BUCKET_UNSPECIFIED, zone);
  ASSERT_THAT(whole, tests::IsOk());
  ASSERT_EQ(whole->periods().size(), 1u);
  EXPECT_EQ(whole->periods()[0].end, absl::FromCivil(absl::CivilDay(2026, 3, 10), zone));
  const auto months = Periods::Of(start, end, v1::TIME_BUCKET_MONTH, zone);
  ASSERT_THAT(months, tests::IsOk());
  EXPECT_EQ(months->periods().size(), 1u);
  const auto hours = Periods::Of(start, start + absl::Microseconds(1), v1::TIME_BUCKET_HOUR, zone);
  ASSERT_THAT(hours, tests::IsOk());
  EXPECT_EQ(hours->periods().size(), 1u);
}

TEST(PeriodsTest, RefuseRangesThatAreEmptyOrTooLong) {
  const absl::Time start = absl::FromUnixSeconds(1790000000);
  const absl::TimeZone utc = absl::UTCTimeZone();
  const std::vector<std::pair<v1::TimeBucket, absl::Duration>> limits = {
      {v1::TIME_BUCKET_HOUR, absl::Hours(31 * 24)},
      {v1::TIME_BUCKET_DAY, absl::Hours(400 * 24)},
      {v1::TIME_BUCKET_UNSPECIFIED, absl::Hours(400 * 24)},
      {v1::TIME_BUCKET_WEEK, absl::Hours(105 * 7 * 24)},
      {v1::TIME_BUCKET_MONTH, absl::Hours(119 * 30 * 24)}};
  for (const auto& [bucket, limit] : limits) {
    EXPECT_THAT(Periods::Of(start, start + limit, bucket, utc), tests::IsOk()) << bucket;
    for (const absl::Time end : {start, start - absl::Seconds(1), start + 2 * limit}) {
      const auto refused = Periods::Of(start, end, bucket, utc);
      ASSERT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << bucket;
      EXPECT_EQ(GetBadRequest(refused.status())->field_violations(0).field(), "end_time");
    }
  }
}

}  // namespace
}  // namespace docket::audit
