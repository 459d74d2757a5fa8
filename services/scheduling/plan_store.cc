#include "services/scheduling/plan_store.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/mysql/error_table.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/types.pb.h"
#include "docket/scheduling/v1/plan.pb.h"
#include "services/scheduling/plan_proto.h"

namespace docket::scheduling {
namespace {

constexpr absl::string_view kColumns =
    "organization_id, plan_id, request_number, title, state, kind, requester, department, slot_start_us, slot_end_us, "
    "budget_currency, budget_minor_units, evaluation_sha256, content_sha256, approver, approved_sha256, "
    "actual_start_us, actual_end_us, acceptor, acceptance_comment, document, work_orders, evidence, create_time_us, "
    "update_time_us, revision";

constexpr char kSelect[] =
    "SELECT organization_id, plan_id, request_number, title, state, kind, requester, department, slot_start_us, "
    "slot_end_us, budget_currency, budget_minor_units, evaluation_sha256, content_sha256, approver, approved_sha256, "
    "actual_start_us, actual_end_us, acceptor, acceptance_comment, document, work_orders, evidence, create_time_us, "
    "update_time_us, revision FROM plan WHERE organization_id = ? AND plan_id = ?";

constexpr char kSelectForUpdate[] =
    "SELECT organization_id, plan_id, request_number, title, state, kind, requester, department, slot_start_us, "
    "slot_end_us, budget_currency, budget_minor_units, evaluation_sha256, content_sha256, approver, approved_sha256, "
    "actual_start_us, actual_end_us, acceptor, acceptance_comment, document, work_orders, evidence, create_time_us, "
    "update_time_us, revision FROM plan WHERE organization_id = ? AND plan_id = ? FOR UPDATE";

constexpr char kInsert[] =
    "INSERT INTO plan (organization_id, plan_id, request_number, title, state, kind, requester, department, "
    "slot_start_us, slot_end_us, budget_currency, budget_minor_units, evaluation_sha256, content_sha256, approver, "
    "approved_sha256, actual_start_us, actual_end_us, acceptor, acceptance_comment, document, work_orders, evidence, "
    "create_time_us, update_time_us, revision) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr char kInsertSystem[] = "INSERT INTO plan_system (organization_id, plan_id, system_id) VALUES (?, ?, ?)";

constexpr char kUpdate[] =
    "UPDATE plan SET state = ?, slot_start_us = ?, slot_end_us = ?, content_sha256 = ?, approver = ?, "
    "approved_sha256 = ?, actual_start_us = ?, actual_end_us = ?, acceptor = ?, acceptance_comment = ?, document = ?, "
    "work_orders = ?, evidence = ?, update_time_us = ?, revision = ? "
    "WHERE organization_id = ? AND plan_id = ? AND revision = ?";

constexpr char kUpdateEvidenceCount[] =
    "UPDATE plan SET evidence = ? WHERE organization_id = ? AND plan_id = ? AND revision = ? AND evidence = ?";

// `system` is a list, which a filter's column cannot be: its comparison is written with this stand-in and replaced by a
// search of the index table.
constexpr absl::string_view kSystemStandIn = "plan_system_id";
constexpr absl::string_view kHasSystem =
    "EXISTS (SELECT 1 FROM plan_system WHERE plan_system.organization_id = plan.organization_id AND "
    "plan_system.plan_id = plan.plan_id AND plan_system.system_id = ?)";

std::optional<filter::FilterValue> LastIdIn(absl::string_view name, absl::string_view collection) {
  if (ParentOf(name) != OrganizationOf(name) || OrganizationOf(name).empty()) return std::nullopt;
  if (!absl::StrContains(name, absl::StrCat("/", collection, "/"))) return std::nullopt;
  return filter::FilterValue(LastId(name));
}

std::optional<absl::Time> OptionalTime(const mysql::Row& row, size_t column) {
  const std::optional<int64_t> micros = row.OptionalInt(column);
  if (!micros.has_value()) return std::nullopt;
  return absl::FromUnixMicros(*micros);
}

mysql::Value Micros(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return {};
  return absl::ToUnixMicros(*time);
}

absl::StatusOr<Plan> PlanFromRow(const mysql::Row& row) {
  Plan plan;
  plan.organization_id = row.Text(0);
  plan.id = row.Text(1);
  plan.request_number = row.Text(2);
  plan.title = row.Text(3);
  plan.state = static_cast<PlanState>(row.Int(4));
  plan.kind = static_cast<ChangeKind>(row.Int(5));
  plan.requester = row.Text(6);
  plan.department = row.Text(7);
  if (!row.IsNull(8)) {
    plan.slot = Slot{.start = absl::FromUnixMicros(row.Int(8)), .end = absl::FromUnixMicros(row.Int(9))};
  }
  if (!row.IsNull(10)) plan.approved_budget = Money{.currency_code = row.Text(10), .minor_units = row.Int(11)};
  plan.evaluation_sha256 = absl::BytesToHexString(row.Text(12));
  plan.content_sha256 = absl::BytesToHexString(row.Text(13));
  plan.approver = row.Text(14);
  plan.approved_sha256 = absl::BytesToHexString(row.Text(15));
  plan.actual_start_time = OptionalTime(row, 16);
  plan.actual_end_time = OptionalTime(row, 17);
  plan.acceptor = row.Text(18);
  plan.acceptance_comment = row.Text(19);
  DOCKET_RETURN_IF_ERROR(DecodeDocument(row.Text(20), plan));
  plan.work_orders = static_cast<int>(row.Int(21));
  plan.evidence = static_cast<int>(row.Int(22));
  plan.create_time = absl::FromUnixMicros(row.Int(23));
  plan.update_time = absl::FromUnixMicros(row.Int(24));
  plan.revision = row.Int(25);
  return plan;
}

absl::StatusOr<Plan> OnlyPlan(absl::StatusOr<std::vector<mysql::Row>> rows, const PlanKey& key) {
  if (!rows.ok()) return std::move(rows).status();
  if (rows->empty()) return NotFoundError(key.Name());
  return PlanFromRow(rows->front());
}

filter::FilterValue SortValue(const Plan& plan, const filter::OrderTerm& term) {
  if (term.field == "create_time") return absl::ToUnixMicros(plan.create_time);
  return plan.id;
}

}  // namespace

filter::Schema MakePlanSchema() {
  return filter::Schema()
      .Enum("state", {.sql = "plan.state"}, filter::EnumValues(*v1::Plan::State_descriptor()))
      .Enum("kind", {.sql = "plan.kind"}, filter::EnumValues(*common::v1::ChangeKind_descriptor()))
      .String("request_number", {.sql = "plan.request_number"})
      .String("title", {.sql = "plan.title"})
      .String("requester", {.sql = "plan.requester"})
      .String("department", {.sql = "plan.department"})
      .Converted("system", {.sql = std::string(kSystemStandIn)}, "a name like organizations/*/systems/*",
                 [](absl::string_view name) { return LastIdIn(name, "systems"); })
      .Timestamp("slot_start", {.sql = "plan.slot_start_us", .nullable = true})
      .Timestamp("slot_end", {.sql = "plan.slot_end_us", .nullable = true})
      .Timestamp("create_time", {.sql = "plan.create_time_us", .sortable = true})
      .Converted("name", {.sql = "plan.plan_id", .sortable = true}, "a name like organizations/*/plans/*",
                 [](absl::string_view name) { return LastIdIn(name, "plans"); })
      .Unique("name");
}

absl::StatusOr<Plan> PlanStore::Load(mysql::Pool& pool, absl::Time deadline, const PlanKey& key) const {
  return OnlyPlan(pool.Query(deadline, kSelect, mysql::Params{key.organization_id, key.plan_id}), key);
}

absl::StatusOr<Plan> PlanStore::LoadForUpdate(mysql::Transaction& transaction, const PlanKey& key) const {
  return OnlyPlan(transaction.Query(kSelectForUpdate, mysql::Params{key.organization_id, key.plan_id}), key);
}

absl::StatusOr<bool> PlanStore::Insert(mysql::Transaction& transaction, const Plan& plan) const {
  const absl::Status inserted =
      transaction
          .Execute(
              kInsert,
              mysql::Params{
                  plan.organization_id,
                  plan.id,
                  plan.request_number,
                  plan.title,
                  static_cast<int>(plan.state),
                  static_cast<int>(plan.kind),
                  plan.requester,
                  plan.department,
                  plan.slot.has_value() ? Micros(plan.slot->start) : mysql::Value(),
                  plan.slot.has_value() ? Micros(plan.slot->end) : mysql::Value(),
                  plan.approved_budget.has_value() ? mysql::Value(plan.approved_budget->currency_code) : mysql::Value(),
                  plan.approved_budget.has_value() ? mysql::Value(plan.approved_budget->minor_units) : mysql::Value(),
                  absl::HexStringToBytes(plan.evaluation_sha256),
                  absl::HexStringToBytes(plan.content_sha256),
                  plan.approver,
                  absl::HexStringToBytes(plan.approved_sha256),
                  Micros(plan.actual_start_time),
                  Micros(plan.actual_end_time),
                  plan.acceptor,
                  plan.acceptance_comment,
                  EncodeDocument(plan),
                  plan.work_orders,
                  plan.evidence,
                  absl::ToUnixMicros(plan.create_time),
                  absl::ToUnixMicros(plan.update_time),
                  plan.revision})
          .status();
  if (mysql::IsDuplicateKey(inserted)) return false;
  DOCKET_RETURN_IF_ERROR(inserted);
  for (const std::string& system : plan.Systems()) {
    DOCKET_RETURN_IF_ERROR(
        transaction.Execute(kInsertSystem, mysql::Params{plan.organization_id, plan.id, LastId(system)}).status());
  }
  return true;
}

absl::Status PlanStore::Save(mysql::Transaction& transaction, Plan& plan, absl::Time now) const {
  const int64_t read_revision = plan.revision;
  plan.revision += 1;
  plan.update_time = now;
  return transaction.ExecuteExpectingOne(
      kUpdate,
      mysql::Params{static_cast<int>(plan.state), plan.slot.has_value() ? Micros(plan.slot->start) : mysql::Value(),
                    plan.slot.has_value() ? Micros(plan.slot->end) : mysql::Value(),
                    absl::HexStringToBytes(plan.content_sha256), plan.approver,
                    absl::HexStringToBytes(plan.approved_sha256), Micros(plan.actual_start_time),
                    Micros(plan.actual_end_time), plan.acceptor, plan.acceptance_comment, EncodeDocument(plan),
                    plan.work_orders, plan.evidence, absl::ToUnixMicros(plan.update_time), plan.revision,
                    plan.organization_id, plan.id, read_revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the plan was changed meanwhile; try again"));
}

absl::Status PlanStore::SaveEvidenceCount(mysql::Transaction& transaction, const Plan& plan) const {
  return transaction.ExecuteExpectingOne(
      kUpdateEvidenceCount,
      mysql::Params{plan.evidence, plan.organization_id, plan.id, plan.revision, plan.evidence - 1},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the plan was changed meanwhile; try again"));
}

absl::StatusOr<std::vector<ListedPlan>> PlanStore::List(mysql::Pool& pool, absl::Time deadline,
                                                        const PlanQuery& query) const {
  const std::string where = absl::StrReplaceAll(
      query.condition.where, {{absl::StrCat(kSystemStandIn, " = ?"), kHasSystem},
                              {absl::StrCat(kSystemStandIn, " != ?"), absl::StrCat("NOT ", kHasSystem)},
                              {absl::StrCat(kSystemStandIn, " <> ?"), absl::StrCat("NOT ", kHasSystem)}});
  if (absl::StrContains(where, absl::StrCat(kSystemStandIn, " "))) {
    return InternalError("the filter compares `system` in a way that the store does not know");
  }
  const filter::Condition after = filter::After(query.order, query.after);
  mysql::Params params{query.organization_id};
  for (const filter::Condition* condition : {&query.condition, &after}) {
    for (const filter::FilterValue& value : condition->params) {
      std::visit(
          [&params](const auto& held) {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::nullptr_t>) {
              params.emplace_back();
            } else {
              params.emplace_back(held);
            }
          },
          value);
    }
  }
  params.emplace_back(query.limit);
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<mysql::Row> rows,
      pool.Query(deadline,
                 absl::StrCat("SELECT ", kColumns, " FROM plan WHERE organization_id = ? AND ", where, " AND ",
                              after.where, " ORDER BY ", filter::OrderBySql(query.order), " LIMIT ?"),
                 params));
  std::vector<ListedPlan> plans;
  plans.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    ListedPlan listed;
    DOCKET_ASSIGN_OR_RETURN(listed.plan, PlanFromRow(row));
    for (const filter::OrderTerm& term : query.order) listed.key.push_back(SortValue(listed.plan, term));
    plans.push_back(std::move(listed));
  }
  return plans;
}

}  // namespace docket::scheduling
