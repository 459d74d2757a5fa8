#include "services/request/request_store.h"

#include <cstddef>
#include <iterator>
#include <map>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/in_list_store.h"
#include "services/request/request_proto.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;
using mysql::Value;

constexpr char kSelectRequests[] =
    "SELECT organization_id, request_id, request_number, title, state, kind, source, source_reference, need, problem,"
    " business_impact, urgency, impact, priority, necessity_ground, necessity_rationale, documents, requester, "
    "department_id,"
    " endorser, triager, state_reason, conclusion, defer_until_us, merged_into, result, create_time_us, update_time_us,"
    " submit_time_us, close_time_us, revision, retrospective FROM request WHERE organization_id = ?";
constexpr char kOne[] = " AND request_id = ?";
constexpr char kOneForUpdate[] = " AND request_id = ? FOR UPDATE";
constexpr char kVisible[] = " AND (submit_time_us > 0 OR requester = ?)";
constexpr char kSelectTargets[] =
    "SELECT request_id, system_id, component_id, from_version, to_version FROM request_target"
    " WHERE organization_id = ? AND request_id IN ";
constexpr char kTargetOrder[] = " ORDER BY request_id, position";

constexpr char kUpdateRequest[] =
    "UPDATE request SET request_number = ?, state = ?, priority = ?, department_id = ?, endorser = ?, triager = ?,"
    " state_reason = ?, conclusion = ?, defer_until_us = ?, merged_into = ?, result = ?, update_time_us = ?,"
    " submit_time_us = ?, close_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND request_id = ? AND revision = ?";
constexpr char kUpdateForm[] =
    "UPDATE request SET title = ?, kind = ?, source = ?, source_reference = ?, need = ?, problem = ?, business_impact "
    "= ?,"
    " urgency = ?, impact = ?, necessity_ground = ?, necessity_rationale = ?, documents = ?"
    " WHERE organization_id = ? AND request_id = ?";
constexpr char kDeleteTargets[] = "DELETE FROM request_target WHERE organization_id = ? AND request_id = ?";

constexpr char kCountUp[] =
    "INSERT INTO request_counter (organization_id, year, last_number) VALUES (?, ?, 1)"
    " ON DUPLICATE KEY UPDATE last_number = last_number + 1";
constexpr char kSelectCounter[] =
    "SELECT last_number FROM request_counter WHERE organization_id = ? AND year = ? FOR UPDATE";

Value MergedIntoColumn(const Request& request) {
  return request.merged_into.empty() ? Value() : Value(request.merged_into);
}

int64_t SubmitTimeColumn(const Request& request) {
  return request.submit_time.has_value() ? Micros(*request.submit_time) : 0;
}

Request RequestFromRow(const Row& row) {
  Request request;
  request.organization_id = row.Text(0);
  request.id = row.Text(1);
  request.number = row.Text(2);
  if (absl::StartsWith(request.number, "~")) request.number.clear();
  ApplicationForm& form = request.form;
  form.title = row.Text(3);
  request.state = static_cast<RequestState>(row.Int(4));
  form.kind = static_cast<ChangeKind>(row.Int(5));
  form.source = static_cast<Source>(row.Int(6));
  form.source_reference = row.Text(7);
  form.need = row.Text(8);
  form.problem = row.Text(9);
  form.business_impact = row.Text(10);
  form.urgency = static_cast<Level>(row.Int(11));
  form.impact = static_cast<Level>(row.Int(12));
  request.priority = static_cast<Level>(row.Int(13));
  form.necessity_ground = static_cast<NecessityGround>(row.Int(14));
  form.necessity_rationale = row.Text(15);
  form.documents = DocumentsFromBytes(row.Text(16));
  request.requester = row.Text(17);
  request.department_id = row.Text(18);
  request.endorser = row.Text(19);
  request.triager = row.Text(20);
  request.state_reason = row.Text(21);
  request.conclusion = row.Text(22);
  request.defer_until = OptionalTimeAt(row, 23);
  request.merged_into = row.Text(24);
  request.result = static_cast<Result>(row.Int(25));
  request.create_time = TimeAt(row, 26);
  request.update_time = TimeAt(row, 27);
  if (row.Int(28) != 0) request.submit_time = TimeAt(row, 28);
  request.close_time = OptionalTimeAt(row, 29);
  request.revision = row.Int(30);
  request.retrospective = row.Bool(31);
  return request;
}

void AppendRow(const Request& request, Params& values) {
  const ApplicationForm& form = request.form;
  const Value row[] = {request.organization_id,
                       request.id,
                       NumberColumn(request),
                       form.title,
                       static_cast<int>(request.state),
                       static_cast<int>(form.kind),
                       static_cast<int>(form.source),
                       form.source_reference,
                       form.need,
                       form.problem,
                       form.business_impact,
                       static_cast<int>(form.urgency),
                       static_cast<int>(form.impact),
                       static_cast<int>(request.priority),
                       static_cast<int>(form.necessity_ground),
                       form.necessity_rationale,
                       DocumentsToBytes(form.documents),
                       request.requester,
                       request.department_id,
                       request.endorser,
                       request.triager,
                       request.state_reason,
                       request.conclusion,
                       MicrosOrNull(request.defer_until),
                       MergedIntoColumn(request),
                       static_cast<int>(request.result),
                       Micros(request.create_time),
                       Micros(request.update_time),
                       SubmitTimeColumn(request),
                       MicrosOrNull(request.close_time),
                       request.revision,
                       request.retrospective};
  values.insert(values.end(), std::begin(row), std::end(row));
}

void AppendTargets(const Request& request, Params& values) {
  for (size_t i = 0; i < request.form.targets.size(); ++i) {
    const VersionChange& target = request.form.targets[i];
    const Value row[] = {request.organization_id, request.id,       i, target.system_id, target.component,
                         target.from_version,     target.to_version};
    values.insert(values.end(), std::begin(row), std::end(row));
  }
}

Params ParamsOf(const filter::Condition& condition) {
  Params params;
  for (const filter::FilterValue& value : condition.params) {
    std::visit(
        [&](const auto& one) {
          if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::nullptr_t>) {
            params.emplace_back();
          } else {
            params.emplace_back(one);
          }
        },
        value);
  }
  return params;
}

// A query of the pool or of a transaction.
using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

absl::StatusOr<std::vector<Request>> SelectWithTargets(RunQuery query, absl::string_view sql, const Params& params,
                                                       absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, query(sql, params));
  std::vector<Request> requests;
  requests.reserve(rows.size());
  for (const Row& row : rows) requests.push_back(RequestFromRow(row));
  if (requests.empty()) return requests;

  std::vector<std::string> ids;
  std::map<std::string, Request*> by_id;
  for (Request& request : requests) {
    ids.push_back(request.id);
    by_id[request.id] = &request;
  }
  const InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> targets,
                          query(absl::StrCat(kSelectTargets, list.sql(), kTargetOrder), list.After({organization_id})));
  for (const Row& row : targets) {
    by_id[row.Text(0)]->form.targets.push_back(
        {.system_id = row.Text(1), .component = row.Text(2), .from_version = row.Text(3), .to_version = row.Text(4)});
  }
  return requests;
}

std::optional<Request> FirstOf(std::vector<Request> requests) {
  if (requests.empty()) return std::nullopt;
  return std::move(requests.front());
}

}  // namespace

std::string NumberColumn(const Request& request) {
  return request.number.empty() ? absl::StrCat("~", FormatUuid(request.id)) : request.number;
}

RequestStore::RequestStore(mysql::Pool& pool)
    : pool_(pool),
      insert_requests_("request", {"organization_id",
                                   "request_id",
                                   "request_number",
                                   "title",
                                   "state",
                                   "kind",
                                   "source",
                                   "source_reference",
                                   "need",
                                   "problem",
                                   "business_impact",
                                   "urgency",
                                   "impact",
                                   "priority",
                                   "necessity_ground",
                                   "necessity_rationale",
                                   "documents",
                                   "requester",
                                   "department_id",
                                   "endorser",
                                   "triager",
                                   "state_reason",
                                   "conclusion",
                                   "defer_until_us",
                                   "merged_into",
                                   "result",
                                   "create_time_us",
                                   "update_time_us",
                                   "submit_time_us",
                                   "close_time_us",
                                   "revision",
                                   "retrospective"}),
      insert_targets_("request_target", {"organization_id", "request_id", "position", "system_id", "component_id",
                                         "from_version", "to_version"}) {}

absl::Status RequestStore::Insert(mysql::Transaction& tx, const std::vector<const Request*>& requests) {
  Params rows, targets;
  for (const Request* request : requests) {
    AppendRow(*request, rows);
    AppendTargets(*request, targets);
  }
  DOCKET_RETURN_IF_ERROR(insert_requests_.Run(tx, rows).status());
  return insert_targets_.Run(tx, targets).status();
}

absl::Status RequestStore::Save(mysql::Transaction& tx, const Request& request, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdateRequest,
      {NumberColumn(request), static_cast<int>(request.state), static_cast<int>(request.priority),
       request.department_id, request.endorser, request.triager, request.state_reason, request.conclusion,
       MicrosOrNull(request.defer_until), MergedIntoColumn(request), static_cast<int>(request.result),
       Micros(request.update_time), SubmitTimeColumn(request), MicrosOrNull(request.close_time), request.revision,
       request.organization_id, request.id, loaded_revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the request changed meanwhile"));
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
  return insert_targets_.Run(tx, targets).status();
}

absl::StatusOr<std::optional<Request>> RequestStore::LoadForUpdate(mysql::Transaction& tx,
                                                                   absl::string_view organization_id,
                                                                   absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  DOCKET_ASSIGN_OR_RETURN(
      std::vector<Request> found,
      SelectWithTargets(query, absl::StrCat(kSelectRequests, kOneForUpdate), {organization_id, id}, organization_id));
  return FirstOf(std::move(found));
}

absl::StatusOr<std::optional<Request>> RequestStore::Find(absl::Time deadline, absl::string_view organization_id,
                                                          absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  DOCKET_ASSIGN_OR_RETURN(std::vector<Request> found, SelectWithTargets(query, absl::StrCat(kSelectRequests, kOne),
                                                                        {organization_id, id}, organization_id));
  return FirstOf(std::move(found));
}

absl::StatusOr<std::vector<Request>> RequestStore::List(absl::Time deadline, const RequestQuery& query) {
  Params params = {query.organization_id, query.caller};
  for (const filter::Condition* condition : {&query.filter, &query.after}) {
    const Params more = ParamsOf(*condition);
    params.insert(params.end(), more.begin(), more.end());
  }
  params.emplace_back(query.limit);
  const auto run = [&](absl::string_view sql, const Params& values) { return pool_.Query(deadline, sql, values); };
  return SelectWithTargets(run,
                           absl::StrCat(kSelectRequests, kVisible, " AND ", query.filter.where, " AND ",
                                        query.after.where, " ORDER BY ", query.order, " LIMIT ?"),
                           params, query.organization_id);
}

absl::StatusOr<int64_t> RequestStore::TakeNumber(mysql::Transaction& tx, absl::string_view organization_id, int year) {
  DOCKET_RETURN_IF_ERROR(tx.Execute(kCountUp, {organization_id, year}).status());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectCounter, {organization_id, year}));
  if (rows.size() != 1) return InternalError("a counter that was just counted up is not there");
  return rows.front().Int(0);
}

}  // namespace docket::request
