#include "services/request/collection/collection_round.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/collection/wrong_state.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

template <typename Holds>
int CountIf(const std::vector<CollectionAnswer>& answers, Holds holds) {
  return static_cast<int>(std::count_if(answers.begin(), answers.end(), holds));
}

absl::Status Closed(absl::Time close_time) {
  return WrongState(
      absl::StrCat("the round was closed at ", absl::FormatTime(absl::RFC3339_sec, close_time, absl::UTCTimeZone()),
                   " and takes no more answers"),
      "CLOSED", "OPEN");
}

}  // namespace

std::string CollectionRoundName(absl::string_view organization_id, absl::string_view id) {
  return ChildName(OrganizationName(organization_id), "collectionRounds", FormatUuid(id));
}

std::string CollectionRound::Name() const { return CollectionRoundName(organization_id, id); }

absl::StatusOr<CollectionRound> CollectionRound::Open(const RoundPlan& plan, const calendar::WorkingCalendar& calendar,
                                                      absl::Time now) {
  CollectionRound round;
  round.organization_id = plan.organization_id;
  round.id = plan.id;
  round.schedule_id = plan.schedule_id;
  round.occurrence = plan.occurrence;
  round.title = plan.title;
  round.instructions = plan.instructions;
  round.opener = plan.opener;
  round.missed_occurrences = plan.missed_occurrences;
  round.open_time = round.update_time = now;
  const absl::StatusOr<absl::CivilDay> due =
      calendar.AddWorkingDays(absl::ToCivilDay(now, calendar.zone()), plan.answer_days);
  if (!due.ok()) return docket::InternalError(due.status().message());
  round.due_time = calendar.EndOfWork(*due);
  for (const std::string& department : plan.departments) round.answers.push_back({.department_id = department});
  std::sort(round.answers.begin(), round.answers.end(),
            [](const CollectionAnswer& a, const CollectionAnswer& b) { return a.department_id < b.department_id; });
  return round;
}

absl::Status CollectionRound::Answer(const RoundAttempt& by, absl::string_view department, bool nil_return,
                                     absl::string_view comment) {
  if (by.department_id.empty() || department != by.department_id) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT,
                 "a department answers through its own head and staff",
                 {{"department", DepartmentName(organization_id, department)}});
  }
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  if (state != RoundState::kOpen) return Closed(close_time.value_or(due_time));
  const auto answer = std::find_if(answers.begin(), answers.end(),
                                   [&](const CollectionAnswer& one) { return one.department_id == department; });
  if (answer == answers.end()) {
    const std::string name = DepartmentName(organization_id, department);
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat(name, " was not asked in this round"), {{"resource", name}});
  }
  answer->answer_time = by.now;
  answer->nil_return = nil_return;
  answer->late = by.now > due_time;
  answer->answerer = by.caller;
  answer->comment = std::string(comment);
  update_time = by.now;
  ++revision;
  return absl::OkStatus();
}

absl::Status CollectionRound::Close(const RoundAttempt& by, absl::string_view reason) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  if (state != RoundState::kOpen) return WrongState("the round is closed already", "CLOSED", "OPEN");
  state = RoundState::kClosed;
  closer = by.caller;
  close_reason = std::string(reason);
  close_time = update_time = by.now;
  ++revision;
  return absl::OkStatus();
}

const CollectionAnswer* CollectionRound::Find(absl::string_view department) const {
  for (const CollectionAnswer& answer : answers) {
    if (answer.department_id == department) return &answer;
  }
  return nullptr;
}

std::vector<std::string> CollectionRound::Missing() const {
  std::vector<std::string> missing;
  for (const CollectionAnswer& answer : answers) {
    if (!answer.answer_time.has_value()) missing.push_back(DepartmentName(organization_id, answer.department_id));
  }
  return missing;
}

int CollectionRound::AnsweredCount() const {
  return CountIf(answers, [](const CollectionAnswer& answer) { return answer.answer_time.has_value(); });
}

int CollectionRound::NilReturnCount() const {
  return CountIf(answers,
                 [](const CollectionAnswer& answer) { return answer.answer_time.has_value() && answer.nil_return; });
}

int CollectionRound::LateCount() const {
  return CountIf(answers, [](const CollectionAnswer& answer) { return answer.late; });
}

std::vector<Reminder> RemindersOf(const CollectionRound& round, const std::vector<int>& days_before,
                                  const calendar::WorkingCalendar& calendar) {
  // Work may end at midnight, which is the next day already.
  const absl::CivilDay due_day = absl::ToCivilDay(round.due_time - absl::Microseconds(1), calendar.zone());
  std::vector<Reminder> reminders;
  for (const int days : days_before) {
    const absl::StatusOr<absl::CivilDay> day = calendar.AddWorkingDays(due_day, -days);
    if (!day.ok()) continue;
    const absl::Time time = calendar.StartOfWork(*day);
    if (time > round.open_time) reminders.push_back({.days_before = days, .time = time});
  }
  return reminders;
}

int TotalOf(const std::vector<RequestTally>& tallies) {
  int total = 0;
  for (const RequestTally& tally : tallies) total += tally.count;
  return total;
}

int TotalOf(const std::vector<RequestTally>& tallies, absl::string_view department_id) {
  int total = 0;
  for (const RequestTally& tally : tallies) total += tally.department_id == department_id ? tally.count : 0;
  return total;
}

}  // namespace docket::request
