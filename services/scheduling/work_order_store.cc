#include "services/scheduling/work_order_store.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::scheduling {
namespace {

constexpr char kSelect[] =
    "SELECT organization_id, plan_id, work_order_id, sequence, title, instructions, assignee, dependencies, state, "
    "planned_start_us, planned_end_us, actual_start_us, actual_end_us, result, content_sha256, create_time_us, "
    "update_time_us, revision FROM work_order WHERE organization_id = ? AND plan_id = ? AND work_order_id = ?";

constexpr char kList[] =
    "SELECT organization_id, plan_id, work_order_id, sequence, title, instructions, assignee, dependencies, state, "
    "planned_start_us, planned_end_us, actual_start_us, actual_end_us, result, content_sha256, create_time_us, "
    "update_time_us, revision FROM work_order WHERE organization_id = ? AND plan_id = ? AND sequence > ? "
    "ORDER BY sequence LIMIT ?";

constexpr char kOutlines[] =
    "SELECT work_order_id, state, content_sha256 FROM work_order WHERE organization_id = ? AND plan_id = ? "
    "ORDER BY sequence";

constexpr char kInsert[] =
    "INSERT INTO work_order (organization_id, plan_id, work_order_id, sequence, title, instructions, assignee, "
    "dependencies, state, planned_start_us, planned_end_us, actual_start_us, actual_end_us, result, content_sha256, "
    "create_time_us, update_time_us, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr char kUpdate[] =
    "UPDATE work_order SET state = ?, actual_start_us = ?, actual_end_us = ?, result = ?, update_time_us = ?, "
    "revision = ? WHERE organization_id = ? AND plan_id = ? AND work_order_id = ? AND revision = ?";

constexpr char kCancelOpen[] =
    "UPDATE work_order SET state = ?, update_time_us = ?, revision = revision + 1 "
    "WHERE organization_id = ? AND plan_id = ? AND state IN (?, ?)";

std::optional<absl::Time> OptionalTime(const mysql::Row& row, size_t column) {
  const std::optional<int64_t> micros = row.OptionalInt(column);
  if (!micros.has_value()) return std::nullopt;
  return absl::FromUnixMicros(*micros);
}

mysql::Value Micros(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return {};
  return absl::ToUnixMicros(*time);
}

WorkOrder WorkOrderFromRow(const mysql::Row& row) {
  WorkOrder order;
  order.organization_id = row.Text(0);
  order.plan_id = row.Text(1);
  order.id = FormatUuid(row.Text(2));
  order.sequence = static_cast<int>(row.Int(3));
  order.title = row.Text(4);
  order.instructions = row.Text(5);
  order.assignee = row.Text(6);
  const std::string dependencies = row.Text(7);
  for (size_t i = 0; i + kUuidBytes <= dependencies.size(); i += kUuidBytes) {
    order.dependencies.push_back(FormatUuid(absl::string_view(dependencies).substr(i, kUuidBytes)));
  }
  order.state = static_cast<WorkOrderState>(row.Int(8));
  order.planned_start_time = OptionalTime(row, 9);
  order.planned_end_time = OptionalTime(row, 10);
  order.actual_start_time = OptionalTime(row, 11);
  order.actual_end_time = OptionalTime(row, 12);
  order.result = row.Text(13);
  order.content_sha256 = absl::BytesToHexString(row.Text(14));
  order.create_time = absl::FromUnixMicros(row.Int(15));
  order.update_time = absl::FromUnixMicros(row.Int(16));
  order.revision = row.Int(17);
  return order;
}

// `query` runs one statement, in a transaction or outside.
template <typename Query>
absl::StatusOr<WorkOrder> LoadOne(const PlanKey& plan, absl::string_view id, Query query) {
  const std::optional<std::string> raw = ParseUuid(id);
  if (!raw.has_value()) return NotFoundError(WorkOrderName(plan.organization_id, plan.plan_id, id));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          query(mysql::Params{plan.organization_id, plan.plan_id, *raw}));
  if (rows.empty()) return NotFoundError(WorkOrderName(plan.organization_id, plan.plan_id, id));
  return WorkOrderFromRow(rows.front());
}

std::vector<WorkOrderOutline> OutlinesFromRows(const std::vector<mysql::Row>& rows) {
  std::vector<WorkOrderOutline> outlines;
  outlines.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    outlines.push_back({.id = FormatUuid(row.Text(0)),
                        .state = static_cast<WorkOrderState>(row.Int(1)),
                        .content_sha256 = absl::BytesToHexString(row.Text(2))});
  }
  return outlines;
}

std::string DependencyBytes(const WorkOrder& order) {
  std::string bytes;
  for (const std::string& id : order.dependencies) bytes += ParseUuid(id).value_or("");
  return bytes;
}

}  // namespace

absl::StatusOr<WorkOrder> WorkOrderStore::Load(mysql::Pool& pool, absl::Time deadline, const PlanKey& plan,
                                               absl::string_view id) const {
  return LoadOne(plan, id, [&](const mysql::Params& params) { return pool.Query(deadline, kSelect, params); });
}

absl::StatusOr<WorkOrder> WorkOrderStore::Load(mysql::Transaction& transaction, const PlanKey& plan,
                                               absl::string_view id) const {
  return LoadOne(plan, id, [&](const mysql::Params& params) { return transaction.Query(kSelect, params); });
}

absl::StatusOr<std::vector<WorkOrderOutline>> WorkOrderStore::Outlines(mysql::Pool& pool, absl::Time deadline,
                                                                       const PlanKey& plan) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          pool.Query(deadline, kOutlines, mysql::Params{plan.organization_id, plan.plan_id}));
  return OutlinesFromRows(rows);
}

absl::StatusOr<std::vector<WorkOrderOutline>> WorkOrderStore::Outlines(mysql::Transaction& transaction,
                                                                       const PlanKey& plan) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          transaction.Query(kOutlines, mysql::Params{plan.organization_id, plan.plan_id}));
  return OutlinesFromRows(rows);
}

absl::StatusOr<std::vector<WorkOrder>> WorkOrderStore::List(mysql::Pool& pool, absl::Time deadline, const PlanKey& plan,
                                                            int after_sequence, int limit) const {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<mysql::Row> rows,
      pool.Query(deadline, kList, mysql::Params{plan.organization_id, plan.plan_id, after_sequence, limit}));
  std::vector<WorkOrder> orders;
  orders.reserve(rows.size());
  for (const mysql::Row& row : rows) orders.push_back(WorkOrderFromRow(row));
  return orders;
}

absl::Status WorkOrderStore::Insert(mysql::Transaction& transaction, const WorkOrder& order) const {
  const std::optional<std::string> id = ParseUuid(order.id);
  if (!id.has_value()) return InternalError("a work order's identifier is a UUID");
  return transaction
      .Execute(kInsert,
               mysql::Params{order.organization_id, order.plan_id, *id, order.sequence, order.title, order.instructions,
                             order.assignee, DependencyBytes(order), static_cast<int>(order.state),
                             Micros(order.planned_start_time), Micros(order.planned_end_time),
                             Micros(order.actual_start_time), Micros(order.actual_end_time), order.result,
                             absl::HexStringToBytes(order.content_sha256), absl::ToUnixMicros(order.create_time),
                             absl::ToUnixMicros(order.update_time), order.revision})
      .status();
}

absl::Status WorkOrderStore::Save(mysql::Transaction& transaction, WorkOrder& order, absl::Time now) const {
  const int64_t read_revision = order.revision;
  order.revision += 1;
  order.update_time = now;
  return transaction.ExecuteExpectingOne(
      kUpdate,
      mysql::Params{static_cast<int>(order.state), Micros(order.actual_start_time), Micros(order.actual_end_time),
                    order.result, absl::ToUnixMicros(order.update_time), order.revision, order.organization_id,
                    order.plan_id, ParseUuid(order.id).value_or(""), read_revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
            "the work order was changed meanwhile; try again"));
}

absl::StatusOr<int64_t> WorkOrderStore::CancelOpen(mysql::Transaction& transaction, const PlanKey& plan,
                                                   absl::Time now) const {
  return transaction.Execute(
      kCancelOpen, mysql::Params{static_cast<int>(WorkOrderState::kCancelled), absl::ToUnixMicros(now),
                                 plan.organization_id, plan.plan_id, static_cast<int>(WorkOrderState::kPending),
                                 static_cast<int>(WorkOrderState::kInProgress)});
}

}  // namespace docket::scheduling
