// What edits of a round write.
#include "common/status/status_macros.h"
#include "services/request/collection/round_store.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Row;

constexpr char kSelectReminders[] =
    "SELECT days_before, remind_us, state FROM collection_reminder WHERE organization_id = ? AND round_id = ?"
    " ORDER BY days_before";
constexpr char kUpdateReminder[] =
    "UPDATE collection_reminder SET remind_us = ?, state = ?"
    " WHERE organization_id = ? AND round_id = ? AND days_before = ?";
constexpr char kAwakenReminders[] =
    "UPDATE collection_reminder SET state = ?"
    " WHERE organization_id = ? AND round_id = ? AND state = ? AND remind_us > ?";

}  // namespace

absl::Status RoundStore::SaveEdited(mysql::Transaction& tx, const CollectionRound& round,
                                    const std::vector<Reminder>& reminders, int64_t before_revision) {
  DOCKET_RETURN_IF_ERROR(SaveRound(tx, round, before_revision));
  for (const Reminder& reminder : reminders) {
    DOCKET_RETURN_IF_ERROR(tx.Execute(kUpdateReminder, {Micros(reminder.time), static_cast<int>(reminder.state),
                                                        round.organization_id, round.id, reminder.days_before})
                               .status());
  }
  return absl::OkStatus();
}

absl::Status RoundStore::SaveAsked(mysql::Transaction& tx, const CollectionRound& round,
                                   const std::vector<std::string>& come, int64_t before_revision) {
  DOCKET_RETURN_IF_ERROR(SaveRound(tx, round, before_revision));
  std::vector<CollectionAnswer> answers;
  for (const std::string& department : come) answers.push_back({.department_id = department});
  DOCKET_RETURN_IF_ERROR(InsertAnswers(tx, round, answers));
  return tx
      .Execute(kAwakenReminders, {static_cast<int>(ReminderState::kWaiting), round.organization_id, round.id,
                                  static_cast<int>(ReminderState::kNeedless), Micros(round.update_time)})
      .status();
}

absl::StatusOr<std::vector<Reminder>> RoundStore::LoadReminders(mysql::Transaction& tx, const CollectionRound& round) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectReminders, {round.organization_id, round.id}));
  std::vector<Reminder> reminders;
  for (const Row& row : rows) {
    reminders.push_back({.days_before = static_cast<int>(row.Int(0)),
                         .time = TimeAt(row, 1),
                         .state = static_cast<ReminderState>(row.Int(2))});
  }
  return reminders;
}

}  // namespace docket::request
