// Recurrence rules as RFC 5545 writes them (`FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1`), read from texts that nobody
// vouches for.
//
//   DOCKET_ASSIGN_OR_RETURN(const RecurrenceRule rule, RecurrenceRule::Parse("FREQ=MONTHLY;BYDAY=1MO"));
//
// What a rule may say here is narrower than the RFC, so that expanding one is always cheap:
//   - FREQ is DAILY, WEEKLY, MONTHLY or YEARLY. Nothing that Docket repeats does so within a day more often than BYHOUR
//     says; SECONDLY, MINUTELY and HOURLY are refused.
//   - INTERVAL is 1 to 1000, COUNT 1 to 1000. COUNT and UNTIL exclude each other.
//   - BYMONTH, BYMONTHDAY, BYDAY, BYYEARDAY, BYWEEKNO, BYSETPOS, BYHOUR and WKST, where the RFC allows them with the
//   FREQ;
//     each list has at most 31 values. BYMINUTE, BYSECOND, RSCALE, SKIP and X-names are refused: minute and second are
//     those of the start.
//   - BYSETPOS goes with FREQ=MONTHLY and YEARLY, and not with BYHOUR: it chooses among days.
//   - UNTIL is a UTC time (20261231T160000Z) or a local date (20261231), which includes that whole day.
#ifndef DOCKET_COMMON_CALENDAR_RECURRENCE_RULE_H_
#define DOCKET_COMMON_CALENDAR_RECURRENCE_RULE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace docket::calendar {

enum class Frequency { kDaily, kWeekly, kMonthly, kYearly };

// A rule that keeps to the limits above. Immutable, so thread-safe.
class RecurrenceRule {
 public:
  static constexpr size_t kMaxLength = 500;

  // Names and values in any case; parts in any order. INVALID_ARGUMENT with a text that names the part and what it
  // should be, fit to be shown to whoever wrote the rule.
  static absl::StatusOr<RecurrenceRule> Parse(absl::string_view text);

  Frequency frequency() const { return frequency_; }
  int interval() const { return interval_; }
  std::optional<int> count() const { return count_; }
  // The last instant that may be an occurrence.
  const std::optional<absl::Time>& until() const { return until_; }
  // The last local day that may have one.
  const std::optional<absl::CivilDay>& until_day() const { return until_day_; }
  // In upper case, otherwise as it was written.
  const std::string& text() const { return text_; }
  // Without UNTIL, which takes a time zone to apply.
  const std::string& unlimited_text() const { return unlimited_text_; }

 private:
  friend class RuleReader;
  RecurrenceRule() = default;

  Frequency frequency_ = Frequency::kDaily;
  int interval_ = 1;
  std::optional<int> count_;
  std::optional<absl::Time> until_;
  std::optional<absl::CivilDay> until_day_;
  std::string text_;
  std::string unlimited_text_;
};

}  // namespace docket::calendar

#endif  // DOCKET_COMMON_CALENDAR_RECURRENCE_RULE_H_
