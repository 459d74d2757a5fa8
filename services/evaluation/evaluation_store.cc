#include "services/evaluation/evaluation_store.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/mysql/error_table.h"
#include "common/mysql/multi_insert.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/evaluation/evaluation_proto.h"

namespace docket::evaluation {
namespace {

constexpr absl::string_view kInsert =
    "INSERT INTO evaluation (organization_id, evaluation_id, state, kind, request_number, title, requester, "
    "department, "
    "request_snapshot, details, recommended_option, feasible, report_version, content_sha256, create_time_us, "
    "update_time_us, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr absl::string_view kSelect =
    "SELECT organization_id, evaluation_id, state, request_snapshot, details, recommended_option, feasible, "
    "report_version, content_sha256, create_time_us, update_time_us, revision FROM evaluation";

constexpr absl::string_view kByKey = " WHERE organization_id = ? AND evaluation_id = ?";

constexpr absl::string_view kUpdate =
    "UPDATE evaluation SET state = ?, details = ?, recommended_option = ?, feasible = ?, report_version = ?, "
    "content_sha256 = ?, update_time_us = ?, revision = ? WHERE organization_id = ? AND evaluation_id = ? AND revision "
    "= ?";

constexpr absl::string_view kInsertSheet =
    "INSERT INTO score_sheet (organization_id, evaluation_id, person, salt, commitment, submit_time_us) "
    "VALUES (?, ?, ?, ?, ?, ?)";

constexpr absl::string_view kSelectScores =
    "SELECT sheet.person, sheet.salt, sheet.submit_time_us, score.option_id, score.criterion, score.points, "
    "score.rationale FROM score_sheet AS sheet JOIN score ON score.organization_id = sheet.organization_id AND "
    "score.evaluation_id = sheet.evaluation_id AND score.person = sheet.person "
    "WHERE sheet.organization_id = ? AND sheet.evaluation_id = ? "
    "ORDER BY sheet.person, score.option_id, score.criterion";

constexpr absl::string_view kDeleteScores = "DELETE FROM score WHERE organization_id = ? AND evaluation_id = ?";
constexpr absl::string_view kDeleteSheets = "DELETE FROM score_sheet WHERE organization_id = ? AND evaluation_id = ?";

constexpr absl::string_view kInsertReport =
    "INSERT INTO report (organization_id, evaluation_id, version, feasible, recommended_option, content_sha256, "
    "author, "
    "create_time_us, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr absl::string_view kSelectReport =
    "SELECT body FROM report WHERE organization_id = ? AND evaluation_id = ? AND version = ?";

// The parts of an evaluation that are read with their row alone.
std::string Details(const Evaluation& evaluation) {
  v1::Evaluation details;
  for (const Seat& seat : evaluation.seats) *details.add_seats() = ToProto(seat);
  for (const Option& option : evaluation.options) *details.add_options() = ToProto(option);
  for (const Criterion& criterion : evaluation.criteria) *details.add_criteria() = ToProto(criterion);
  if (evaluation.budget.has_value()) *details.mutable_budget() = ToProto(*evaluation.budget);
  if (evaluation.approval.has_value()) *details.mutable_approval() = ToProto(*evaluation.approval);
  return details.SerializeAsString();
}

// Reads the columns of kSelect.
absl::StatusOr<Evaluation> EvaluationFromRow(const mysql::Row& row) {
  event::v1::RequestSnapshot request;
  v1::Evaluation details;
  if (!request.ParseFromString(row.Text(3)) || !details.ParseFromString(row.Text(4))) {
    return InternalError(absl::StrCat("evaluation ", FormatUuid(row.Text(1)), " does not parse"));
  }
  Evaluation evaluation{.organization = row.Text(0),
                        .id = row.Text(1),
                        .state = static_cast<State>(row.Int(2)),
                        .request = FromProto(request),
                        .seats = ListFromProto(details.seats()),
                        .options = ListFromProto(details.options()),
                        .criteria = ListFromProto(details.criteria()),
                        .recommended_option = row.Text(5),
                        .feasible = row.Bool(6),
                        .report_version = static_cast<int>(row.Int(7)),
                        .content_sha256 = row.Text(8),
                        .create_time = absl::FromUnixMicros(row.Int(9)),
                        .update_time = absl::FromUnixMicros(row.Int(10)),
                        .revision = row.Int(11)};
  if (details.has_budget()) evaluation.budget = FromProto(details.budget());
  if (details.has_approval()) evaluation.approval = FromProto(details.approval());
  return evaluation;
}

std::vector<ScoreSheet> SheetsFromRows(const std::vector<mysql::Row>& rows) {
  std::vector<ScoreSheet> sheets;
  for (const mysql::Row& row : rows) {
    if (sheets.empty() || sheets.back().person != row.Text(0)) {
      sheets.push_back({.person = row.Text(0), .salt = row.Text(1), .submit_time = absl::FromUnixMicros(row.Int(2))});
    }
    sheets.back().scores.push_back({.option = row.Text(3),
                                    .criterion = static_cast<CriterionKind>(row.Int(4)),
                                    .points = static_cast<int>(row.Int(5)),
                                    .rationale = row.Text(6)});
  }
  return sheets;
}

absl::StatusOr<v1::Report> ReportFromRows(const std::vector<mysql::Row>& rows, absl::string_view name) {
  if (rows.empty()) return docket::NotFoundError(name);
  v1::Report report;
  if (!report.ParseFromString(rows.front().Text(0))) {
    return InternalError(absl::StrCat("report ", name, " does not parse"));
  }
  return report;
}

// The key columns of an evaluation's name; nothing where it is not one.
std::optional<mysql::Params> KeyOf(absl::string_view name) {
  std::string organization = OrganizationId(name);
  std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value() || name != EvaluationName(organization, LastId(name))) return std::nullopt;
  return mysql::Params{std::move(organization), *std::move(id)};
}

mysql::Params KeyOf(const Evaluation& evaluation) { return {evaluation.organization, evaluation.id}; }

absl::StatusOr<Evaluation> OnlyOne(const std::vector<mysql::Row>& rows, absl::string_view name) {
  if (rows.empty()) return docket::NotFoundError(name);
  return EvaluationFromRow(rows.front());
}

mysql::Value ToValue(const filter::FilterValue& value) {
  return std::visit(
      [](const auto& held) -> mysql::Value {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::nullptr_t>) {
          return std::nullopt;
        } else {
          return held;
        }
      },
      value);
}

}  // namespace

const filter::Schema& ListSchema() {
  static const filter::Schema* const kSchema =
      new filter::Schema(filter::Schema()
                             .Uuid("uid", {.sql = "evaluation_id", .sortable = true})
                             .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Evaluation::State_descriptor()))
                             .Enum("kind", {.sql = "kind"}, filter::EnumValues(*common::v1::ChangeKind_descriptor()))
                             .String("request_number", {.sql = "request_number"})
                             .String("title", {.sql = "title"})
                             .String("department", {.sql = "department", .operators = filter::kTakesEquality})
                             .String("requester", {.sql = "requester", .operators = filter::kTakesEquality})
                             .Timestamp("create_time", {.sql = "create_time_us", .sortable = true})
                             .Unique("uid"));
  return *kSchema;
}

absl::Status EvaluationStore::Insert(mysql::Transaction& transaction, const Evaluation& evaluation) const {
  return transaction
      .Execute(kInsert, {evaluation.organization, evaluation.id, static_cast<int>(evaluation.state),
                         static_cast<int>(evaluation.request.kind), evaluation.request.number, evaluation.request.title,
                         evaluation.request.requester, evaluation.request.department,
                         ToProto(evaluation.request).SerializeAsString(), Details(evaluation),
                         evaluation.recommended_option, evaluation.feasible, evaluation.report_version,
                         evaluation.content_sha256, absl::ToUnixMicros(evaluation.create_time),
                         absl::ToUnixMicros(evaluation.update_time), evaluation.revision})
      .status();
}

absl::StatusOr<Evaluation> EvaluationStore::LoadForUpdate(mysql::Transaction& transaction,
                                                          absl::string_view name) const {
  const std::optional<mysql::Params> key = KeyOf(name);
  if (!key.has_value()) return docket::NotFoundError(name);
  static const std::string kSql = absl::StrCat(kSelect, kByKey, " FOR UPDATE");
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, transaction.Query(kSql, *key));
  return OnlyOne(rows, name);
}

absl::StatusOr<Evaluation> EvaluationStore::Load(absl::Time deadline, absl::string_view name) const {
  const std::optional<mysql::Params> key = KeyOf(name);
  if (!key.has_value()) return docket::NotFoundError(name);
  static const std::string kSql = absl::StrCat(kSelect, kByKey);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, pool_.Query(deadline, kSql, *key));
  return OnlyOne(rows, name);
}

absl::Status EvaluationStore::Save(mysql::Transaction& transaction, const Evaluation& evaluation) const {
  return transaction.ExecuteExpectingOne(
      kUpdate,
      {static_cast<int>(evaluation.state), Details(evaluation), evaluation.recommended_option, evaluation.feasible,
       evaluation.report_version, evaluation.content_sha256, absl::ToUnixMicros(evaluation.update_time),
       evaluation.revision, evaluation.organization, evaluation.id, evaluation.revision - 1},
      Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "the evaluation has changed in the meantime"));
}

absl::StatusOr<std::vector<Evaluation>> EvaluationStore::List(absl::Time deadline, const EvaluationQuery& query) const {
  const filter::Condition after = filter::After(query.order, query.after);
  mysql::Params params = {query.organization};
  for (const filter::FilterValue& value : query.condition.params) params.push_back(ToValue(value));
  for (const filter::FilterValue& value : after.params) params.push_back(ToValue(value));
  params.push_back(query.limit);
  const std::string sql = absl::StrCat(kSelect, " WHERE organization_id = ? AND ", query.condition.where, " AND ",
                                       after.where, " ORDER BY ", filter::OrderBySql(query.order), " LIMIT ?");
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, pool_.Query(deadline, sql, params));
  std::vector<Evaluation> evaluations;
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, EvaluationFromRow(row));
    evaluations.push_back(std::move(evaluation));
  }
  return evaluations;
}

std::vector<filter::FilterValue> EvaluationStore::SortKey(const Evaluation& evaluation, const filter::Order& order) {
  std::vector<filter::FilterValue> key;
  for (const filter::OrderTerm& term : order) {
    if (term.field == "create_time") {
      key.emplace_back(absl::ToUnixMicros(evaluation.create_time));
    } else {
      key.emplace_back(evaluation.id);
    }
  }
  return key;
}

absl::Status EvaluationStore::InsertScores(mysql::Transaction& transaction, const Evaluation& evaluation,
                                           const ScoreSheet& sheet) const {
  static const mysql::MultiInsert* const kInsertScores = new mysql::MultiInsert(
      "score", {"organization_id", "evaluation_id", "person", "option_id", "criterion", "points", "rationale"});
  DOCKET_RETURN_IF_ERROR(transaction
                             .Execute(kInsertSheet, {evaluation.organization, evaluation.id, sheet.person, sheet.salt,
                                                     ScoreCommitment(sheet), absl::ToUnixMicros(sheet.submit_time)})
                             .status());
  mysql::Params values;
  for (const Score& score : sheet.scores) {
    for (mysql::Value value : mysql::Params{evaluation.organization, evaluation.id, sheet.person, score.option,
                                            static_cast<int>(score.criterion), score.points, score.rationale}) {
      values.push_back(std::move(value));
    }
  }
  return kInsertScores->Run(transaction, values).status();
}

absl::Status EvaluationStore::DeleteScores(mysql::Transaction& transaction, const Evaluation& evaluation) const {
  DOCKET_RETURN_IF_ERROR(transaction.Execute(kDeleteScores, KeyOf(evaluation)).status());
  return transaction.Execute(kDeleteSheets, KeyOf(evaluation)).status();
}

absl::StatusOr<std::vector<ScoreSheet>> EvaluationStore::LoadScores(mysql::Transaction& transaction,
                                                                    const Evaluation& evaluation) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, transaction.Query(kSelectScores, KeyOf(evaluation)));
  return SheetsFromRows(rows);
}

absl::StatusOr<std::vector<ScoreSheet>> EvaluationStore::LoadScores(absl::Time deadline,
                                                                    const Evaluation& evaluation) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, pool_.Query(deadline, kSelectScores, KeyOf(evaluation)));
  return SheetsFromRows(rows);
}

absl::Status EvaluationStore::InsertReport(mysql::Transaction& transaction, const Evaluation& evaluation,
                                           const v1::Report& report) const {
  const Report domain = FromProto(report);
  return transaction
      .Execute(kInsertReport, {evaluation.organization, evaluation.id, domain.version, domain.feasible,
                               domain.recommended_option, domain.content_sha256, domain.author,
                               absl::ToUnixMicros(domain.create_time), report.SerializeAsString()})
      .status();
}

absl::StatusOr<v1::Report> EvaluationStore::LoadReport(mysql::Transaction& transaction,
                                                       const Evaluation& evaluation) const {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<mysql::Row> rows,
      transaction.Query(kSelectReport, {evaluation.organization, evaluation.id, evaluation.report_version}));
  return ReportFromRows(rows, ChildName(evaluation.Name(), "reports", absl::StrCat(evaluation.report_version)));
}

absl::StatusOr<v1::Report> EvaluationStore::LoadReport(absl::Time deadline, absl::string_view report_name) const {
  std::optional<mysql::Params> key = KeyOf(ParentOf(report_name));
  int32_t version = 0;
  // Only the canonical spelling of a number names a report.
  const std::string version_text = LastId(report_name);
  if (!key.has_value() || !absl::SimpleAtoi(version_text, &version) || version_text != absl::StrCat(version)) {
    return docket::NotFoundError(report_name);
  }
  key->push_back(version);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, pool_.Query(deadline, kSelectReport, *key));
  return ReportFromRows(rows, report_name);
}

}  // namespace docket::evaluation
