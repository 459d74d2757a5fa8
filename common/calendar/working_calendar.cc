#include "common/calendar/working_calendar.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/calendar/civil_text.h"
#include "common/calendar/occurrences.h"

namespace docket::calendar {
namespace {

constexpr int kMinutesPerDay = 24 * 60;
constexpr absl::CivilDay kSomeMonday(1970, 1, 5);

size_t IndexOf(absl::CivilDay day) { return static_cast<size_t>(absl::GetWeekday(day)); }

absl::Status CheckPeriods(const std::vector<WorkingPeriod>& periods) {
  if (periods.empty() || periods.size() > WorkingCalendar::kMaxPeriods) {
    return absl::InvalidArgumentError(
        absl::StrCat("a working day has 1 to ", WorkingCalendar::kMaxPeriods, " working periods"));
  }
  int before = 0;
  for (const WorkingPeriod& period : periods) {
    if (period.start_minute < before || period.end_minute <= period.start_minute ||
        period.end_minute > kMinutesPerDay) {
      return absl::InvalidArgumentError(
          absl::StrCat("the working period from minute ", period.start_minute, " to ", period.end_minute,
                       " is empty, goes beyond the day's 1440 minutes or begins before the one before it ends"));
    }
    before = period.end_minute;
  }
  return absl::OkStatus();
}

}  // namespace

WorkingCalendar::Week WorkingCalendar::MondayToFriday() { return {true, true, true, true, true, false, false}; }

absl::StatusOr<WorkingCalendar> WorkingCalendar::Create(absl::TimeZone zone, const Week& week,
                                                        std::vector<WorkingPeriod> periods,
                                                        const std::vector<ExceptionalDay>& days) {
  WorkingCalendar calendar;
  calendar.zone_ = zone;
  calendar.week_ = week;
  calendar.days_per_week_ = std::count(week.begin(), week.end(), true);
  // Else the search for a next working day might never end.
  if (calendar.days_per_week_ == 0) return absl::InvalidArgumentError("at least one day of the week must be worked");
  if (absl::Status status = CheckPeriods(periods); !status.ok()) return status;
  calendar.periods_ = std::move(periods);
  if (days.size() > kMaxExceptionalDays) {
    return absl::InvalidArgumentError(absl::StrCat("a calendar takes at most ", kMaxExceptionalDays, " days"));
  }
  for (const ExceptionalDay& day : days) {
    if (!calendar.days_.emplace(day.date, day).second) {
      return absl::InvalidArgumentError(absl::StrCat(FormatDay(day.date), " stands twice"));
    }
  }
  return calendar;
}

std::string WorkingCalendar::TitleOf(absl::CivilDay day) const {
  const auto found = days_.find(day);
  return found == days_.end() ? std::string() : found->second.title;
}

bool WorkingCalendar::IsWorkingDay(absl::CivilDay day) const {
  const auto found = days_.find(day);
  return found != days_.end() ? found->second.working : week_[IndexOf(day)];
}

absl::CivilDay WorkingCalendar::NextWorkingDay(absl::CivilDay day) const {
  while (!IsWorkingDay(day)) ++day;
  return day;
}

absl::StatusOr<absl::CivilDay> WorkingCalendar::AddWorkingDays(absl::CivilDay day, int count) const {
  if (count > kMaxWorkingDays || count < -kMaxWorkingDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("at most ", kMaxWorkingDays, " working days can be added or taken away"));
  }
  if (count == 0) return NextWorkingDay(day);
  const int step = count > 0 ? 1 : -1;
  for (int left = count * step; left > 0;) {
    day += step;
    if (IsWorkingDay(day)) --left;
  }
  return day;
}

int64_t WorkingCalendar::OrdinaryDaysUpTo(absl::CivilDay day) const {
  const int64_t days = day - kSomeMonday;
  const int64_t weeks = days >= 0 ? days / 7 : -((6 - days) / 7);
  int64_t count = weeks * days_per_week_;
  for (size_t i = 0; i <= IndexOf(day); ++i) count += week_[i] ? 1 : 0;
  return count;
}

int64_t WorkingCalendar::WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to) const {
  if (to < from) return -WorkingDaysBetween(to, from);
  int64_t count = OrdinaryDaysUpTo(to) - OrdinaryDaysUpTo(from);
  for (auto day = days_.upper_bound(from); day != days_.end() && day->first <= to; ++day) {
    const bool ordinarily = week_[IndexOf(day->first)];
    count += (day->second.working ? 1 : 0) - (ordinarily ? 1 : 0);
  }
  return count;
}

absl::Time WorkingCalendar::At(absl::CivilDay day, int minute) const {
  // Civil times roll over, so minute 1440 is midnight.
  return InstantOf(absl::CivilSecond(day.year(), day.month(), day.day(), 0, minute), zone_);
}

absl::Time WorkingCalendar::StartOfWork(absl::CivilDay day) const { return At(day, periods_.front().start_minute); }

absl::Time WorkingCalendar::EndOfWork(absl::CivilDay day) const { return At(day, periods_.back().end_minute); }

absl::Duration WorkingCalendar::WorkedOn(absl::CivilDay day, absl::Time from, absl::Time to) const {
  absl::Duration worked;
  if (!IsWorkingDay(day)) return worked;
  for (const WorkingPeriod& period : periods_) {
    const absl::Time start = std::max(At(day, period.start_minute), from);
    const absl::Time end = std::min(At(day, period.end_minute), to);
    if (end > start) worked += end - start;
  }
  return worked;
}

absl::StatusOr<absl::Duration> WorkingCalendar::WorkingTimeBetween(absl::Time from, absl::Time to) const {
  if (to < from) {
    const absl::StatusOr<absl::Duration> reversed = WorkingTimeBetween(to, from);
    if (!reversed.ok()) return reversed.status();
    return -*reversed;
  }
  if (to - from > kMaxSpan) return absl::InvalidArgumentError("the times are more than 100 years apart");
  absl::Duration worked;
  const absl::CivilDay last = absl::ToCivilDay(to, zone_);
  for (absl::CivilDay day = absl::ToCivilDay(from, zone_); day <= last; ++day) worked += WorkedOn(day, from, to);
  return worked;
}

absl::StatusOr<absl::Time> WorkingCalendar::AddWorkingTime(absl::Time from, absl::Duration work) const {
  if (work < absl::ZeroDuration()) return absl::InvalidArgumentError("working time to add must not be negative");
  absl::CivilDay day = absl::ToCivilDay(from, zone_);
  for (int days = 0; days <= kMaxWorkingDays; ++days, ++day) {
    day = NextWorkingDay(day);
    for (const WorkingPeriod& period : periods_) {
      const absl::Time start = std::max(At(day, period.start_minute), from);
      const absl::Time end = At(day, period.end_minute);
      if (end <= start) continue;
      if (work <= end - start) return start + work;
      work -= end - start;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the working time ends more than ", kMaxWorkingDays, " working days ahead"));
}

absl::StatusOr<absl::Time> WorkingCalendar::AddWorkingDays(absl::Time from, int count) const {
  const absl::CivilSecond local = absl::ToCivilSecond(from, zone_);
  const absl::StatusOr<absl::CivilDay> day = AddWorkingDays(absl::CivilDay(local), count);
  if (!day.ok()) return day.status();
  const absl::CivilSecond moved(day->year(), day->month(), day->day(), local.hour(), local.minute(), local.second());
  return InstantOf(moved, zone_) + (from - absl::FromUnixSeconds(absl::ToUnixSeconds(from)));
}

}  // namespace docket::calendar
