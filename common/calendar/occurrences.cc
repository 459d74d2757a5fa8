#include "common/calendar/occurrences.h"

#include <libical/ical.h>

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace docket::calendar {
namespace {

// More than 230 years of 24 hours a day; a rule that selects less takes fewer steps.
constexpr int kMaxSteps = 2'100'000;

icaltimetype Floating(absl::CivilSecond local) {
  icaltimetype time = icaltime_null_time();
  time.year = static_cast<int>(local.year());
  time.month = local.month();
  time.day = local.day();
  time.hour = local.hour();
  time.minute = local.minute();
  time.second = local.second();
  return time;
}

// libical's iterator over floating local times. It keeps its state to itself and libical's error number and buffers are
// each thread's own, so threads may expand rules at the same time.
class LocalTimes {
 public:
  LocalTimes(const RecurrenceRule& rule, absl::CivilSecond start)
      : iterator_(
            icalrecur_iterator_new(icalrecurrencetype_from_string(rule.unlimited_text().c_str()), Floating(start)),
            &icalrecur_iterator_free) {}

  std::optional<absl::CivilSecond> Next() {
    // libical makes no iterator where it finds nothing to begin with: whether the rule is well formed is known before.
    if (iterator_ == nullptr) return std::nullopt;
    const icaltimetype time = icalrecur_iterator_next(iterator_.get());
    if (icaltime_is_null_time(time) != 0 || time.year > kLastYear) return std::nullopt;
    return absl::CivilSecond(time.year, time.month, time.day, time.hour, time.minute, time.second);
  }

 private:
  std::unique_ptr<icalrecur_iterator, decltype(&icalrecur_iterator_free)> iterator_;
};

bool IsPastEnd(const RecurrenceRule& rule, const Occurrence& occurrence) {
  return (rule.until().has_value() && occurrence.time > *rule.until()) ||
         (rule.until_day().has_value() && absl::CivilDay(occurrence.local) > *rule.until_day());
}

}  // namespace

absl::Time InstantOf(absl::CivilSecond local, absl::TimeZone zone) {
  // Of a time that is skipped or comes twice, `pre` is the one with the offset before the change.
  return zone.At(local).pre;
}

absl::StatusOr<std::vector<Occurrence>> NextOccurrences(const RecurrenceRule& rule, absl::CivilSecond start,
                                                        absl::TimeZone zone, absl::Time after, int limit) {
  if (start.year() < kFirstYear || start.year() > kLastYear) {
    return absl::InvalidArgumentError(
        absl::StrCat("a recurrence starts in the years ", kFirstYear, " to ", kLastYear, ", not in ", start.year()));
  }
  if (limit < 1 || limit > kMaxOccurrences) {
    return absl::InvalidArgumentError(absl::StrCat("1 to ", kMaxOccurrences, " occurrences can be asked for"));
  }
  LocalTimes times(rule, start);
  std::vector<Occurrence> found;
  absl::Time last = absl::InfinitePast();
  for (int step = 0; step < kMaxSteps && static_cast<int>(found.size()) < limit; ++step) {
    const std::optional<absl::CivilSecond> local = times.Next();
    if (!local.has_value()) break;
    const Occurrence occurrence{.local = *local, .time = InstantOf(*local, zone)};
    if (IsPastEnd(rule, occurrence)) break;
    if (occurrence.time <= last) continue;
    last = occurrence.time;
    if (occurrence.time > after) found.push_back(occurrence);
  }
  return found;
}

}  // namespace docket::calendar
