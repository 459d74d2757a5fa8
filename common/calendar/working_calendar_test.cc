#include "common/calendar/working_calendar.h"

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::calendar {
namespace {

using tests::IsOk;

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

const std::vector<WorkingPeriod>& OfficeHours() {
  static const auto& hours = *new std::vector<WorkingPeriod>{{540, 720}, {810, 1080}};
  return hours;
}

void AddDays(std::vector<ExceptionalDay>& days, absl::CivilDay first, absl::CivilDay last, bool working,
             const char* title) {
  for (absl::CivilDay day = first; day <= last; ++day) days.push_back({day, working, title});
}

// Spring Festival and National Day of 2026, as the State Council announced them.
WorkingCalendar China() {
  std::vector<ExceptionalDay> days;
  AddDays(days, absl::CivilDay(2026, 2, 15), absl::CivilDay(2026, 2, 23), false, "春节");
  AddDays(days, absl::CivilDay(2026, 2, 14), absl::CivilDay(2026, 2, 14), true, "春节补班");
  AddDays(days, absl::CivilDay(2026, 2, 28), absl::CivilDay(2026, 2, 28), true, "春节补班");
  AddDays(days, absl::CivilDay(2026, 9, 20), absl::CivilDay(2026, 9, 20), true, "国庆节补班");
  AddDays(days, absl::CivilDay(2026, 9, 25), absl::CivilDay(2026, 9, 27), false, "中秋节");
  AddDays(days, absl::CivilDay(2026, 10, 1), absl::CivilDay(2026, 10, 7), false, "国庆节");
  AddDays(days, absl::CivilDay(2026, 10, 10), absl::CivilDay(2026, 10, 10), true, "国庆节补班");
  return *WorkingCalendar::Create(Zone("Asia/Shanghai"), WorkingCalendar::MondayToFriday(), OfficeHours(), days);
}

absl::Time At(const WorkingCalendar& calendar, int month, int day, int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, month, day, hour, minute, 0), calendar.zone());
}

TEST(WorkingCalendarTest, KnowsTheSpringFestival) {
  const WorkingCalendar calendar = China();
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2026, 2, 14)));   // Saturday, worked
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2026, 2, 16)));  // Monday, off
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2026, 2, 24)));
  EXPECT_EQ(calendar.TitleOf(absl::CivilDay(2026, 2, 16)), "春节");
  EXPECT_EQ(calendar.TitleOf(absl::CivilDay(2026, 2, 24)), "");
  EXPECT_EQ(calendar.NextWorkingDay(absl::CivilDay(2026, 2, 15)), absl::CivilDay(2026, 2, 24));
  // Friday the 13th, then the 14th, 24th to 28th, 2 March.
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 2, 13), 1), absl::CivilDay(2026, 2, 14));
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 2, 13), 2), absl::CivilDay(2026, 2, 24));
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 2, 13), 6), absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 2, 13), 7), absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 3, 2), -7), absl::CivilDay(2026, 2, 13));
  EXPECT_EQ(calendar.WorkingDaysBetween(absl::CivilDay(2026, 2, 13), absl::CivilDay(2026, 3, 2)), 7);
  // National Day: five ordinary days and two made-up ones from 18 September.
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 9, 30), 1), absl::CivilDay(2026, 10, 8));
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 9, 30), 3), absl::CivilDay(2026, 10, 10));
  EXPECT_EQ(*calendar.AddWorkingDays(absl::CivilDay(2026, 9, 18), 1), absl::CivilDay(2026, 9, 20));
}

TEST(WorkingCalendarTest, CountsWorkingTime) {
  const WorkingCalendar calendar = China();
  // 09:00 to 12:00 and 13:30 to 18:00 make seven hours and a half.
  EXPECT_EQ(*calendar.WorkingTimeBetween(At(calendar, 3, 2, 0), At(calendar, 3, 3, 0)), absl::Hours(7.5));
  EXPECT_EQ(*calendar.WorkingTimeBetween(At(calendar, 3, 2, 11), At(calendar, 3, 2, 14)), absl::Hours(1.5));
  EXPECT_EQ(*calendar.WorkingTimeBetween(At(calendar, 3, 2, 14), At(calendar, 3, 2, 11)), -absl::Hours(1.5));
  // From the afternoon before the festival over a worked Saturday to the morning after.
  EXPECT_EQ(*calendar.WorkingTimeBetween(At(calendar, 2, 13, 17), At(calendar, 2, 24, 10)), absl::Hours(1 + 7.5 + 1));
  EXPECT_EQ(*calendar.AddWorkingTime(At(calendar, 2, 13, 17), absl::Hours(9.5)), At(calendar, 2, 24, 10));
  EXPECT_EQ(*calendar.AddWorkingTime(At(calendar, 3, 2, 11), absl::Hours(1)), At(calendar, 3, 2, 12));
  EXPECT_EQ(*calendar.AddWorkingTime(At(calendar, 3, 2, 12), absl::ZeroDuration()), At(calendar, 3, 2, 13, 30));
  EXPECT_EQ(*calendar.AddWorkingTime(At(calendar, 2, 15, 3), absl::ZeroDuration()), At(calendar, 2, 24, 9));
  EXPECT_EQ(*calendar.AddWorkingDays(At(calendar, 2, 13, 17, 20), 2), At(calendar, 2, 24, 17, 20));
  EXPECT_EQ(calendar.StartOfWork(absl::CivilDay(2026, 3, 2)), At(calendar, 3, 2, 9));
  EXPECT_EQ(calendar.EndOfWork(absl::CivilDay(2026, 3, 2)), At(calendar, 3, 2, 18));
}

TEST(WorkingCalendarTest, ClockChangesShortenAndLengthenTheNight) {
  const auto calendar =
      WorkingCalendar::Create(Zone("America/New_York"), {true, true, true, true, true, true, true}, {{0, 1440}}, {});
  ASSERT_THAT(calendar, IsOk());
  const auto worked = [&](absl::CivilDay day) {
    return *calendar->WorkingTimeBetween(absl::FromCivil(absl::CivilSecond(day), calendar->zone()),
                                         absl::FromCivil(absl::CivilSecond(day + 1), calendar->zone()));
  };
  EXPECT_EQ(worked(absl::CivilDay(2026, 3, 7)), absl::Hours(24));
  EXPECT_EQ(worked(absl::CivilDay(2026, 3, 8)), absl::Hours(23));
  EXPECT_EQ(worked(absl::CivilDay(2026, 11, 1)), absl::Hours(25));
}

TEST(WorkingCalendarTest, RefusesWhatMakesNoCalendar) {
  const auto create = [](const WorkingCalendar::Week& week, std::vector<WorkingPeriod> periods,
                         const std::vector<ExceptionalDay>& days) {
    return WorkingCalendar::Create(absl::UTCTimeZone(), week, std::move(periods), days).status().code();
  };
  const auto week = WorkingCalendar::MondayToFriday();
  const absl::StatusCode wrong = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(create(week, {{0, 1440}}, {}), absl::StatusCode::kOk);
  EXPECT_EQ(create({}, {{0, 1440}}, {}), wrong);
  EXPECT_EQ(create(week, {}, {}), wrong);
  EXPECT_EQ(create(week, {{-1, 10}}, {}), wrong);
  EXPECT_EQ(create(week, {{10, 10}}, {}), wrong);
  EXPECT_EQ(create(week, {{10, 1441}}, {}), wrong);
  EXPECT_EQ(create(week, {{10, 20}, {19, 30}}, {}), wrong);
  EXPECT_EQ(create(week, {{10, 20}, {20, 30}}, {}), absl::StatusCode::kOk);
  EXPECT_EQ(create(week, std::vector<WorkingPeriod>(7, {10, 20}), {}), wrong);
  const absl::CivilDay day(2026, 2, 14);
  EXPECT_EQ(create(week, {{0, 1}}, {{day, true, "甲"}, {day, false, "乙"}}), wrong);
  std::vector<ExceptionalDay> many;
  for (int i = 0; i <= 2000; ++i) many.push_back({day + i, false, ""});
  EXPECT_EQ(create(week, {{0, 1}}, many), wrong);
}

TEST(WorkingCalendarTest, RefusesWhatIsTooFar) {
  const WorkingCalendar calendar = China();
  const absl::Time now = At(calendar, 3, 2, 9);
  EXPECT_THAT(calendar.AddWorkingDays(absl::CivilDay(2026, 3, 2), 5000), IsOk());
  EXPECT_FALSE(calendar.AddWorkingDays(absl::CivilDay(2026, 3, 2), 5001).ok());
  EXPECT_FALSE(calendar.AddWorkingDays(absl::CivilDay(2026, 3, 2), -5001).ok());
  EXPECT_FALSE(calendar.AddWorkingTime(now, -absl::Seconds(1)).ok());
  EXPECT_FALSE(calendar.AddWorkingTime(now, absl::InfiniteDuration()).ok());
  EXPECT_FALSE(calendar.WorkingTimeBetween(now, now + absl::Hours(24 * 366 * 101)).ok());
  EXPECT_FALSE(calendar.WorkingTimeBetween(absl::InfinitePast(), now).ok());
}

// A calendar of any week and any days around 2026.
WorkingCalendar Random(std::mt19937& random) {
  WorkingCalendar::Week week{};
  for (bool& worked : week) worked = random() % 3 != 0;
  week[random() % 7] = true;
  std::vector<ExceptionalDay> days;
  const absl::CivilDay first(2026, 1, 1);
  for (int i = 0; i < 120; ++i) {
    if (random() % 4 == 0) days.push_back({first + i, random() % 2 == 0, ""});
  }
  std::vector<WorkingPeriod> periods;
  int minute = static_cast<int>(random() % 300);
  for (unsigned i = 1 + random() % 4; i > 0; --i) {
    const int end = minute + 1 + static_cast<int>(random() % 200);
    periods.push_back({minute, end});
    minute = end + static_cast<int>(random() % 60);
  }
  return *WorkingCalendar::Create(Zone(random() % 2 == 0 ? "America/New_York" : "Asia/Shanghai"), week, periods, days);
}

TEST(WorkingCalendarPropertyTest, AgreesWithCountingDays) {
  std::mt19937 random(14);
  for (int round = 0; round < 300; ++round) {
    const WorkingCalendar calendar = Random(random);
    const absl::CivilDay from = absl::CivilDay(2025, 12, 1) + static_cast<int>(random() % 200);
    const absl::CivilDay to = from + static_cast<int>(random() % 400);
    int64_t naive = 0;
    for (absl::CivilDay day = from + 1; day <= to; ++day) naive += calendar.IsWorkingDay(day) ? 1 : 0;
    ASSERT_EQ(calendar.WorkingDaysBetween(from, to), naive) << from << " to " << to;
    ASSERT_EQ(calendar.WorkingDaysBetween(to, from), -naive);
    const int count = 1 + static_cast<int>(random() % 200);
    const absl::CivilDay later = *calendar.AddWorkingDays(from, count);
    ASSERT_TRUE(calendar.IsWorkingDay(later));
    ASSERT_EQ(calendar.WorkingDaysBetween(from, later), count);
    const absl::CivilDay earlier = *calendar.AddWorkingDays(from, -count);
    ASSERT_TRUE(calendar.IsWorkingDay(earlier));
    // From the day before it, because the day itself counts as one of them.
    ASSERT_EQ(calendar.WorkingDaysBetween(earlier - 1, from - 1), count);
    const absl::CivilDay next = calendar.NextWorkingDay(from);
    ASSERT_TRUE(calendar.IsWorkingDay(next));
    for (absl::CivilDay day = from; day < next; ++day) ASSERT_FALSE(calendar.IsWorkingDay(day));
  }
}

TEST(WorkingCalendarPropertyTest, AgreesWithCountingMinutes) {
  std::mt19937 random(15);
  for (int round = 0; round < 60; ++round) {
    const WorkingCalendar calendar = Random(random);
    const absl::Time from = absl::FromCivil(absl::CivilSecond(2026, 3, 1), calendar.zone()) +
                            absl::Minutes(static_cast<int64_t>(random() % 20000));
    const absl::Time to = from + absl::Minutes(static_cast<int64_t>(random() % 15000));
    absl::Duration naive;
    for (absl::Time time = from; time < to; time += absl::Minutes(1)) {
      const absl::CivilMinute local = absl::ToCivilMinute(time, calendar.zone());
      if (!calendar.IsWorkingDay(absl::CivilDay(local))) continue;
      const int minute = local.hour() * 60 + local.minute();
      for (const WorkingPeriod& period : calendar.periods()) {
        if (minute >= period.start_minute && minute < period.end_minute) naive += absl::Minutes(1);
      }
    }
    const absl::Duration worked = *calendar.WorkingTimeBetween(from, to);
    ASSERT_EQ(worked, naive) << absl::FormatTime(from, calendar.zone()) << " to "
                             << absl::FormatTime(to, calendar.zone());
    const absl::Time end = *calendar.AddWorkingTime(from, worked);
    ASSERT_EQ(*calendar.WorkingTimeBetween(from, end), worked);
    if (worked > absl::ZeroDuration()) {
      ASSERT_LE(end, to);
      ASSERT_LT(*calendar.WorkingTimeBetween(from, end - absl::Minutes(1)), worked);
    }
  }
}

}  // namespace
}  // namespace docket::calendar
