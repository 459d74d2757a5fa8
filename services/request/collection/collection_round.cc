#include "services/request/collection/collection_round.h"

#include <algorithm>
#include <set>
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

constexpr char kDueField[] = "collection_round.due_time";

template <typename Holds>
int CountIf(const std::vector<CollectionAnswer>& answers, Holds holds) {
  return static_cast<int>(std::count_if(answers.begin(), answers.end(), holds));
}

void SortByDepartment(std::vector<CollectionAnswer>& answers) {
  std::sort(answers.begin(), answers.end(),
            [](const CollectionAnswer& a, const CollectionAnswer& b) { return a.department_id < b.department_id; });
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
  SortByDepartment(round.answers);
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

absl::Status CollectionRound::Edit(const RoundAttempt& by, const RoundEdit& edit) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  if (state != RoundState::kOpen) return WrongState("a closed round cannot be edited", "CLOSED", "OPEN");
  // A due time that has passed may stay while the words are corrected.
  if (edit.due_time != due_time) {
    FieldViolations violations;
    violations.Require(edit.due_time > by.now, kDueField, "must be after now");
    violations.Require(edit.due_time <= by.now + kMaxTimeToAnswer, kDueField, "must be at most 366 days from now");
    DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  }
  if (edit.title == title && edit.instructions == instructions && edit.due_time == due_time) return absl::OkStatus();
  title = edit.title;
  instructions = edit.instructions;
  // Answers that are there stay late or in time, as they were when they were given; those to come go by the new time.
  due_time = edit.due_time;
  update_time = by.now;
  ++revision;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> CollectionRound::Ask(const RoundAttempt& by,
                                                              const std::vector<std::string>& departments) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  if (state != RoundState::kOpen) return WrongState("a closed round asks nobody any more", "CLOSED", "OPEN");
  FieldViolations violations;
  std::set<std::string> named;
  std::set<std::string> come;
  for (size_t i = 0; i < departments.size(); ++i) {
    violations.Require(named.insert(departments[i]).second, absl::StrCat("departments[", i, "]"), "stands twice");
    if (Find(departments[i]) == nullptr) come.insert(departments[i]);
  }
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  if (come.empty()) return std::vector<std::string>();
  if (answers.size() + come.size() > kMaxDepartments) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                 absl::StrCat("a round asks at most ", kMaxDepartments, " departments; this one asks ", answers.size(),
                              " and would ask ", come.size(), " more"),
                 {{"limit", absl::StrCat(kMaxDepartments)}});
  }
  for (const std::string& department : come) answers.push_back({.department_id = department});
  SortByDepartment(answers);
  update_time = by.now;
  ++revision;
  return std::vector<std::string>(come.begin(), come.end());
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
    absl::StatusOr<absl::CivilDay> day = calendar.AddWorkingDays(due_day, -days);
    if (day.ok() && calendar.StartOfWork(*day) >= round.due_time) day = calendar.AddWorkingDays(due_day, -1);
    if (!day.ok()) continue;
    const absl::Time time = calendar.StartOfWork(*day);
    if (time > round.open_time) reminders.push_back({.days_before = days, .time = time});
  }
  return reminders;
}

std::vector<Reminder> Rescheduled(const CollectionRound& round, std::vector<Reminder> reminders,
                                  const calendar::WorkingCalendar& calendar, absl::Time now) {
  for (Reminder& reminder : reminders) {
    const std::vector<Reminder> planned = RemindersOf(round, {reminder.days_before}, calendar);
    // What would come before the opening passed with it.
    const absl::Time time = planned.empty() ? round.open_time : planned.front().time;
    if (time > now) {
      reminder.state = ReminderState::kWaiting;
    } else if (reminder.state == ReminderState::kReported || time == reminder.time) {
      continue;
    } else {
      reminder.state = ReminderState::kNeedless;
    }
    reminder.time = time;
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
