#include "services/request/calendar/organization_calendar.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/calendar/civil_text.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;
using Kind = DayEdit::Kind;
using Outcome = DayResult::Outcome;

OrganizationCalendar Calendar() {
  OrganizationCalendar calendar;
  calendar.organization_id = "yunqi";
  calendar.time_zone = "Asia/Shanghai";
  calendar.week = calendar::WorkingCalendar::MondayToFriday();
  calendar.periods = {{540, 1080}};
  calendar.days[absl::CivilDay(2026, 2, 14)] = {absl::CivilDay(2026, 2, 14), true, "春节补班"};
  return calendar;
}

std::vector<Outcome> Outcomes(const std::vector<DayResult>& results) {
  std::vector<Outcome> outcomes;
  for (const DayResult& result : results) outcomes.push_back(result.outcome);
  return outcomes;
}

TEST(OrganizationCalendarTest, JudgesEachDayOnItsOwn) {
  OrganizationCalendar calendar = Calendar();
  const auto results = Import({{"2027-02-05", Kind::kHoliday, "春节"},
                               {"2026-02-14", Kind::kWorkday, "春节补班"},
                               {"2027-02-30", Kind::kHoliday, "没有这一天"},
                               {"2027-02-05", Kind::kWorkday, "同一天"},
                               {"2027-02-06", Kind::kOrdinary, ""}},
                              calendar);
  ASSERT_THAT(results, IsOk());
  EXPECT_THAT(Outcomes(*results), ElementsAre(Outcome::kAdded, Outcome::kUnchanged, Outcome::kRefused,
                                              Outcome::kRefused, Outcome::kUnchanged));
  EXPECT_NE((*results)[2].error, "");
  EXPECT_EQ(calendar.days.size(), 2u);
  EXPECT_FALSE(calendar.days.at(absl::CivilDay(2027, 2, 5)).working);

  const auto again = Import({{"2026-02-14", Kind::kHoliday, "春节"}, {"2027-02-05", Kind::kOrdinary, ""}}, calendar);
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(Outcomes(*again), ElementsAre(Outcome::kChanged, Outcome::kRemoved));
  EXPECT_EQ(calendar.days.size(), 1u);
}

TEST(OrganizationCalendarTest, TakesDaysOfItsTimeOnly) {
  for (const char* day :
       {"0000-01-01", "0001-01-01", "1999-12-31", "2200-01-01", "9999-12-31", "2026-02-30", "2026-2-3"}) {
    EXPECT_FALSE(CalendarDayOf(day).has_value()) << day;
  }
  EXPECT_EQ(CalendarDayOf("2000-01-01"), absl::CivilDay(2000, 1, 1));
  EXPECT_EQ(CalendarDayOf("2199-12-31"), absl::CivilDay(2199, 12, 31));
}

TEST(OrganizationCalendarTest, IsBounded) {
  OrganizationCalendar calendar = Calendar();
  std::vector<DayEdit> many;
  for (int i = 0; i < 2000; ++i) {
    many.push_back({calendar::FormatDay(absl::CivilDay(2030, 1, 1) + i), Kind::kHoliday, ""});
  }
  EXPECT_THAT(Import(many, calendar), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
}

TEST(OrganizationCalendarTest, IsCountedBy) {
  const auto working = Calendar().ToWorking();
  ASSERT_THAT(working, IsOk());
  EXPECT_TRUE(working->IsWorkingDay(absl::CivilDay(2026, 2, 14)));
  OrganizationCalendar nowhere = Calendar();
  nowhere.time_zone = "Mars/Olympus";
  EXPECT_THAT(nowhere.ToWorking(), StatusIs(absl::StatusCode::kInternal));
  OrganizationCalendar idle = Calendar();
  idle.week = {};
  EXPECT_THAT(idle.ToWorking(), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace docket::request
