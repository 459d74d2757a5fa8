#include "services/scheduling/work_order_service.h"

#include <utility>
#include <vector>

#include "common/change_hold/hold_store.h"
#include "common/identifier/uuid.h"
#include "common/page_token/page_fill.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_content.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/scheduling_events.h"
#include "services/scheduling/sequence_page.h"
#include "services/scheduling/work_order_proto.h"

namespace docket::scheduling {

void WorkOrderService::Register(rpc::MethodTable& table) {
  table.Service("docket.scheduling.v1.WorkOrderService");
  table.Unary("docket.scheduling.v1.WorkOrderService/CreateWorkOrder", this, &WorkOrderService::CreateWorkOrder);
  table.Unary("docket.scheduling.v1.WorkOrderService/GetWorkOrder", this, &WorkOrderService::GetWorkOrder);
  table.Unary("docket.scheduling.v1.WorkOrderService/ListWorkOrders", this, &WorkOrderService::ListWorkOrders);
  table.Unary("docket.scheduling.v1.WorkOrderService/StartWorkOrder", this, &WorkOrderService::StartWorkOrder);
  table.Unary("docket.scheduling.v1.WorkOrderService/CompleteWorkOrder", this, &WorkOrderService::CompleteWorkOrder);
  table.Unary("docket.scheduling.v1.WorkOrderService/FailWorkOrder", this, &WorkOrderService::FailWorkOrder);
}

absl::StatusOr<v1::WorkOrder> WorkOrderService::CreateWorkOrder(const rpc::CallContext& context,
                                                                const v1::CreateWorkOrderRequest& request) {
  const PlanKey key = PlanKey::Of(request.parent());
  return environment_.mutations.Run<v1::WorkOrder>(
      context, {.resource = request.parent(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::WorkOrder> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        const Plan before = plan;
        DOCKET_ASSIGN_OR_RETURN(const bool voided, AddWorkOrder(plan));
        DOCKET_ASSIGN_OR_RETURN(WorkOrder order, FromProto(key, request.work_order()));
        DOCKET_ASSIGN_OR_RETURN(const std::vector<WorkOrderOutline> existing, work_orders_.Outlines(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckNewWorkOrder(order, existing));
        const absl::Time now = environment_.Now();
        order.id = FormatUuid(environment_.uuids.Next());
        order.sequence = plan.work_orders;
        order.content_sha256 = WorkOrderSha256(order);
        order.create_time = now;
        order.update_time = now;
        order.revision = 1;
        DOCKET_RETURN_IF_ERROR(work_orders_.Insert(transaction, order));
        DOCKET_RETURN_IF_ERROR(edit_.Save(transaction, before, plan, voided, "work order", now, recorder));
        RecordWorkOrderCreated(recorder, plan, order);
        return ToProto(order);
      });
}

absl::StatusOr<v1::WorkOrder> WorkOrderService::GetWorkOrder(const rpc::CallContext& context,
                                                             const v1::GetWorkOrderRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const WorkOrder order,
                          work_orders_.Load(environment_.pool, context.deadline(), PlanKey::OfParent(request.name()),
                                            LastId(request.name())));
  return ToProto(order);
}

absl::StatusOr<v1::ListWorkOrdersResponse> WorkOrderService::ListWorkOrders(const rpc::CallContext& context,
                                                                            const v1::ListWorkOrdersRequest& request) {
  FieldViolations violations;
  const int page_size = PageSize(request.page_size(), violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  const PlanKey key = PlanKey::Of(request.parent());
  DOCKET_RETURN_IF_ERROR(plans_.Load(environment_.pool, context.deadline(), key).status());
  const std::string fingerprint = QueryFingerprint({"ListWorkOrders", request.parent()});
  DOCKET_ASSIGN_OR_RETURN(int last, DecodeSequence(environment_.page_tokens, request.page_token(), fingerprint));

  v1::ListWorkOrdersResponse response;
  DOCKET_ASSIGN_OR_RETURN(
      const bool more,
      FillPage(
          page_size,
          [&](int limit) { return work_orders_.List(environment_.pool, context.deadline(), key, last, limit); },
          [&](const WorkOrder& order) {
            last = order.sequence;
            v1::WorkOrder& added = *response.add_work_orders();
            added = ToProto(order);
            return added.ByteSizeLong();
          }));
  if (more) response.set_next_page_token(EncodeSequence(environment_.page_tokens, last, fingerprint));
  return response;
}

absl::StatusOr<v1::WorkOrder> WorkOrderService::StartWorkOrder(const rpc::CallContext& context,
                                                               const v1::StartWorkOrderRequest& request) {
  return Move(context, request.name(), request.etag(), WhileHeld::kRefused,
              [&](WorkOrder& order, Plan& plan, absl::Span<const WorkOrderOutline> all, absl::Time now) {
                DOCKET_RETURN_IF_ERROR(scheduling::StartWorkOrder(order, plan, all, now));
                AddImplementer(plan, order.assignee);
                return absl::OkStatus();
              });
}

absl::StatusOr<v1::WorkOrder> WorkOrderService::CompleteWorkOrder(const rpc::CallContext& context,
                                                                  const v1::CompleteWorkOrderRequest& request) {
  return Move(context, request.name(), request.etag(), WhileHeld::kAllowed,
              [&](WorkOrder& order, Plan& plan, absl::Span<const WorkOrderOutline> all, absl::Time now) {
                DOCKET_RETURN_IF_ERROR(scheduling::CompleteWorkOrder(order, plan, request.result(), now));
                return IsLastOpen(order, all) ? CompleteImplementation(plan, now) : absl::OkStatus();
              });
}

absl::StatusOr<v1::WorkOrder> WorkOrderService::FailWorkOrder(const rpc::CallContext& context,
                                                              const v1::FailWorkOrderRequest& request) {
  return Move(context, request.name(), request.etag(), WhileHeld::kAllowed,
              [&](WorkOrder& order, Plan& plan, absl::Span<const WorkOrderOutline>, absl::Time now) {
                return scheduling::FailWorkOrder(order, plan, request.result(), now);
              });
}

absl::StatusOr<v1::WorkOrder> WorkOrderService::Move(const rpc::CallContext& context, const std::string& name,
                                                     const std::string& etag, WhileHeld while_held,
                                                     Transition transition) {
  const PlanKey key = PlanKey::OfParent(name);
  return environment_.mutations.Run<v1::WorkOrder>(
      context, {.resource = name, .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::WorkOrder> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_ASSIGN_OR_RETURN(WorkOrder order, work_orders_.Load(transaction, key, LastId(name)));
        DOCKET_RETURN_IF_ERROR(CheckAssignee(order, ToCaller(context.principal())));
        DOCKET_RETURN_IF_ERROR(CheckEtag(order.revision, etag));
        DOCKET_ASSIGN_OR_RETURN(const std::vector<WorkOrderOutline> all, work_orders_.Outlines(transaction, key));
        if (while_held == WhileHeld::kRefused) DOCKET_RETURN_IF_ERROR(CheckNotHeld(transaction, plan.RequestName()));
        const Plan plan_before = plan;
        const WorkOrder before = order;
        const absl::Time now = environment_.Now();
        DOCKET_RETURN_IF_ERROR(transition(order, plan, all, now));
        DOCKET_RETURN_IF_ERROR(work_orders_.Save(transaction, order, now));
        // The plan's row is written even where nothing of it changed: two orders of one plan that end at the same
        // moment on two nodes of a cluster must collide, or neither would see that it was the last.
        DOCKET_RETURN_IF_ERROR(plans_.Save(transaction, plan, now));
        RecordWorkOrderMoved(recorder, plan, before, order);
        if (plan.state == PlanState::kImplemented) RecordImplementationCompleted(recorder, plan_before, plan);
        return ToProto(order);
      });
}

}  // namespace docket::scheduling
