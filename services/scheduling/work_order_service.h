// docket.scheduling.v1.WorkOrderService.
#ifndef DOCKET_SERVICES_SCHEDULING_WORK_ORDER_SERVICE_H_
#define DOCKET_SERVICES_SCHEDULING_WORK_ORDER_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/scheduling/v1/work_order_service.pb.h"
#include "services/scheduling/plan_edit_store.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/scheduling_service.h"
#include "services/scheduling/work_order_store.h"

namespace docket::scheduling {

// Thread-safe. The environment must outlive it.
class WorkOrderService {
 public:
  explicit WorkOrderService(const Environment& environment) : environment_(environment) {}
  void Register(rpc::MethodTable& table);

 private:
  // Whether a transition may happen while the change is on hold: what only reports may.
  enum class WhileHeld { kRefused, kAllowed };
  // Moves the order, and the plan with it where the plan follows.
  using Transition = absl::FunctionRef<absl::Status(WorkOrder& order, Plan& plan,
                                                    absl::Span<const WorkOrderOutline> all, absl::Time now)>;

  absl::StatusOr<v1::WorkOrder> CreateWorkOrder(const rpc::CallContext& context,
                                                const v1::CreateWorkOrderRequest& request);
  absl::StatusOr<v1::WorkOrder> GetWorkOrder(const rpc::CallContext& context, const v1::GetWorkOrderRequest& request);
  absl::StatusOr<v1::ListWorkOrdersResponse> ListWorkOrders(const rpc::CallContext& context,
                                                            const v1::ListWorkOrdersRequest& request);
  absl::StatusOr<v1::WorkOrder> StartWorkOrder(const rpc::CallContext& context,
                                               const v1::StartWorkOrderRequest& request);
  absl::StatusOr<v1::WorkOrder> CompleteWorkOrder(const rpc::CallContext& context,
                                                  const v1::CompleteWorkOrderRequest& request);
  absl::StatusOr<v1::WorkOrder> FailWorkOrder(const rpc::CallContext& context, const v1::FailWorkOrderRequest& request);

  // What the three have in common: existence, assignee, etag, the transition, both rows, the events.
  absl::StatusOr<v1::WorkOrder> Move(const rpc::CallContext& context, const std::string& name, const std::string& etag,
                                     WhileHeld while_held, Transition transition);

  const Environment& environment_;
  PlanStore plans_;
  WorkOrderStore work_orders_;
  PlanEditStore edit_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_WORK_ORDER_SERVICE_H_
