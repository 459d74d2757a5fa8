#include "services/request/collection/collection_schedule.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/calendar/civil_text.h"
#include "common/calendar/occurrences.h"
#include "common/calendar/recurrence_rule.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/collection/wrong_state.h"

namespace docket::request {
namespace {

using calendar::NextOccurrences;
using calendar::Occurrence;
using calendar::RecurrenceRule;

constexpr int kOccurrencesAtATime = 100;
constexpr char kRuleField[] = "collection_schedule.rule";
constexpr char kStartField[] = "collection_schedule.start_local_time";

// Rule and start, read.
struct Recurrence {
  RecurrenceRule rule;
  absl::CivilSecond start;
};

absl::StatusOr<Recurrence> Read(const CollectionSchedule& schedule) {
  absl::StatusOr<RecurrenceRule> rule = RecurrenceRule::Parse(schedule.rule);
  const std::optional<absl::CivilMinute> start = calendar::ParseMinute(schedule.start_local);
  if (!rule.ok() || !start.has_value()) return InternalError(absl::StrCat(schedule.Name(), " has no rule and start"));
  return Recurrence{.rule = *std::move(rule), .start = absl::CivilSecond(*start)};
}

void CheckRule(const CollectionSchedule& schedule, absl::TimeZone zone, FieldViolations& violations) {
  const absl::StatusOr<RecurrenceRule> rule = RecurrenceRule::Parse(schedule.rule);
  if (!rule.ok()) violations.Add(kRuleField, rule.status().message());
  const std::optional<absl::CivilMinute> start = calendar::ParseMinute(schedule.start_local);
  if (!start.has_value()) violations.Add(kStartField, "must be a time that exists, like 2026-01-05T09:00");
  if (!rule.ok() || !start.has_value()) return;
  const auto first = NextOccurrences(*rule, absl::CivilSecond(*start), zone, absl::InfinitePast(), 1);
  if (!first.ok()) {
    violations.Add(kStartField, first.status().message());
  } else if (first->empty()) {
    violations.Add(kRuleField, "selects no time from the start on");
  }
}

}  // namespace

absl::string_view ScheduleStateName(ScheduleState state) {
  switch (state) {
    case ScheduleState::kActive:
      return "ACTIVE";
    case ScheduleState::kPaused:
      return "PAUSED";
    case ScheduleState::kRetired:
      break;
  }
  return "RETIRED";
}

std::string CollectionSchedule::Name() const {
  return ChildName(OrganizationName(organization_id), "collectionSchedules", id);
}

absl::Status CollectionSchedule::Settle(absl::TimeZone zone, absl::Time now) {
  FieldViolations violations;
  CheckRule(*this, zone, violations);
  std::set<int> days;
  for (size_t i = 0; i < reminders.size(); ++i) {
    const std::string field = absl::StrCat("collection_schedule.reminder_working_days[", i, "]");
    violations.Require(days.insert(reminders[i]).second, field, "stands twice");
    violations.Require(reminders[i] < answer_days, field, "must be less than answer_working_days");
  }
  std::set<std::string> asked;
  for (size_t i = 0; i < departments.size(); ++i) {
    violations.Require(asked.insert(departments[i]).second, absl::StrCat("collection_schedule.departments[", i, "]"),
                       "stands twice");
  }
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  if (state == ScheduleState::kActive && !next_occurrence.has_value()) {
    DOCKET_ASSIGN_OR_RETURN(next_occurrence, FirstAfter(zone, now));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<absl::Time>> CollectionSchedule::FirstAfter(absl::TimeZone zone, absl::Time after) const {
  DOCKET_ASSIGN_OR_RETURN(const Recurrence recurrence, Read(*this));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Occurrence> next,
                          NextOccurrences(recurrence.rule, recurrence.start, zone, after, 1));
  if (next.empty()) return std::optional<absl::Time>();
  return std::optional<absl::Time>(next.front().time);
}

void CollectionSchedule::Changed(absl::Time now) {
  update_time = now;
  ++revision;
}

absl::Status CollectionSchedule::CheckEditable() const {
  if (state != ScheduleState::kRetired) return absl::OkStatus();
  return WrongState("a retired schedule cannot be edited", ScheduleStateName(state), "ACTIVE,PAUSED");
}

absl::Status CollectionSchedule::Pause(absl::string_view reason, absl::Time now) {
  if (state != ScheduleState::kActive) {
    return WrongState("only an active schedule can be paused", ScheduleStateName(state), "ACTIVE");
  }
  state = ScheduleState::kPaused;
  state_reason = std::string(reason);
  next_occurrence.reset();
  Changed(now);
  return absl::OkStatus();
}

absl::Status CollectionSchedule::Resume(absl::TimeZone zone, absl::Time now) {
  if (state != ScheduleState::kPaused) {
    return WrongState("only a paused schedule can be resumed", ScheduleStateName(state), "PAUSED");
  }
  DOCKET_ASSIGN_OR_RETURN(next_occurrence, FirstAfter(zone, now));
  state = ScheduleState::kActive;
  state_reason.clear();
  Changed(now);
  return absl::OkStatus();
}

absl::Status CollectionSchedule::Retire(absl::string_view reason, absl::Time now) {
  if (state == ScheduleState::kRetired) {
    return WrongState("the schedule is retired already", ScheduleStateName(state), "ACTIVE,PAUSED");
  }
  state = ScheduleState::kRetired;
  state_reason = std::string(reason);
  next_occurrence.reset();
  Changed(now);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<DueOccurrence>> CollectionSchedule::DueAt(const calendar::WorkingCalendar& calendar,
                                                                       absl::Time now) const {
  if (state != ScheduleState::kActive || !next_occurrence.has_value() || *next_occurrence > now) {
    return std::optional<DueOccurrence>();
  }
  DOCKET_ASSIGN_OR_RETURN(const Recurrence recurrence, Read(*this));
  std::optional<DueOccurrence> due;
  absl::Time after = *next_occurrence - absl::Microseconds(1);
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(
        const std::vector<Occurrence> found,
        NextOccurrences(recurrence.rule, recurrence.start, calendar.zone(), after, kOccurrencesAtATime));
    for (const Occurrence& occurrence : found) {
      DOCKET_ASSIGN_OR_RETURN(const absl::Time opens, calendar.AddWorkingDays(occurrence.time, 0));
      if (opens > now) {
        if (due.has_value()) due->next = occurrence.time;
        return due;
      }
      due = {.occurrence = occurrence.time, .missed = due.has_value() ? due->missed + 1 : 0, .next = std::nullopt};
    }
    if (found.empty()) return due;
    after = found.back().time;
  }
}

}  // namespace docket::request
