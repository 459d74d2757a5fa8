#include "services/request/collection/collection_worker.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/calendar/working_calendar.h"
#include "common/events/outbox.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/collection/asked_departments.h"
#include "services/request/collection/collection_events.h"
#include "services/request/collection/round_title.h"

namespace docket::request {
namespace {

// Rows looked at together, and at most so many times in one run: the rest is the next run's.
constexpr int kAtATime = 100;
constexpr int kMaxBatches = 100;

// Keeps the first error.
void Keep(absl::Status& first, const absl::Status& status) {
  if (first.ok()) first = status;
}

}  // namespace

absl::StatusOr<CollectionWork> CollectionWorker::RunOnce(absl::Duration time_limit) {
  // Statements run against the real time, what is due against the clock.
  const absl::Time deadline = absl::Now() + time_limit;
  const absl::Time now = absl::FromUnixMicros(parts_.clock.NowMicros());
  CollectionWork work;
  absl::Status first = CloseDue(deadline, now, &work.closed);
  Keep(first, RemindDue(deadline, now, &work.reminded));
  Keep(first, OpenDue(deadline, now, &work.opened));
  if (work.closed + work.reminded + work.opened > 0 && parts_.wake_relay) parts_.wake_relay();
  if (!first.ok()) return first;
  return work;
}

absl::StatusOr<bool> CollectionWorker::Do(absl::Time deadline, const std::string& organization_id, Step step) {
  events::EventRecorder recorder(parts_.source,
                                 events::Origin::FromWorker(parts_.source, OrganizationName(organization_id)),
                                 parts_.clock, parts_.uuids);
  return mysql::RunInTransaction(parts_.pool, deadline, [&](mysql::Transaction& tx) -> absl::StatusOr<bool> {
    recorder.Clear();
    DOCKET_ASSIGN_OR_RETURN(const bool done, step(tx, recorder));
    if (!recorder.events().empty()) DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, recorder.events()));
    return done;
  });
}

absl::Status CollectionWorker::Note(absl::string_view what, const std::string& resource,
                                    const absl::StatusOr<bool>& done, int* count) {
  if (done.ok()) {
    *count += *done ? 1 : 0;
    return absl::OkStatus();
  }
  parts_.logger.Error(what, {{"resource", resource}, {"error", done.status().ToString()}});
  return done.status();
}

absl::Status CollectionWorker::CloseDue(absl::Time deadline, absl::Time now, int* closed) {
  for (int batch = 0; batch < kMaxBatches; ++batch) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<RoundKey> keys, parts_.rounds.ListToClose(deadline, now, kAtATime));
    absl::Status first;
    for (const RoundKey& key : keys) {
      Keep(first, Note("cannot close a collection round", CollectionRoundName(key.organization_id, key.id),
                       Close(deadline, now, key), closed));
    }
    // What failed would only come again at the head of the list.
    if (!first.ok() || keys.size() < static_cast<size_t>(kAtATime)) return first;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CollectionWorker::Close(absl::Time deadline, absl::Time now, const RoundKey& key) {
  return Do(deadline, key.organization_id,
            [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<bool> {
              DOCKET_ASSIGN_OR_RETURN(std::optional<CollectionRound> round,
                                      parts_.rounds.LoadForUpdate(tx, key.organization_id, key.id));
              if (!round.has_value() || round->state != RoundState::kOpen || round->due_time > now) return false;
              const CollectionRound before = *round;
              DOCKET_RETURN_IF_ERROR(round->Close({.now = now}, ""));
              DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestTally> tallies, parts_.rounds.Tally(tx, *round));
              DOCKET_RETURN_IF_ERROR(parts_.rounds.SaveClosed(tx, *round, before.revision));
              ReportClosed(recorder, before, *round, tallies);
              return true;
            });
}

absl::Status CollectionWorker::RemindDue(absl::Time deadline, absl::Time now, int* reminded) {
  for (int batch = 0; batch < kMaxBatches; ++batch) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<RoundKey> keys, parts_.rounds.ListToRemind(deadline, now, kAtATime));
    absl::Status first;
    for (const RoundKey& key : keys) {
      Keep(first, Note("cannot remind of a collection round", CollectionRoundName(key.organization_id, key.id),
                       Remind(deadline, now, key), reminded));
    }
    if (!first.ok() || keys.size() < static_cast<size_t>(kAtATime)) return first;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CollectionWorker::Remind(absl::Time deadline, absl::Time now, const RoundKey& key) {
  return Do(deadline, key.organization_id,
            [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<bool> {
              DOCKET_ASSIGN_OR_RETURN(const std::optional<CollectionRound> round,
                                      parts_.rounds.LoadForUpdate(tx, key.organization_id, key.id));
              if (!round.has_value()) return false;
              const bool needless = round->state != RoundState::kOpen || round->Missing().empty();
              DOCKET_ASSIGN_OR_RETURN(const std::vector<int> days,
                                      parts_.rounds.TakeReminders(tx, *round, now, needless));
              if (needless || days.empty()) return false;
              // Ascending, so the first is the nearest to the due day.
              ReportReminder(recorder, *round, days.front());
              return true;
            });
}

absl::Status CollectionWorker::OpenDue(absl::Time deadline, absl::Time now, int* opened) {
  absl::Status first;
  std::optional<DueSchedule> after;
  for (int batch = 0; batch < kMaxBatches; ++batch) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<DueSchedule> due,
                            parts_.schedules.ListDue(deadline, now, after, kAtATime));
    for (const DueSchedule& key : due) {
      Keep(first, Note("cannot open a collection round",
                       ChildName(OrganizationName(key.organization_id), "collectionSchedules", key.id),
                       Open(deadline, now, key), opened));
    }
    if (due.size() < static_cast<size_t>(kAtATime)) return first;
    // Those put off to a working day stay in the list; the search goes on behind them.
    after = due.back();
  }
  return first;
}

absl::StatusOr<bool> CollectionWorker::Open(absl::Time deadline, absl::Time now, const DueSchedule& key) {
  const auto open = [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<bool> {
    DOCKET_ASSIGN_OR_RETURN(const std::optional<CollectionSchedule> schedule,
                            parts_.schedules.LoadForUpdate(tx, key.organization_id, key.id));
    if (!schedule.has_value()) return false;
    return OpenHeld(tx, recorder, now, *schedule);
  };
  return Do(deadline, key.organization_id, open);
}

absl::StatusOr<bool> CollectionWorker::OpenHeld(mysql::Transaction& tx, events::EventRecorder& recorder, absl::Time now,
                                                const CollectionSchedule& schedule) {
  DOCKET_ASSIGN_OR_RETURN(const Organization organization,
                          parts_.directory.RequireOrganization(tx, schedule.organization_id));
  DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar stored, parts_.calendars.Load(tx, organization, /*lock=*/false));
  DOCKET_ASSIGN_OR_RETURN(const calendar::WorkingCalendar calendar, stored.ToWorking());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<DueOccurrence> due, schedule.DueAt(calendar, now));
  if (!due.has_value()) return false;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> departments,
                          AskedDepartments(parts_.directory, tx, schedule.organization_id, schedule.departments));
  const absl::CivilDay day = absl::ToCivilDay(due->occurrence, calendar.zone());
  const RoundPlan plan{.organization_id = schedule.organization_id,
                       .id = parts_.uuids.Next(),
                       .schedule_id = schedule.id,
                       .occurrence = due->occurrence,
                       .title = RoundTitle(schedule.title, schedule.rule, day, organization.language_code),
                       .instructions = schedule.instructions,
                       .missed_occurrences = due->missed,
                       .departments = departments,
                       .answer_days = schedule.answer_days};
  DOCKET_ASSIGN_OR_RETURN(const CollectionRound round, CollectionRound::Open(plan, calendar, now));
  // Where all that it would ask are retired, nobody is asked, and the occurrence passes without a round.
  const bool asks = !departments.empty();
  const absl::Status inserted =
      asks ? parts_.rounds.Insert(tx, round, RemindersOf(round, schedule.reminders, calendar)) : absl::OkStatus();
  // The clock went back, and the occurrence has its round already.
  const bool exists = absl::IsAlreadyExists(inserted);
  if (!exists) DOCKET_RETURN_IF_ERROR(inserted);
  DOCKET_ASSIGN_OR_RETURN(const bool advanced,
                          parts_.schedules.Advance(tx, schedule, schedule.next_occurrence.value_or(now), due->next));
  if (!advanced) return absl::AbortedError("the schedule moved on although it was held");
  if (!asks || exists) return false;
  ReportOpened(recorder, round);
  return true;
}

}  // namespace docket::request
