#include "services/request/feedback/feedback_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/listing/walked_page.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;
using mysql::Value;

constexpr char kSelect[] =
    "SELECT organization_id, feedback_id, system_id, text, channel, reporter, received_time_us, state, request_id,"
    " dismiss_reason, creator, create_time_us, update_time_us, revision FROM feedback";
constexpr char kOne[] = " WHERE organization_id = ? AND feedback_id = ?";
constexpr char kSome[] = " WHERE organization_id = ? AND feedback_id IN ";
constexpr char kUpdate[] =
    "UPDATE feedback SET state = ?, request_id = ?, dismiss_reason = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND feedback_id = ? AND revision = ?";
constexpr char kMove[] =
    "UPDATE feedback SET request_id = ?, update_time_us = ?, revision = revision + 1"
    " WHERE organization_id = ? AND request_id = ?";
constexpr char kSelectCount[] =
    "SELECT feedback_count FROM feedback_count WHERE organization_id = ? AND request_id = ?";
constexpr char kAddToCount[] =
    "INSERT INTO feedback_count (organization_id, request_id, feedback_count) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE feedback_count = feedback_count + ?";

const WalkedTable& Table() {
  static const auto& table =
      *new WalkedTable{.name = "feedback",
                       .select = kSelect,
                       .key = "feedback_id",
                       .orders = {{"create_time", "PRIMARY"}, {"received_time", "by_receipt"}},
                       .values = {{.field = "system", .index = "by_system", .column = "system_id", .table = ""},
                                  {.field = "state", .index = "by_state", .column = "state", .table = ""},
                                  {.field = "request", .index = "by_request", .column = "request_id", .table = ""}}};
  return table;
}

TallyKey KeyOf(const Feedback& feedback) {
  return {.organization_id = feedback.organization_id,
          .tallied = Tallied::kFeedback,
          .state = static_cast<int>(feedback.state),
          .kind = static_cast<int>(feedback.channel),
          .owner = feedback.system_id};
}

Value RequestColumn(const Feedback& feedback) {
  return feedback.request_id.empty() ? Value() : Value(feedback.request_id);
}

Feedback FeedbackFromRow(const Row& row) {
  Feedback feedback;
  feedback.organization_id = row.Text(0);
  feedback.id = row.Text(1);
  feedback.system_id = row.Text(2);
  feedback.text = row.Text(3);
  feedback.channel = static_cast<FeedbackChannel>(row.Int(4));
  feedback.reporter = row.Text(5);
  feedback.received_time = TimeAt(row, 6);
  feedback.state = static_cast<FeedbackState>(row.Int(7));
  feedback.request_id = row.Text(8);
  feedback.dismiss_reason = row.Text(9);
  feedback.creator = row.Text(10);
  feedback.create_time = TimeAt(row, 11);
  feedback.update_time = TimeAt(row, 12);
  feedback.revision = row.Int(13);
  return feedback;
}

}  // namespace

FeedbackStore::FeedbackStore(mysql::Pool& pool)
    : pool_(pool),
      insert_("feedback",
              {"organization_id", "feedback_id", "system_id", "text", "channel", "reporter", "received_time_us",
               "state", "request_id", "dismiss_reason", "creator", "create_time_us", "update_time_us", "revision"}) {}

absl::Status FeedbackStore::Insert(mysql::Transaction& tx, const std::vector<Feedback>& feedback,
                                   TallyChanges& tallied) {
  Params rows;
  for (const Feedback& one : feedback) {
    const Value row[] = {one.organization_id,
                         one.id,
                         one.system_id,
                         one.text,
                         static_cast<int>(one.channel),
                         one.reporter,
                         Micros(one.received_time),
                         static_cast<int>(one.state),
                         RequestColumn(one),
                         one.dismiss_reason,
                         one.creator,
                         Micros(one.create_time),
                         Micros(one.update_time),
                         one.revision};
    rows.insert(rows.end(), std::begin(row), std::end(row));
    tallied.Add(KeyOf(one), one.id, 1);
  }
  return insert_.Run(tx, rows).status();
}

absl::Status FeedbackStore::Save(mysql::Transaction& tx, const Feedback& before, const Feedback& after,
                                 TallyChanges& tallied) {
  tallied.Move(KeyOf(before), KeyOf(after), after.id);
  return tx.ExecuteExpectingOne(
      kUpdate,
      {static_cast<int>(after.state), RequestColumn(after), after.dismiss_reason, Micros(after.update_time),
       after.revision, after.organization_id, after.id, before.revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the feedback changed meanwhile"));
}

absl::StatusOr<std::map<std::string, Feedback>> FeedbackStore::LoadForUpdate(mysql::Transaction& tx,
                                                                             absl::string_view organization_id,
                                                                             const std::vector<std::string>& ids) {
  std::map<std::string, Feedback> by_id;
  if (ids.empty()) return by_id;
  std::vector<std::string> sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  const mysql::InList list(sorted);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelect, kSome, list.sql(), " ORDER BY feedback_id FOR UPDATE"),
                                   list.After({organization_id})));
  for (const Row& row : rows) {
    Feedback feedback = FeedbackFromRow(row);
    by_id.emplace(feedback.id, std::move(feedback));
  }
  return by_id;
}

absl::StatusOr<std::optional<Feedback>> FeedbackStore::Find(absl::Time deadline, absl::string_view organization_id,
                                                            absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelect, kOne), {organization_id, id}));
  if (rows.empty()) return std::optional<Feedback>();
  return std::optional<Feedback>(FeedbackFromRow(rows.front()));
}

absl::StatusOr<Listed<Feedback>> FeedbackStore::List(absl::Time deadline, absl::string_view organization_id,
                                                     const ListPage& page) {
  DOCKET_ASSIGN_OR_RETURN(Listed<Row> found, WalkPage(pool_, deadline, Table(), organization_id, page));
  Listed<Feedback> feedback{.rows = {}, .reached = std::move(found.reached)};
  feedback.rows.reserve(found.rows.size());
  for (const Row& row : found.rows) feedback.rows.push_back(FeedbackFromRow(row));
  return feedback;
}

absl::StatusOr<int64_t> FeedbackStore::Count(absl::Time deadline, absl::string_view organization_id,
                                             absl::string_view request_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, kSelectCount, {organization_id, request_id}));
  return rows.empty() ? 0 : rows.front().Int(0);
}

absl::StatusOr<int64_t> FeedbackStore::CountForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                      absl::string_view request_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectCount, " FOR UPDATE"), {organization_id, request_id}));
  return rows.empty() ? 0 : rows.front().Int(0);
}

absl::Status FeedbackStore::AddToCount(mysql::Transaction& tx, absl::string_view organization_id,
                                       absl::string_view request_id, int64_t difference) {
  return tx.Execute(kAddToCount, {organization_id, request_id, difference, difference}).status();
}

absl::StatusOr<int64_t> FeedbackStore::Move(mysql::Transaction& tx, absl::string_view organization_id,
                                            absl::string_view from, absl::string_view into, absl::Time now) {
  return tx.Execute(kMove, {into, Micros(now), organization_id, from});
}

}  // namespace docket::request
