#include "common/calendar/recurrence_rule.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::calendar {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;

TEST(RecurrenceRuleTest, ReadsItsParts) {
  const auto rule = RecurrenceRule::Parse("interval=3;freq=monthly;BYMONTHDAY=1,-1;COUNT=8");
  ASSERT_THAT(rule, IsOk());
  EXPECT_EQ(rule->frequency(), Frequency::kMonthly);
  EXPECT_EQ(rule->interval(), 3);
  EXPECT_EQ(rule->count(), 8);
  EXPECT_EQ(rule->text(), "INTERVAL=3;FREQ=MONTHLY;BYMONTHDAY=1,-1;COUNT=8");
}

TEST(RecurrenceRuleTest, ReadsBothFormsOfUntil) {
  const auto time = RecurrenceRule::Parse("FREQ=DAILY;UNTIL=20261231T160000Z");
  ASSERT_THAT(time, IsOk());
  EXPECT_EQ(time->until(), absl::FromCivil(absl::CivilSecond(2026, 12, 31, 16), absl::UTCTimeZone()));
  EXPECT_EQ(time->unlimited_text(), "FREQ=DAILY");
  const auto day = RecurrenceRule::Parse("FREQ=DAILY;UNTIL=20261231");
  ASSERT_THAT(day, IsOk());
  EXPECT_EQ(day->until_day(), absl::CivilDay(2026, 12, 31));
}

TEST(RecurrenceRuleTest, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"", "the rule is empty"},
      {std::string(501, 'A'), "longer than 500"},
      {"MONTHLY", "\"MONTHLY\" is not of the form NAME=VALUE"},
      {"FREQ=MONTHLY;", "\"\" is not of the form"},
      {"FREQ=MONTHLY;;COUNT=1", "\"\" is not of the form"},
      {"FREQ=MONTHLY;FREQ=DAILY", "\"FREQ\" stands twice"},
      {"RRULE:FREQ=MONTHLY", "FREQ is missing"},
      {"INTERVAL=2", "FREQ is missing"},
      {"FREQ=SECONDLY", "not \"SECONDLY\""},
      {"FREQ=MINUTELY", "not \"MINUTELY\""},
      {"FREQ=HOURLY", "not \"HOURLY\""},
      {"FREQ= DAILY", "not \" DAILY\""},
      {"FREQ=DAILY;INTERVAL=0", "INTERVAL is a number from 1 to 1000"},
      {"FREQ=DAILY;INTERVAL=1001", "INTERVAL is a number from 1 to 1000"},
      {"FREQ=DAILY;INTERVAL=99999999999999999999", "INTERVAL is a number"},
      {"FREQ=DAILY;INTERVAL=+2", "INTERVAL is a number"},
      {"FREQ=DAILY;COUNT=-1", "COUNT is a number"},
      {"FREQ=DAILY;COUNT=1001", "COUNT is a number from 1 to 1000"},
      {"FREQ=DAILY;COUNT=2;UNTIL=20261231", "exclude each other"},
      {"FREQ=DAILY;UNTIL=20260230", "UNTIL is a UTC time"},
      {"FREQ=DAILY;UNTIL=20261231T160000", "UNTIL is a UTC time"},
      {"FREQ=DAILY;UNTIL=20261231T250000Z", "UNTIL is a UTC time"},
      {"FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY takes numbers from 1 to 31"},
      {"FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY takes numbers"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,1", "BYMONTHDAY lists 1 twice"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,", "BYMONTHDAY takes numbers"},
      {"FREQ=MONTHLY;BYMONTHDAY=--1", "BYMONTHDAY takes numbers"},
      {"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"},
      {"FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY does not go with FREQ=MONTHLY"},
      {"FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO does not go with FREQ=MONTHLY"},
      {"FREQ=YEARLY;BYMONTH=-1", "BYMONTH takes numbers from 1 to 12, not"},
      {"FREQ=DAILY;BYHOUR=24", "BYHOUR takes numbers from 0 to 23"},
      {"FREQ=DAILY;BYMINUTE=30", "\"BYMINUTE\" is not taken here"},
      {"FREQ=DAILY;BYSECOND=30", "\"BYSECOND\" is not taken here"},
      {"FREQ=DAILY;RSCALE=CHINESE", "\"RSCALE\" is not taken here"},
      {"FREQ=WEEKLY;BYDAY=XX", "BYDAY takes days like MO"},
      {"FREQ=WEEKLY;BYDAY=MO,MO", "twice"},
      {"FREQ=MONTHLY;BYDAY=1MO,+1MO", "twice"},
      {"FREQ=WEEKLY;BYDAY=1MO", "only with FREQ=MONTHLY or YEARLY"},
      {"FREQ=MONTHLY;BYDAY=6MO", "a month has no \"6MO\""},
      {"FREQ=MONTHLY;BYDAY=0MO", "BYDAY takes days"},
      {"FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "no number together with BYWEEKNO"},
      {"FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among"},
      {"FREQ=DAILY;BYMONTHDAY=1;BYSETPOS=2", "BYSETPOS does not go with FREQ=DAILY"},
      {"FREQ=MONTHLY;BYDAY=MO;BYHOUR=9,14;BYSETPOS=2", "does not go with BYHOUR"},
      {"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no month of BYMONTH has a day of BYMONTHDAY"},
      {"FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31,-31", "no month of BYMONTH has a day of BYMONTHDAY"},
      {"FREQ=WEEKLY;WKST=1", "WKST is a day like MO"},
      {"FREQ=每月", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not"},
      {std::string("FREQ=DAILY\0", 11), "FREQ is DAILY"},
  };
  for (const auto& [text, message] : refused) {
    const auto rule = RecurrenceRule::Parse(text);
    ASSERT_FALSE(rule.ok()) << text;
    EXPECT_EQ(rule.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(rule.status().message()), HasSubstr(message)) << text;
  }
}

TEST(RecurrenceRuleTest, BoundsItsLists) {
  std::string days = "1";
  for (int day = 2; day <= 31; ++day) absl::StrAppend(&days, ",", day);
  EXPECT_THAT(RecurrenceRule::Parse("FREQ=MONTHLY;BYMONTHDAY=" + days), IsOk());
  const auto more = RecurrenceRule::Parse("FREQ=MONTHLY;BYMONTHDAY=-1," + days);
  ASSERT_FALSE(more.ok());
  EXPECT_THAT(std::string(more.status().message()), HasSubstr("more than 31 values"));
}

}  // namespace
}  // namespace docket::calendar
