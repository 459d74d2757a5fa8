#include "common/calendar/occurrences.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/calendar/civil_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::calendar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

// As the zone's clock shows them, with the offset.
std::vector<std::string> Expand(const std::string& text, absl::CivilSecond start, const char* zone, int limit,
                                absl::Time after = absl::InfinitePast()) {
  const auto rule = RecurrenceRule::Parse(text);
  if (!rule.ok()) return {std::string(rule.status().message())};
  const auto found = NextOccurrences(*rule, start, Zone(zone), after, limit);
  if (!found.ok()) return {std::string(found.status().message())};
  std::vector<std::string> texts;
  for (const Occurrence& occurrence : *found) {
    texts.push_back(absl::FormatTime("%Y-%m-%d %H:%M %Ez", occurrence.time, Zone(zone)));
  }
  return texts;
}

TEST(OccurrencesTest, EveryQuarterAndEveryMonth) {
  EXPECT_THAT(Expand("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", absl::CivilSecond(2026, 1, 1, 9), "Asia/Shanghai", 4),
              ElementsAre("2026-01-01 09:00 +08:00", "2026-04-01 09:00 +08:00", "2026-07-01 09:00 +08:00",
                          "2026-10-01 09:00 +08:00"));
  EXPECT_THAT(
      Expand("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", absl::CivilSecond(2026, 1, 1, 9), "Asia/Shanghai", 3),
      ElementsAre("2026-01-30 09:00 +08:00", "2026-02-27 09:00 +08:00", "2026-03-31 09:00 +08:00"));
  EXPECT_THAT(Expand("FREQ=MONTHLY;BYMONTHDAY=31", absl::CivilSecond(2026, 1, 31, 9), "Asia/Shanghai", 3),
              ElementsAre("2026-01-31 09:00 +08:00", "2026-03-31 09:00 +08:00", "2026-05-31 09:00 +08:00"));
}

TEST(OccurrencesTest, TheHourStaysThroughTheYear) {
  EXPECT_THAT(Expand("FREQ=MONTHLY;BYMONTHDAY=8", absl::CivilSecond(2026, 2, 8, 9), "America/New_York", 3),
              ElementsAre("2026-02-08 09:00 -05:00", "2026-03-08 09:00 -04:00", "2026-04-08 09:00 -04:00"));
}

TEST(OccurrencesTest, ASkippedTimeCountsWithTheOffsetBefore) {
  // On 8 March 2026 New York's clocks go from 02:00 to 03:00.
  EXPECT_THAT(Expand("FREQ=DAILY", absl::CivilSecond(2026, 3, 7, 2, 30, 0), "America/New_York", 3),
              ElementsAre("2026-03-07 02:30 -05:00", "2026-03-08 03:30 -04:00", "2026-03-09 02:30 -04:00"));
  // 02:30 and 03:30 are one instant on that day.
  EXPECT_THAT(Expand("FREQ=DAILY;BYHOUR=2,3", absl::CivilSecond(2026, 3, 8, 2, 30, 0), "America/New_York", 2),
              ElementsAre("2026-03-08 03:30 -04:00", "2026-03-09 02:30 -04:00"));
}

TEST(OccurrencesTest, ARepeatedTimeIsItsFirstComing) {
  // On 1 November 2026 New York's clocks go from 02:00 back to 01:00.
  EXPECT_THAT(Expand("FREQ=DAILY", absl::CivilSecond(2026, 10, 31, 1, 30, 0), "America/New_York", 3),
              ElementsAre("2026-10-31 01:30 -04:00", "2026-11-01 01:30 -04:00", "2026-11-02 01:30 -05:00"));
}

TEST(OccurrencesTest, GoesOnAfterAnInstant) {
  const absl::CivilSecond start(2026, 1, 5, 9);
  const absl::Time second = absl::FromCivil(absl::CivilSecond(2026, 1, 12, 9), Zone("Asia/Shanghai"));
  EXPECT_THAT(Expand("FREQ=WEEKLY", start, "Asia/Shanghai", 1, second), ElementsAre("2026-01-19 09:00 +08:00"));
  EXPECT_THAT(Expand("FREQ=WEEKLY", start, "Asia/Shanghai", 1, second - absl::Microseconds(1)),
              ElementsAre("2026-01-12 09:00 +08:00"));
  EXPECT_THAT(Expand("FREQ=WEEKLY;COUNT=3", start, "Asia/Shanghai", 10, second),
              ElementsAre("2026-01-19 09:00 +08:00"));
  EXPECT_THAT(Expand("FREQ=WEEKLY;COUNT=2", start, "Asia/Shanghai", 10, second), IsEmpty());
}

TEST(OccurrencesTest, EndsWithUntil) {
  const absl::CivilSecond start(2026, 1, 5, 9);
  EXPECT_THAT(Expand("FREQ=WEEKLY;UNTIL=20260112T010000Z", start, "Asia/Shanghai", 10),
              ElementsAre("2026-01-05 09:00 +08:00", "2026-01-12 09:00 +08:00"));
  EXPECT_THAT(Expand("FREQ=WEEKLY;UNTIL=20260112T005959Z", start, "Asia/Shanghai", 10),
              ElementsAre("2026-01-05 09:00 +08:00"));
  EXPECT_THAT(Expand("FREQ=WEEKLY;UNTIL=20260112", start, "Asia/Shanghai", 10),
              ElementsAre("2026-01-05 09:00 +08:00", "2026-01-12 09:00 +08:00"));
}

TEST(OccurrencesTest, ARuleThatSelectsNothingEnds) {
  const absl::Time begin = absl::Now();
  for (const char* text : {"FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1", "FREQ=YEARLY;BYYEARDAY=200;BYMONTH=1",
                           "FREQ=YEARLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
                           "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "FREQ=DAILY;UNTIL=19690101"}) {
    EXPECT_THAT(Expand(text, absl::CivilSecond(1970, 3, 1, 9), "Asia/Shanghai", 5), IsEmpty()) << text;
  }
  // Not a bound on speed, but on whether it ends at all.
  EXPECT_LT(absl::Now() - begin, absl::Minutes(1));
}

TEST(OccurrencesTest, RefusesWhatIsOutOfBounds) {
  const auto rule = RecurrenceRule::Parse("FREQ=DAILY");
  ASSERT_THAT(rule, IsOk());
  for (const int year : {0, 1969, 2201, 9999}) {
    EXPECT_EQ(NextOccurrences(*rule, absl::CivilSecond(year, 1, 1), absl::UTCTimeZone(), absl::InfinitePast(), 1)
                  .status()
                  .code(),
              absl::StatusCode::kInvalidArgument);
  }
  for (const int limit : {0, -1, 1001}) {
    EXPECT_EQ(NextOccurrences(*rule, absl::CivilSecond(2026, 1, 1), absl::UTCTimeZone(), absl::InfinitePast(), limit)
                  .status()
                  .code(),
              absl::StatusCode::kInvalidArgument);
  }
  const auto last =
      NextOccurrences(*rule, absl::CivilSecond(2200, 12, 30), absl::UTCTimeZone(), absl::InfinitePast(), 9);
  ASSERT_THAT(last, IsOk());
  EXPECT_EQ(last->size(), 2u);
}

TEST(OccurrencesTest, DailyAgreesWithCounting) {
  const auto rule = RecurrenceRule::Parse("FREQ=DAILY;INTERVAL=17");
  ASSERT_THAT(rule, IsOk());
  const auto found = NextOccurrences(*rule, absl::CivilSecond(2026, 1, 1, 2, 30, 0), Zone("America/New_York"),
                                     absl::InfinitePast(), 500);
  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->size(), 500u);
  for (size_t i = 0; i < found->size(); ++i) {
    EXPECT_EQ(absl::CivilDay((*found)[i].local), absl::CivilDay(2026, 1, 1) + static_cast<int>(17 * i));
  }
}

TEST(OccurrencesTest, ThreadsExpandAtTheSameTime) {
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> found(8);
  for (size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&found, i] {
      for (int round = 0; round < 50; ++round) {
        found[i] = Expand("FREQ=MONTHLY;BYDAY=2TU", absl::CivilSecond(2026, 1, 1, 9), "Asia/Shanghai", 30);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& one : found) EXPECT_EQ(one, found.front());
  EXPECT_EQ(found.front().size(), 30u);
}

}  // namespace
}  // namespace docket::calendar
