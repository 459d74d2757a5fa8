// When departments are asked for their needs, by themselves again and again.
//
//   ACTIVE ⇄ PAUSED, both → RETIRED
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_SCHEDULE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_SCHEDULE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/calendar/working_calendar.h"

namespace docket::request {

// The numbers are those of the contract and of the tables.
enum class ScheduleState { kActive = 1, kPaused = 2, kRetired = 3 };
// "ACTIVE".
absl::string_view ScheduleStateName(ScheduleState state);

// An occurrence of a schedule for which a round is to be opened.
struct DueOccurrence {
  absl::Time occurrence;
  // Earlier ones that passed without a round.
  int missed = 0;
  // The one after it; nothing where there is none.
  std::optional<absl::Time> next;
};

struct CollectionSchedule {
  std::string organization_id;
  std::string id;
  std::string title;
  std::string instructions;
  // RFC 5545.
  std::string rule;
  // "2026-01-05T09:00" in the organisation's time zone.
  std::string start_local;
  // Identifiers. Empty: every department.
  std::vector<std::string> departments;
  // Working days before the due day.
  std::vector<int> reminders;
  int answer_days = 0;
  ScheduleState state = ScheduleState::kActive;
  std::string state_reason;
  // The first time of the rule for which no round was opened yet; nothing while not active.
  std::optional<absl::Time> next_occurrence;
  absl::Time create_time;
  absl::Time update_time;
  int64_t revision = 1;

  std::string Name() const;

  // A new schedule, or one that was edited, at `now`: checks it whole and finds its next occurrence, where it is active
  // and has none. INVALID_ARGUMENT / INVALID_FIELDS with everything that is wrong, each field named under
  // `collection_schedule.`.
  absl::Status Settle(absl::TimeZone zone, absl::Time now);

  // Transitions. FAILED_PRECONDITION / WRONG_STATE.
  absl::Status CheckEditable() const;
  absl::Status Pause(absl::string_view reason, absl::Time now);
  absl::Status Resume(absl::TimeZone zone, absl::Time now);
  absl::Status Retire(absl::string_view reason, absl::Time now);

  // The occurrence to open a round for at `now`: the last of those that are due; nothing where none is. An occurrence
  // on a day that is not worked is due at the same time of the next working day. INTERNAL where the stored rule is
  // none.
  absl::StatusOr<std::optional<DueOccurrence>> DueAt(const calendar::WorkingCalendar& calendar, absl::Time now) const;

 private:
  absl::StatusOr<std::optional<absl::Time>> FirstAfter(absl::TimeZone zone, absl::Time after) const;
  void Changed(absl::Time now);
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_SCHEDULE_H_
