// One round of asking departments for their needs: open from its opening to its due time, and then closed.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROUND_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROUND_H_

#include <cstddef>
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
enum class RoundState { kOpen = 1, kClosed = 2 };

// A department that was asked.
struct CollectionAnswer {
  std::string department_id;
  // Nothing: has not answered.
  std::optional<absl::Time> answer_time;
  bool nil_return = false;
  bool late = false;
  std::string answerer;
  std::string comment;
};

// The numbers are those of the table. Needless: its time came when there was nobody to remind, or never came.
enum class ReminderState { kWaiting = 1, kReported = 2, kNeedless = 3 };

// When departments that have not answered are to be reminded.
struct Reminder {
  int days_before = 0;
  absl::Time time;
  ReminderState state = ReminderState::kWaiting;
};

// What a round is to be.
struct RoundPlan {
  std::string organization_id;
  // 16 bytes.
  std::string id;
  // Both unset for a round that is opened by hand.
  std::optional<std::string> schedule_id;
  std::optional<absl::Time> occurrence;
  std::string title;
  std::string instructions;
  std::string opener;
  int missed_occurrences = 0;
  std::vector<std::string> departments;
  std::vector<int> reminders;
  int answer_days = 1;
};

// Who does something to a round, and which version of it they saw.
struct RoundAttempt {
  std::string caller;
  // The caller's; empty: none.
  std::string department_id;
  std::string etag;
  absl::Time now;
};

// What people may edit of a round.
struct RoundEdit {
  std::string title;
  std::string instructions;
  absl::Time due_time;
};

struct CollectionRound {
  // An edit leads no further than this beyond the present.
  static constexpr absl::Duration kMaxTimeToAnswer = absl::Hours(24 * 366);
  // To which a round may be widened by hand.
  static constexpr size_t kMaxDepartments = 500;

  std::string organization_id;
  std::string id;
  std::optional<std::string> schedule_id;
  std::optional<absl::Time> occurrence;
  std::string title;
  std::string instructions;
  RoundState state = RoundState::kOpen;
  absl::Time open_time;
  absl::Time due_time;
  std::optional<absl::Time> close_time;
  std::string opener;
  std::string closer;
  std::string close_reason;
  int missed_occurrences = 0;
  // By department.
  std::vector<CollectionAnswer> answers;
  absl::Time update_time;
  int64_t revision = 1;

  // Opens at `now`; due at the end of work on the answer_days-th working day after that day. INTERNAL where the
  // calendar ends before.
  static absl::StatusOr<CollectionRound> Open(const RoundPlan& plan, const calendar::WorkingCalendar& calendar,
                                              absl::Time now);

  std::string Name() const;

  // An answer for a department: PERMISSION_DENIED / OTHER_DEPARTMENT for another than the caller's; ABORTED /
  // STALE_ETAG; FAILED_PRECONDITION / WRONG_STATE once closed, BROKEN_REFERENCE where the department was not asked.
  absl::Status Answer(const RoundAttempt& by, absl::string_view department, bool nil_return, absl::string_view comment);
  // Makes this of an open round, whose due time may have passed; an edit that changes nothing gives no new revision.
  // ABORTED / STALE_ETAG; FAILED_PRECONDITION / WRONG_STATE once closed; INVALID_ARGUMENT / INVALID_FIELDS, named as
  // `collection_round.due_time`, for another due time that is not after now or more than 366 days ahead.
  absl::Status Edit(const RoundAttempt& by, const RoundEdit& edit);
  // Asks further departments and returns those that were not asked before, ascending; where there are none, nothing
  // changes. ABORTED / STALE_ETAG; FAILED_PRECONDITION / WRONG_STATE once closed, LIMIT_REACHED beyond 500 in all;
  // INVALID_ARGUMENT / INVALID_FIELDS, named as `departments[i]`, where one stands twice.
  absl::StatusOr<std::vector<std::string>> Ask(const RoundAttempt& by, const std::vector<std::string>& departments);
  // Early, by someone, or when due, by nobody. ABORTED / STALE_ETAG; FAILED_PRECONDITION / WRONG_STATE.
  absl::Status Close(const RoundAttempt& by, absl::string_view reason);

  // nullptr: was not asked.
  const CollectionAnswer* Find(absl::string_view department) const;
  // Names of the departments that have not answered.
  std::vector<std::string> Missing() const;
  int AnsweredCount() const;
  int NilReturnCount() const;
  int LateCount() const;
};

// `organizations/{org}/collectionRounds/{round}`.
std::string CollectionRoundName(absl::string_view organization_id, absl::string_view id);

// Those of the planned reminders that come after the opening: at the beginning of work, so many working days before the
// day on which the round is due. Where work has not begun by the due time, or not at all that day, zero days before are
// on the last working day before it.
std::vector<Reminder> RemindersOf(const CollectionRound& round, const std::vector<int>& days_before,
                                  const calendar::WorkingCalendar& calendar);
// What becomes of its reminders at `now` when a round's due time has moved. Those whose new time lies ahead wait, also
// if they were reported or needless. Of the others, those that were reported and those whose time is the same stay as
// they are, and the rest are needless.
std::vector<Reminder> Rescheduled(const CollectionRound& round, std::vector<Reminder> reminders,
                                  const calendar::WorkingCalendar& calendar, absl::Time now);

// How many requests one department has in a round, of one kind and priority (numbers of the contract).
struct RequestTally {
  std::string department_id;
  int kind = 0;
  int priority = 0;
  int count = 0;
};
int TotalOf(const std::vector<RequestTally>& tallies);
int TotalOf(const std::vector<RequestTally>& tallies, absl::string_view department_id);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROUND_H_
