#include "services/request/collection/round_store.h"

#include <map>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/in_list.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/application_form.h"
#include "services/request/request.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr int kWaiting = static_cast<int>(ReminderState::kWaiting);
constexpr int kReported = static_cast<int>(ReminderState::kReported);
constexpr int kNeedless = static_cast<int>(ReminderState::kNeedless);

constexpr char kSelect[] =
    "SELECT organization_id, round_id, schedule_id, occurrence_us, title, instructions, state, open_us, due_us, "
    "close_us, opener,"
    " closer, close_reason, missed_occurrences, update_time_us, revision FROM collection_round WHERE organization_id = "
    "? AND ";
constexpr char kOne[] = "round_id = ?";
constexpr char kOneForUpdate[] = "round_id = ? FOR UPDATE";
constexpr char kSelectAnswers[] =
    "SELECT round_id, department_id, answer_us, nil_return, late, answerer, comment FROM collection_answer"
    " WHERE organization_id = ? AND round_id IN ";
constexpr char kAnswerOrder[] = " ORDER BY round_id, department_id";
constexpr char kInsert[] =
    "INSERT INTO collection_round (organization_id, round_id, schedule_id, occurrence_us, title, instructions, state, "
    "open_us,"
    " due_us, close_us, opener, closer, close_reason, missed_occurrences, update_time_us, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUpdate[] =
    "UPDATE collection_round SET title = ?, instructions = ?, state = ?, due_us = ?, close_us = ?, closer = ?,"
    " close_reason = ?, update_time_us = ?, revision = ? WHERE organization_id = ? AND round_id = ? AND revision = ?";
constexpr char kUpdateAnswer[] =
    "UPDATE collection_answer SET answer_us = ?, nil_return = ?, late = ?, answerer = ?, comment = ?"
    " WHERE organization_id = ? AND round_id = ? AND department_id = ?";
constexpr char kSelectDueReminders[] =
    "SELECT days_before FROM collection_reminder WHERE organization_id = ? AND round_id = ? AND state = 1 AND "
    "remind_us <= ?"
    " ORDER BY days_before FOR UPDATE";
constexpr char kEndDueReminders[] =
    "UPDATE collection_reminder SET state = ? WHERE organization_id = ? AND round_id = ? AND state = 1 AND remind_us "
    "<= ?";
constexpr char kEndAllReminders[] =
    "UPDATE collection_reminder SET state = ? WHERE organization_id = ? AND round_id = ? AND state = 1";
constexpr char kListToClose[] =
    "SELECT organization_id, round_id FROM collection_round WHERE state = 1 AND due_us <= ?"
    " ORDER BY due_us, organization_id, round_id LIMIT ?";
constexpr char kListToRemind[] =
    "SELECT organization_id, round_id FROM collection_reminder WHERE state = 1 AND remind_us <= ?"
    " ORDER BY remind_us, organization_id, round_id LIMIT ?";
constexpr char kSelectState[] = "SELECT state FROM collection_round WHERE organization_id = ? AND round_id = ?";
constexpr char kSelectNilReturn[] =
    "SELECT nil_return FROM collection_answer WHERE organization_id = ? AND round_id = ? AND department_id = ?";
constexpr char kSelectRequest[] =
    "SELECT 1 FROM collection_request WHERE organization_id = ? AND round_id = ? AND request_id = ?";
constexpr char kInsertRequest[] =
    "INSERT INTO collection_request (organization_id, round_id, request_id) VALUES (?, ?, ?)";
// A request that was returned and given another source counts no more, so the source is compared again.
constexpr char kTally[] =
    "SELECT request.department_id, request.kind, request.priority, COUNT(*) FROM collection_request"
    " JOIN request ON request.organization_id = collection_request.organization_id"
    " AND request.request_id = collection_request.request_id"
    " WHERE collection_request.organization_id = ? AND collection_request.round_id = ?"
    " AND request.source = ? AND request.source_reference = ? AND request.state <> ?"
    " GROUP BY request.department_id, request.kind, request.priority"
    " ORDER BY request.department_id, request.kind, request.priority";

const mysql::MultiInsert& AnswerInsert() {
  static const auto& insert = *new mysql::MultiInsert(
      "collection_answer",
      {"organization_id", "round_id", "department_id", "answer_us", "nil_return", "late", "answerer", "comment"});
  return insert;
}

const mysql::MultiInsert& InsertReminders() {
  static const auto& insert = *new mysql::MultiInsert(
      "collection_reminder", {"organization_id", "round_id", "days_before", "remind_us", "state"});
  return insert;
}

CollectionRound FromRow(const Row& row) {
  CollectionRound round;
  round.organization_id = row.Text(0);
  round.id = row.Text(1);
  round.schedule_id = row.OptionalText(2);
  round.occurrence = OptionalTimeAt(row, 3);
  round.title = row.Text(4);
  round.instructions = row.Text(5);
  round.state = static_cast<RoundState>(row.Int(6));
  round.open_time = TimeAt(row, 7);
  round.due_time = TimeAt(row, 8);
  round.close_time = OptionalTimeAt(row, 9);
  round.opener = row.Text(10);
  round.closer = row.Text(11);
  round.close_reason = row.Text(12);
  round.missed_occurrences = static_cast<int>(row.Int(13));
  round.update_time = TimeAt(row, 14);
  round.revision = row.Int(15);
  return round;
}

// A query of the pool or of a transaction.
using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

// The rounds of these rows, of one organisation, with their answers.
absl::StatusOr<std::vector<CollectionRound>> FromRows(RunQuery query, const std::vector<Row>& rows) {
  std::vector<CollectionRound> rounds;
  rounds.reserve(rows.size());
  for (const Row& row : rows) rounds.push_back(FromRow(row));
  if (rounds.empty()) return rounds;
  std::vector<std::string> ids;
  std::map<std::string, CollectionRound*> by_id;
  for (CollectionRound& round : rounds) {
    ids.push_back(round.id);
    by_id[round.id] = &round;
  }
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> answers, query(absl::StrCat(kSelectAnswers, list.sql(), kAnswerOrder),
                                                                list.After({rounds.front().organization_id})));
  for (const Row& row : answers) {
    by_id[row.Text(0)]->answers.push_back({.department_id = row.Text(1),
                                           .answer_time = OptionalTimeAt(row, 2),
                                           .nil_return = row.Bool(3),
                                           .late = row.Bool(4),
                                           .answerer = row.Text(5),
                                           .comment = row.Text(6)});
  }
  return rounds;
}

absl::StatusOr<std::optional<CollectionRound>> FindOne(RunQuery query, absl::string_view condition,
                                                       absl::string_view organization_id, absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, query(absl::StrCat(kSelect, condition), {organization_id, id}));
  DOCKET_ASSIGN_OR_RETURN(std::vector<CollectionRound> rounds, FromRows(query, rows));
  if (rounds.empty()) return std::optional<CollectionRound>();
  return std::optional<CollectionRound>(std::move(rounds.front()));
}

absl::StatusOr<std::vector<RequestTally>> TallyOf(RunQuery query, const CollectionRound& round) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          query(kTally, {round.organization_id, round.id, static_cast<int>(Source::kCollectionRound),
                                         round.Name(), static_cast<int>(RequestState::kWithdrawn)}));
  std::vector<RequestTally> tallies;
  for (const Row& row : rows) {
    tallies.push_back({.department_id = row.Text(0),
                       .kind = static_cast<int>(row.Int(1)),
                       .priority = static_cast<int>(row.Int(2)),
                       .count = static_cast<int>(row.Int(3))});
  }
  return tallies;
}

absl::StatusOr<std::vector<RoundKey>> KeysOf(const absl::StatusOr<std::vector<Row>>& rows) {
  if (!rows.ok()) return rows.status();
  std::vector<RoundKey> keys;
  for (const Row& row : *rows) keys.push_back({.organization_id = row.Text(0), .id = row.Text(1)});
  return keys;
}

}  // namespace

absl::Status RoundStore::SaveRound(mysql::Transaction& tx, const CollectionRound& round, int64_t before_revision) {
  return tx.ExecuteExpectingOne(
      kUpdate,
      {round.title, round.instructions, static_cast<int>(round.state), Micros(round.due_time),
       MicrosOrNull(round.close_time), round.closer, round.close_reason, Micros(round.update_time), round.revision,
       round.organization_id, round.id, before_revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the round changed meanwhile"));
}

absl::Status RoundStore::InsertAnswers(mysql::Transaction& tx, const CollectionRound& round,
                                       const std::vector<CollectionAnswer>& answers) {
  Params params;
  for (const CollectionAnswer& answer : answers) {
    params.insert(params.end(),
                  {round.organization_id, round.id, answer.department_id, MicrosOrNull(answer.answer_time),
                   answer.nil_return, answer.late, answer.answerer, answer.comment});
  }
  return params.empty() ? absl::OkStatus() : AnswerInsert().Run(tx, params).status();
}

absl::Status RoundStore::Insert(mysql::Transaction& tx, const CollectionRound& round,
                                const std::vector<Reminder>& reminders) {
  const absl::Status inserted =
      tx.Execute(kInsert, {round.organization_id, round.id, round.schedule_id, MicrosOrNull(round.occurrence),
                           round.title, round.instructions, static_cast<int>(round.state), Micros(round.open_time),
                           Micros(round.due_time), MicrosOrNull(round.close_time), round.opener, round.closer,
                           round.close_reason, round.missed_occurrences, Micros(round.update_time), round.revision})
          .status();
  if (mysql::IsDuplicateKey(inserted, "occurrence")) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
                 "the schedule has a round for this occurrence already", {{"resource", round.Name()}});
  }
  DOCKET_RETURN_IF_ERROR(inserted);
  DOCKET_RETURN_IF_ERROR(InsertAnswers(tx, round, round.answers));
  Params times;
  for (const Reminder& reminder : reminders) {
    times.insert(times.end(), {round.organization_id, round.id, reminder.days_before, Micros(reminder.time), kWaiting});
  }
  return times.empty() ? absl::OkStatus() : InsertReminders().Run(tx, times).status();
}

absl::Status RoundStore::SaveAnswer(mysql::Transaction& tx, const CollectionRound& round, absl::string_view department,
                                    int64_t before_revision) {
  const CollectionAnswer* answer = round.Find(department);
  if (answer == nullptr) return InternalError("an answer of a department that was not asked");
  DOCKET_RETURN_IF_ERROR(SaveRound(tx, round, before_revision));
  return tx.ExecuteExpectingOne(kUpdateAnswer,
                                {MicrosOrNull(answer->answer_time), answer->nil_return, answer->late, answer->answerer,
                                 answer->comment, round.organization_id, round.id, department},
                                InternalError("a department asked has no row"));
}

absl::Status RoundStore::SaveClosed(mysql::Transaction& tx, const CollectionRound& round, int64_t before_revision) {
  DOCKET_RETURN_IF_ERROR(SaveRound(tx, round, before_revision));
  return tx.Execute(kEndAllReminders, {kNeedless, round.organization_id, round.id}).status();
}

absl::StatusOr<std::vector<int>> RoundStore::TakeReminders(mysql::Transaction& tx, const CollectionRound& round,
                                                           absl::Time now, bool needless) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(kSelectDueReminders, {round.organization_id, round.id, Micros(now)}));
  std::vector<int> days;
  for (const Row& row : rows) days.push_back(static_cast<int>(row.Int(0)));
  if (days.empty()) return days;
  DOCKET_RETURN_IF_ERROR(
      tx.Execute(kEndDueReminders, {needless ? kNeedless : kReported, round.organization_id, round.id, Micros(now)})
          .status());
  return days;
}

absl::StatusOr<std::optional<CollectionRound>> RoundStore::Find(absl::Time deadline, absl::string_view organization_id,
                                                                absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  return FindOne(query, kOne, organization_id, id);
}

absl::StatusOr<std::optional<CollectionRound>> RoundStore::LoadForUpdate(mysql::Transaction& tx,
                                                                         absl::string_view organization_id,
                                                                         absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  return FindOne(query, kOneForUpdate, organization_id, id);
}

absl::StatusOr<std::vector<CollectionRound>> RoundStore::List(absl::Time deadline, absl::string_view organization_id,
                                                              const ListPage& page) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  Params params = {organization_id};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, query(absl::StrCat(kSelect, page.sql()), params));
  return FromRows(query, rows);
}

absl::StatusOr<std::vector<RoundKey>> RoundStore::ListToClose(absl::Time deadline, absl::Time now, int limit) {
  return KeysOf(pool_.Query(deadline, kListToClose, {Micros(now), limit}));
}

absl::StatusOr<std::vector<RoundKey>> RoundStore::ListToRemind(absl::Time deadline, absl::Time now, int limit) {
  return KeysOf(pool_.Query(deadline, kListToRemind, {Micros(now), limit}));
}

absl::StatusOr<std::optional<RoundState>> RoundStore::HoldState(mysql::Transaction& tx, const RoundKey& round,
                                                                bool to_change) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectState, to_change ? " FOR UPDATE" : " LOCK IN SHARE MODE"),
                                   {round.organization_id, round.id}));
  if (rows.empty()) return std::optional<RoundState>();
  return std::optional<RoundState>(static_cast<RoundState>(rows.front().Int(0)));
}

absl::StatusOr<bool> RoundStore::HasNilReturn(mysql::Transaction& tx, const RoundKey& round,
                                              absl::string_view department) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(kSelectNilReturn, {round.organization_id, round.id, department}));
  return !rows.empty() && rows.front().Bool(0);
}

absl::StatusOr<bool> RoundStore::HasRequest(mysql::Transaction& tx, const RoundKey& round,
                                            absl::string_view request_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(kSelectRequest, {round.organization_id, round.id, request_id}));
  return !rows.empty();
}

absl::Status RoundStore::AddRequest(mysql::Transaction& tx, const RoundKey& round, absl::string_view request_id) {
  return tx.Execute(kInsertRequest, {round.organization_id, round.id, request_id}).status();
}

absl::StatusOr<std::vector<RequestTally>> RoundStore::Tally(absl::Time deadline, const CollectionRound& round) {
  return TallyOf([&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); },
                 round);
}

absl::StatusOr<std::vector<RequestTally>> RoundStore::Tally(mysql::Transaction& tx, const CollectionRound& round) {
  return TallyOf([&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); }, round);
}

}  // namespace docket::request
