#include "services/request/request_row_store.h"

#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/identifier/uuid.h"
#include "common/mysql/row_values.h"
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
    " submit_time_us, close_time_us, revision, retrospective, held, hold_reason, hold_time_us, holder, relation_count"
    " FROM request WHERE organization_id = ?";

// What SelectRequests selects comes before.
constexpr size_t kTargetColumn = 37;
constexpr size_t kPositionColumn = kTargetColumn + 4;
constexpr size_t kTemplateColumn = kPositionColumn + 1;

}  // namespace

absl::string_view SelectRequests() { return kSelectRequests; }

std::string SelectRequestsBy(absl::string_view index) {
  return absl::StrReplaceAll(kSelectRequests,
                             {{" FROM request ", absl::StrCat(" FROM request FORCE INDEX (", index, ") ")}});
}

absl::string_view SelectRequestWhole() {
  static const auto* const statement = new std::string(absl::StrCat(
      absl::StrReplaceAll(kSelectRequests,
                          {{" FROM request ",
                            ", system_id, component_id, from_version, to_version, position, template, content_sha256"
                            " FROM request LEFT JOIN request_target USING (organization_id, request_id)"
                            " LEFT JOIN request_template FORCE INDEX (PRIMARY) USING (organization_id, request_id) "}}),
      " AND request_id = ?"));
  return *statement;
}

const std::vector<std::string>& RequestColumns() {
  static const auto* const columns = new std::vector<std::string>{"organization_id",
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
                                                                  "retrospective",
                                                                  "held",
                                                                  "hold_reason",
                                                                  "hold_time_us",
                                                                  "holder",
                                                                  "relation_count"};
  return *columns;
}

std::string NumberColumn(const Request& request) {
  return request.number.empty() ? absl::StrCat("~", FormatUuid(request.id)) : StoredNumber(request.number);
}

std::string StoredNumber(absl::string_view number) {
  constexpr size_t kBeforeSequence = sizeof("REQ-2026-") - 1, kDigits = 6;
  std::string stored(number);
  if (stored.size() > kBeforeSequence + kDigits) {
    stored.insert(kBeforeSequence, stored.size() - kBeforeSequence - kDigits, '~');
  }
  return stored;
}

std::string ShownNumber(absl::string_view stored) { return absl::StrReplaceAll(stored, {{"~", ""}}); }

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
  const absl::string_view number = row.View(2);
  if (!absl::StartsWith(number, "~")) request.number = ShownNumber(number);
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
  request.held = row.Bool(32);
  request.hold_reason = row.Text(33);
  request.hold_time = OptionalTimeAt(row, 34);
  request.holder = row.Text(35);
  return request;
}

Request RequestFromRows(absl::Span<const Row> rows) {
  Request request = RequestFromRow(rows.front());
  request.form.template_name = rows.front().Text(kTemplateColumn);
  request.template_sha256 = rows.front().Text(kTemplateColumn + 1);
  if (rows.front().IsNull(kTargetColumn)) return request;
  // The server would make a table of its own to sort these few.
  std::map<int64_t, VersionChange> targets;
  for (const Row& row : rows) targets[row.Int(kPositionColumn)] = TargetFromRow(row, kTargetColumn);
  for (auto& [position, target] : targets) request.form.targets.push_back(std::move(target));
  return request;
}

VersionChange TargetFromRow(const Row& row, size_t first) {
  return {.system_id = row.Text(first),
          .component = row.Text(first + 1),
          .from_version = row.Text(first + 2),
          .to_version = row.Text(first + 3)};
}

bool HasRelations(const Row& row) { return row.Int(36) > 0; }

void AppendRow(const Request& request, Params& values) {
  const ApplicationForm& form = request.form;
  mysql::AppendRow(
      values, request.organization_id, request.id, NumberColumn(request), form.title, static_cast<int>(request.state),
      static_cast<int>(form.kind), static_cast<int>(form.source), form.source_reference, form.need, form.problem,
      form.business_impact, static_cast<int>(form.urgency), static_cast<int>(form.impact),
      static_cast<int>(request.priority), static_cast<int>(form.necessity_ground), form.necessity_rationale,
      DocumentsToBytes(form.documents), request.requester, request.department_id, request.endorser, request.triager,
      request.state_reason, request.conclusion, MicrosOrNull(request.defer_until), MergedIntoColumn(request),
      static_cast<int>(request.result), Micros(request.create_time), Micros(request.update_time),
      SubmitTimeColumn(request), MicrosOrNull(request.close_time), request.revision, request.retrospective,
      request.held, request.hold_reason, MicrosOrNull(request.hold_time), request.holder, request.relations.size());
}

void AppendTargets(const Request& request, Params& values) {
  for (size_t i = 0; i < request.form.targets.size(); ++i) {
    const VersionChange& target = request.form.targets[i];
    mysql::AppendRow(values, request.organization_id, request.id, i, target.system_id, target.component,
                     target.from_version, target.to_version);
  }
}

}  // namespace docket::request
