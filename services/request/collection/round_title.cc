#include "services/request/collection/round_title.h"

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/calendar/civil_text.h"
#include "common/calendar/recurrence_rule.h"

namespace docket::request {
namespace {

using calendar::Frequency;
using calendar::RecurrenceRule;

enum class Period { kDay, kMonth, kQuarter, kYear };

// Parts that select several times in a month or year make each of them an occasion of its own.
bool SelectsSeveral(const RecurrenceRule& rule) {
  if (absl::StrContains(rule.text(), "BYHOUR")) return true;
  if (rule.frequency() == Frequency::kYearly) return absl::StrContains(rule.text(), "BY");
  // In a month a single day: by its number, by its place among the weekdays, or by BYSETPOS.
  if (absl::StrContains(rule.text(), "BYSETPOS=")) {
    return absl::StrContains(rule.text().substr(rule.text().find("BYSETPOS=")), ",");
  }
  const size_t by_month_day = rule.text().find("BYMONTHDAY=");
  if (by_month_day != std::string::npos) {
    const std::string days = rule.text().substr(by_month_day);
    return absl::StrContains(days.substr(0, days.find(';')), ",");
  }
  const size_t by_day = rule.text().find("BYDAY=");
  if (by_day == std::string::npos) return false;
  std::string days = rule.text().substr(by_day + 6);
  days = days.substr(0, days.find(';'));
  return absl::StrContains(days, ",") || days.size() <= 2;
}

Period PeriodOf(absl::string_view text) {
  const absl::StatusOr<RecurrenceRule> rule = RecurrenceRule::Parse(text);
  if (!rule.ok() || SelectsSeveral(*rule)) return Period::kDay;
  if (rule->frequency() == Frequency::kYearly && rule->interval() == 1) return Period::kYear;
  if (rule->frequency() == Frequency::kMonthly && rule->interval() == 1) return Period::kMonth;
  if (rule->frequency() == Frequency::kMonthly && rule->interval() == 3) return Period::kQuarter;
  return Period::kDay;
}

std::string ChineseText(Period period, absl::CivilDay day) {
  switch (period) {
    case Period::kYear:
      return absl::StrCat(day.year(), "年");
    case Period::kQuarter:
      return absl::StrCat(day.year(), "年第", (day.month() + 2) / 3, "季度");
    case Period::kMonth:
      return absl::StrCat(day.year(), "年", day.month(), "月");
    case Period::kDay:
      break;
  }
  return absl::StrCat(day.year(), "年", day.month(), "月", day.day(), "日");
}

std::string EnglishText(Period period, absl::CivilDay day) {
  switch (period) {
    case Period::kYear:
      return absl::StrCat(day.year());
    case Period::kQuarter:
      return absl::StrCat("Q", (day.month() + 2) / 3, " ", day.year());
    case Period::kMonth:
      return absl::StrFormat("%04d-%02d", day.year(), day.month());
    case Period::kDay:
      break;
  }
  return calendar::FormatDay(day);
}

}  // namespace

std::string RoundTitle(absl::string_view schedule_title, absl::string_view rule, absl::CivilDay day,
                       absl::string_view language_code) {
  const Period period = PeriodOf(rule);
  if (language_code == "zh-CN") return absl::StrCat(schedule_title, "（", ChineseText(period, day), "）");
  return absl::StrCat(schedule_title, " (", EnglishText(period, day), ")");
}

}  // namespace docket::request
