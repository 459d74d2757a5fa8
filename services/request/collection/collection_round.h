// One round of asking departments for their needs: open from its opening to its due time, and then closed.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROUND_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROUND_H_

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

// When departments that have not answered are to be reminded.
struct Reminder {
  int days_before = 0;
  absl::Time time;
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

struct CollectionRound {
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
// day on which the round is due.
std::vector<Reminder> RemindersOf(const CollectionRound& round, const std::vector<int>& days_before,
                                  const calendar::WorkingCalendar& calendar);

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
