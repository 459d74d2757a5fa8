// Which days and hours are worked: an ordinary week, and the days on which it does not hold, such as the public
// holidays of China and the weekends that are worked to make up for them.
//
//   DOCKET_ASSIGN_OR_RETURN(const WorkingCalendar calendar,
//                           WorkingCalendar::Create(shanghai, WorkingCalendar::MondayToFriday(), {{540, 720}, {810,
//                           1080}},
//                                                   {{absl::CivilDay(2026, 2, 14), true, "春节补班"}}));
//   calendar.AddWorkingDays(absl::CivilDay(2026, 2, 13), 1);  // Saturday, 14 February
#ifndef DOCKET_COMMON_CALENDAR_WORKING_CALENDAR_H_
#define DOCKET_COMMON_CALENDAR_WORKING_CALENDAR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace docket::calendar {

// Part of a working day in local time, in minutes from midnight: 540 to 720 is 09:00 to 12:00. 1440 is its end.
struct WorkingPeriod {
  int start_minute = 0;
  int end_minute = 0;

  friend bool operator==(const WorkingPeriod&, const WorkingPeriod&) = default;
};

// A day on which the ordinary week does not hold.
struct ExceptionalDay {
  absl::CivilDay date;
  // True: a make-up workday; false: a holiday.
  bool working = false;
  std::string title;

  friend bool operator==(const ExceptionalDay&, const ExceptionalDay&) = default;
};

// Immutable, so thread-safe. All days are local days of its zone.
class WorkingCalendar {
 public:
  // By absl::Weekday: Monday first.
  using Week = std::array<bool, 7>;
  static constexpr size_t kMaxPeriods = 6;
  static constexpr size_t kMaxExceptionalDays = 2000;
  // Of AddWorkingDays and AddWorkingTime, either way.
  static constexpr int kMaxWorkingDays = 5000;
  // Of WorkingTimeBetween.
  static constexpr absl::Duration kMaxSpan = absl::Hours(24 * 366 * 100);

  static Week MondayToFriday();

  // INVALID_ARGUMENT where no day of the week is worked, there is no period or more than 6, a period is empty or not
  // within a day, periods overlap or are not in order, a date stands twice, or there are more than 2000 exceptional
  // days.
  static absl::StatusOr<WorkingCalendar> Create(absl::TimeZone zone, const Week& week,
                                                std::vector<WorkingPeriod> periods,
                                                const std::vector<ExceptionalDay>& days);

  absl::TimeZone zone() const { return zone_; }
  const Week& week() const { return week_; }
  const std::vector<WorkingPeriod>& periods() const { return periods_; }
  // The title of an exceptional day; empty for an ordinary one.
  std::string TitleOf(absl::CivilDay day) const;

  bool IsWorkingDay(absl::CivilDay day) const;
  // `day` itself where it is worked, else the first one after it that is.
  absl::CivilDay NextWorkingDay(absl::CivilDay day) const;
  // The count-th working day after `day`, or before it for a negative count. For 0, NextWorkingDay. INVALID_ARGUMENT
  // beyond ±5000.
  absl::StatusOr<absl::CivilDay> AddWorkingDays(absl::CivilDay day, int count) const;
  // How many working days lie after `from` up to and including `to`; negative, the other way round, where `to` is
  // earlier. So WorkingDaysBetween(day, *AddWorkingDays(day, n)) is n for n > 0.
  int64_t WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to) const;

  // The instants at which work begins and ends on a day.
  absl::Time StartOfWork(absl::CivilDay day) const;
  absl::Time EndOfWork(absl::CivilDay day) const;

  // Working time between two instants, negative where `to` is earlier. An hour that a clock change takes away is not
  // worked, one that comes twice is worked twice. INVALID_ARGUMENT where they are more than 100 years apart.
  absl::StatusOr<absl::Duration> WorkingTimeBetween(absl::Time from, absl::Time to) const;
  // The earliest instant by which `work` (not negative) has been worked since `from`; for zero the first instant at
  // which work goes on. INVALID_ARGUMENT for a negative one and where it lies more than 5000 working days ahead.
  absl::StatusOr<absl::Time> AddWorkingTime(absl::Time from, absl::Duration work) const;
  // The same time of day, AddWorkingDays later.
  absl::StatusOr<absl::Time> AddWorkingDays(absl::Time from, int count) const;

 private:
  WorkingCalendar() = default;
  // Days up to and including this one that the ordinary week works, counted from a fixed Monday.
  int64_t OrdinaryDaysUpTo(absl::CivilDay day) const;
  absl::Time At(absl::CivilDay day, int minute) const;
  absl::Duration WorkedOn(absl::CivilDay day, absl::Time from, absl::Time to) const;

  absl::TimeZone zone_;
  Week week_{};
  int64_t days_per_week_ = 0;
  std::vector<WorkingPeriod> periods_;
  std::map<absl::CivilDay, ExceptionalDay> days_;
};

}  // namespace docket::calendar

#endif  // DOCKET_COMMON_CALENDAR_WORKING_CALENDAR_H_
