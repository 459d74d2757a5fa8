#include "services/scheduling/work_order_proto.h"

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "services/scheduling/plan_proto.h"

namespace docket::scheduling {
namespace {

static_assert(static_cast<int>(WorkOrderState::kPending) == v1::WorkOrder::STATE_PENDING);
static_assert(static_cast<int>(WorkOrderState::kCancelled) == v1::WorkOrder::STATE_CANCELLED);

}  // namespace

v1::WorkOrder ToProto(const WorkOrder& order) {
  v1::WorkOrder proto;
  proto.set_name(order.Name());
  proto.set_title(order.title);
  proto.set_instructions(order.instructions);
  proto.set_assignee(order.assignee);
  for (const std::string& dependency : order.dependencies) {
    proto.add_dependencies(WorkOrderName(order.organization_id, order.plan_id, dependency));
  }
  proto.set_state(static_cast<v1::WorkOrder::State>(order.state));
  if (order.planned_start_time.has_value()) *proto.mutable_planned_start_time() = ToProto(*order.planned_start_time);
  if (order.planned_end_time.has_value()) *proto.mutable_planned_end_time() = ToProto(*order.planned_end_time);
  if (order.actual_start_time.has_value()) *proto.mutable_actual_start_time() = ToProto(*order.actual_start_time);
  if (order.actual_end_time.has_value()) *proto.mutable_actual_end_time() = ToProto(*order.actual_end_time);
  proto.set_result(order.result);
  *proto.mutable_create_time() = ToProto(order.create_time);
  *proto.mutable_update_time() = ToProto(order.update_time);
  proto.set_revision(order.revision);
  proto.set_etag(order.Etag());
  return proto;
}

absl::StatusOr<WorkOrder> FromProto(const PlanKey& plan, const v1::WorkOrder& proto) {
  WorkOrder order;
  order.organization_id = plan.organization_id;
  order.plan_id = plan.plan_id;
  order.title = proto.title();
  order.instructions = proto.instructions();
  order.assignee = proto.assignee();
  for (const std::string& dependency : proto.dependencies()) {
    if (ParentOf(dependency) != plan.Name()) {
      return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                   absl::StrCat(dependency, " belongs to another plan"), {{"resource", dependency}});
    }
    order.dependencies.push_back(LastId(dependency));
  }
  if (proto.has_planned_start_time()) order.planned_start_time = FromProto(proto.planned_start_time());
  if (proto.has_planned_end_time()) order.planned_end_time = FromProto(proto.planned_end_time());
  return order;
}

}  // namespace docket::scheduling
