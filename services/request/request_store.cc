#include "services/request/request_store.h"

#include <cstddef>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/request_proto.h"
#include "services/request/request_row_store.h"
#include "services/request/request_template_store.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kOneForUpdate[] = " AND request_id = ? FOR UPDATE";
constexpr char kOneOf[] = " AND request_id IN ";
constexpr char kById[] = " ORDER BY request_id";
constexpr char kNumbered[] = " AND submit_time_us > 0 AND request_number IN ";
constexpr char kSelectTexts[] =
    "SELECT request_id, request_number, title, need, problem, business_impact FROM request"
    " WHERE organization_id = ? AND submit_time_us > 0 AND request_id IN ";
constexpr char kSelectTargets[] =
    "SELECT request_id, system_id, component_id, from_version, to_version FROM request_target"
    " WHERE organization_id = ? AND request_id IN ";
constexpr char kTargetOrder[] = " ORDER BY request_id, position";
constexpr char kSelectRelations[] =
    "SELECT request_id, kind, other_request_id, by_merge FROM request_relation"
    " WHERE organization_id = ? AND request_id IN ";
constexpr char kRelationOrder[] = " ORDER BY request_id, kind, other_request_id";
constexpr char kSelectKept[] =
    "SELECT state, priority, department_id, kind, source, held, retrospective, submit_time_us FROM request"
    " WHERE organization_id = ? AND request_id = ?";
// A row that is there already is right: a program from before the table leaves it when it resumes a request.
constexpr char kInsertHold[] = "INSERT IGNORE INTO request_hold (organization_id, request_id) VALUES (?, ?)";
constexpr char kDeleteHold[] = "DELETE FROM request_hold WHERE organization_id = ? AND request_id = ?";
constexpr char kFindWrongHolds[] =
    "SELECT request.request_id FROM request LEFT JOIN request_hold USING (organization_id, request_id)"
    " WHERE request.organization_id = ? AND submit_time_us > 0"
    " AND (request.held = 1) <> (request_hold.request_id IS NOT NULL)";
constexpr char kLockHeld[] = "SELECT held FROM request WHERE organization_id = ? AND request_id = ? FOR UPDATE";
constexpr char kListOverdue[] =
    "SELECT organization_id, request_id FROM request WHERE defer_until_us <= ? ORDER BY defer_until_us LIMIT ?";

constexpr char kUpdateRequest[] =
    "UPDATE request SET request_number = ?, state = ?, priority = ?, department_id = ?, endorser = ?, triager = ?,"
    " state_reason = ?, conclusion = ?, defer_until_us = ?, merged_into = ?, result = ?, update_time_us = ?,"
    " submit_time_us = ?, close_time_us = ?, held = ?, hold_reason = ?, hold_time_us = ?, holder = ?,"
    " relation_count = ?, revision = ?"
    " WHERE organization_id = ? AND request_id = ? AND revision = ?";
constexpr char kUpdateForm[] =
    "UPDATE request SET title = ?, kind = ?, source = ?, source_reference = ?, need = ?, problem = ?, business_impact "
    "= ?,"
    " urgency = ?, impact = ?, necessity_ground = ?, necessity_rationale = ?, documents = ?"
    " WHERE organization_id = ? AND request_id = ?";
constexpr char kDeleteTargets[] = "DELETE FROM request_target WHERE organization_id = ? AND request_id = ?";

constexpr char kCountUp[] =
    "INSERT INTO request_counter (organization_id, year, last_number) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE last_number = last_number + VALUES(last_number)";
constexpr char kSelectCounter[] =
    "SELECT last_number FROM request_counter WHERE organization_id = ? AND year = ? FOR UPDATE";

// A query of the pool or of a transaction.
using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

// Adds their relations to these requests of one organisation.
absl::Status FillInRelations(RunQuery query, absl::string_view organization_id, const std::vector<Request*>& requests) {
  if (requests.empty()) return absl::OkStatus();
  std::vector<std::string> ids;
  std::map<std::string, Request*> by_id;
  for (Request* request : requests) {
    ids.push_back(request->id);
    by_id[request->id] = request;
  }
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> relations,
      query(absl::StrCat(kSelectRelations, list.sql(), kRelationOrder), list.After({organization_id})));
  for (const Row& row : relations) {
    by_id[row.Text(0)]->relations.push_back(
        {.kind = static_cast<RelationKind>(row.Int(1)), .other_id = row.Text(2), .by_merge = row.Bool(3)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Request>> SelectWithTargets(RunQuery query, absl::string_view sql, const Params& params,
                                                       absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, query(sql, params));
  std::vector<Request> requests;
  requests.reserve(rows.size());
  for (const Row& row : rows) requests.push_back(RequestFromRow(row));
  if (requests.empty()) return requests;

  std::vector<absl::string_view> ids;
  absl::flat_hash_map<absl::string_view, Request*> by_id;
  for (Request& request : requests) {
    ids.push_back(request.id);
    by_id[request.id] = &request;
  }
  mysql::InList list(ids);
  const std::string select_targets = absl::StrCat(kSelectTargets, list.sql(), kTargetOrder);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> targets,
                          query(select_targets, std::move(list).After({organization_id})));
  for (const Row& row : targets) {
    const auto request = by_id.find(row.View(0));
    if (request != by_id.end()) request->second->form.targets.push_back(TargetFromRow(row, 1));
  }

  DOCKET_RETURN_IF_ERROR(FillInTemplates(query, organization_id, requests));
  std::vector<Request*> related;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (HasRelations(rows[i])) related.push_back(&requests[i]);
  }
  DOCKET_RETURN_IF_ERROR(FillInRelations(query, organization_id, related));
  return requests;
}

std::optional<Request> FirstOf(std::vector<Request> requests) {
  if (requests.empty()) return std::nullopt;
  return std::move(requests.front());
}

absl::Status ConcurrentChange() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the request changed meanwhile");
}

}  // namespace

RequestStore::RequestStore(mysql::Pool& pool)
    : pool_(pool),
      counts_(pool),
      insert_requests_("request", RequestColumns()),
      insert_targets_("request_target", {"organization_id", "request_id", "position", "system_id", "component_id",
                                         "from_version", "to_version"}) {}

absl::Status RequestStore::Insert(mysql::Transaction& tx, const std::vector<const Request*>& requests) {
  Params rows, targets;
  std::vector<std::pair<Kept, const Request*>> saved;
  for (const Request* request : requests) {
    AppendRow(*request, rows);
    AppendTargets(*request, targets);
    if (request->submit_time.has_value()) saved.emplace_back(Kept(), request);
  }
  DOCKET_RETURN_IF_ERROR(insert_requests_.Run(tx, rows).status());
  DOCKET_RETURN_IF_ERROR(insert_targets_.Run(tx, targets).status());
  DOCKET_RETURN_IF_ERROR(InsertTemplates(tx, requests));
  return Follow(tx, saved);
}

absl::Status RequestStore::Update(mysql::Transaction& tx, const Request& request, int64_t loaded_revision) {
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kUpdateRequest,
                                                {NumberColumn(request),
                                                 static_cast<int>(request.state),
                                                 static_cast<int>(request.priority),
                                                 request.department_id,
                                                 request.endorser,
                                                 request.triager,
                                                 request.state_reason,
                                                 request.conclusion,
                                                 MicrosOrNull(request.defer_until),
                                                 MergedIntoColumn(request),
                                                 static_cast<int>(request.result),
                                                 Micros(request.update_time),
                                                 SubmitTimeColumn(request),
                                                 MicrosOrNull(request.close_time),
                                                 request.held,
                                                 request.hold_reason,
                                                 MicrosOrNull(request.hold_time),
                                                 request.holder,
                                                 request.relations.size(),
                                                 request.revision,
                                                 request.organization_id,
                                                 request.id,
                                                 loaded_revision},
                                                ConcurrentChange()));
  return SavePin(tx, request);
}

RequestStore::Kept RequestStore::KeptOf(const Request& request) {
  return {.submitted = request.submit_time.has_value(),
          .key = {.organization_id = request.organization_id,
                  .state = static_cast<int>(request.state),
                  .priority = static_cast<int>(request.priority),
                  .department_id = request.department_id,
                  .kind = static_cast<int>(request.form.kind),
                  .source = static_cast<int>(request.form.source),
                  .held = request.held,
                  .retrospective = request.retrospective}};
}

absl::StatusOr<RequestStore::Kept> RequestStore::LoadKept(mysql::Transaction& tx, const Request& request) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectKept, {request.organization_id, request.id}));
  if (rows.empty()) return ConcurrentChange();
  const Row& row = rows.front();
  return Kept{.submitted = row.Int(7) != 0,
              .key = {.organization_id = request.organization_id,
                      .state = static_cast<int>(row.Int(0)),
                      .priority = static_cast<int>(row.Int(1)),
                      .department_id = row.Text(2),
                      .kind = static_cast<int>(row.Int(3)),
                      .source = static_cast<int>(row.Int(4)),
                      .held = row.Bool(5),
                      .retrospective = row.Bool(6)}};
}

absl::Status RequestStore::Follow(mysql::Transaction& tx, const std::vector<std::pair<Kept, const Request*>>& saved) {
  CountChanges changes;
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [before, request] : saved) {
    const Kept after = KeptOf(*request);
    if (!after.submitted) continue;
    if (before.key.held != after.key.held) {
      DOCKET_RETURN_IF_ERROR(
          tx.Execute(after.key.held ? kInsertHold : kDeleteHold, {request->organization_id, request->id}).status());
    }
    if (before.submitted) {
      changes.Move(before.key, after.key, request->id);
    } else {
      changes.Add(after.key, request->id, 1);
      texts.emplace_back(request->organization_id, request->id);
    }
  }
  DOCKET_RETURN_IF_ERROR(search_.Put(tx, texts));
  return counts_.Apply(tx, changes);
}

absl::StatusOr<int64_t> RequestStore::MendHolds(absl::Time deadline, absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> wrong, pool_.Query(deadline, kFindWrongHolds, {organization_id}));
  for (const Row& row : wrong) {
    const Params key = {organization_id, row.Text(0)};
    // The request first, as holding and resuming it do, and as it is now.
    DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) -> absl::Status {
      DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> held, tx.Query(kLockHeld, key));
      if (held.empty()) return absl::OkStatus();
      return tx.Execute(held.front().Bool(0) ? kInsertHold : kDeleteHold, key).status();
    }));
  }
  return static_cast<int64_t>(wrong.size());
}

absl::Status RequestStore::Save(mysql::Transaction& tx, const Request& request, int64_t loaded_revision) {
  DOCKET_ASSIGN_OR_RETURN(Kept before, LoadKept(tx, request));
  DOCKET_RETURN_IF_ERROR(Update(tx, request, loaded_revision));
  return Follow(tx, {{std::move(before), &request}});
}

absl::Status RequestStore::SaveAll(mysql::Transaction& tx, const std::vector<Change>& changes) {
  std::vector<std::pair<Kept, const Request*>> saved;
  for (const Change& change : changes) {
    DOCKET_RETURN_IF_ERROR(Update(tx, *change.after, change.before->revision));
    saved.emplace_back(KeptOf(*change.before), change.after);
  }
  return Follow(tx, saved);
}

absl::Status RequestStore::SaveWithForm(mysql::Transaction& tx, const Request& request, int64_t loaded_revision) {
  DOCKET_RETURN_IF_ERROR(Save(tx, request, loaded_revision));
  const ApplicationForm& form = request.form;
  DOCKET_RETURN_IF_ERROR(
      tx.Execute(kUpdateForm,
                 {form.title, static_cast<int>(form.kind), static_cast<int>(form.source), form.source_reference,
                  form.need, form.problem, form.business_impact, static_cast<int>(form.urgency),
                  static_cast<int>(form.impact), static_cast<int>(form.necessity_ground), form.necessity_rationale,
                  DocumentsToBytes(form.documents), request.organization_id, request.id})
          .status());
  DOCKET_RETURN_IF_ERROR(tx.Execute(kDeleteTargets, {request.organization_id, request.id}).status());
  Params targets;
  AppendTargets(request, targets);
  DOCKET_RETURN_IF_ERROR(insert_targets_.Run(tx, targets).status());
  DOCKET_RETURN_IF_ERROR(ReplaceTemplate(tx, request));
  if (!request.submit_time.has_value()) return absl::OkStatus();
  return search_.Put(tx, {{request.organization_id, request.id}});
}

absl::StatusOr<std::optional<Request>> RequestStore::LoadForUpdate(mysql::Transaction& tx,
                                                                   absl::string_view organization_id,
                                                                   absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  DOCKET_ASSIGN_OR_RETURN(
      std::vector<Request> found,
      SelectWithTargets(query, absl::StrCat(SelectRequests(), kOneForUpdate), {organization_id, id}, organization_id));
  return FirstOf(std::move(found));
}

absl::StatusOr<std::optional<Request>> RequestStore::Find(absl::Time deadline, absl::string_view organization_id,
                                                          absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, query(SelectRequestWhole(), {organization_id, id}));
  if (rows.empty()) return std::nullopt;
  Request request = RequestFromRows(rows);
  if (HasRelations(rows.front())) DOCKET_RETURN_IF_ERROR(FillInRelations(query, organization_id, {&request}));
  return request;
}

absl::StatusOr<std::vector<Request>> RequestStore::LoadAllForUpdate(mysql::Transaction& tx,
                                                                    absl::string_view organization_id,
                                                                    const std::vector<std::string>& ids) {
  const mysql::InList list(ids);
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  return SelectWithTargets(query, absl::StrCat(SelectRequests(), kOneOf, list.sql(), kById, " FOR UPDATE"),
                           list.After({organization_id}), organization_id);
}

absl::StatusOr<std::vector<Request>> RequestStore::FindAll(absl::Time deadline, absl::string_view organization_id,
                                                           const std::vector<std::string>& ids) {
  if (ids.empty()) return std::vector<Request>();
  const mysql::InList list(ids);
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  return SelectWithTargets(query, absl::StrCat(SelectRequests(), kOneOf, list.sql(), kById),
                           list.After({organization_id}), organization_id);
}

absl::StatusOr<std::vector<Request>> RequestStore::FindSubmitted(absl::Time deadline, absl::string_view organization_id,
                                                                 const std::vector<std::string>& numbers,
                                                                 const filter::Condition& filter) {
  if (numbers.empty()) return std::vector<Request>();
  std::vector<std::string> stored;
  for (const std::string& number : numbers) stored.push_back(StoredNumber(number));
  const mysql::InList list(stored);
  Params params = list.After({organization_id});
  filter::AppendParams(filter, params);
  return Read(deadline, organization_id,
              absl::StrCat(SelectRequestsBy("request_number"), kNumbered, list.sql(), " AND ", filter.where), params);
}

absl::StatusOr<std::vector<RequestStore::Texts>> RequestStore::LoadTexts(mysql::Transaction& tx,
                                                                         absl::string_view organization_id,
                                                                         const std::vector<std::string>& ids) {
  if (ids.empty()) return std::vector<Texts>();
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectTexts, list.sql()), list.After({organization_id})));
  std::vector<Texts> texts;
  for (const Row& row : rows) {
    texts.push_back({.id = row.Text(0),
                     .number = ShownNumber(row.Text(1)),
                     .title = row.Text(2),
                     .need = row.Text(3),
                     .problem = row.Text(4),
                     .business_impact = row.Text(5)});
  }
  return texts;
}

absl::StatusOr<std::vector<Request>> RequestStore::Read(absl::Time deadline, absl::string_view organization_id,
                                                        absl::string_view sql, const Params& params) {
  const auto run = [&](absl::string_view text, const Params& values) { return pool_.Query(deadline, text, values); };
  return SelectWithTargets(run, sql, params, organization_id);
}

absl::StatusOr<std::vector<RequestStore::Name>> RequestStore::ListOverdueDeferrals(absl::Time deadline, absl::Time now,
                                                                                   int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, kListOverdue, {Micros(now), limit}));
  std::vector<Name> names;
  for (const Row& row : rows) names.push_back({.organization_id = row.Text(0), .id = row.Text(1)});
  return names;
}

absl::StatusOr<int64_t> RequestStore::TakeNumbers(mysql::Transaction& tx, absl::string_view organization_id, int year,
                                                  int64_t count) {
  DOCKET_RETURN_IF_ERROR(tx.Execute(kCountUp, {organization_id, year, count}).status());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectCounter, {organization_id, year}));
  if (rows.size() != 1) return InternalError("a counter that was just counted up is not there");
  return rows.front().Int(0) - count + 1;
}

}  // namespace docket::request
