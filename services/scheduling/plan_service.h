// docket.scheduling.v1.PlanService.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_SERVICE_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/schema.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/scheduling/v1/plan_service.pb.h"
#include "services/scheduling/plan_edit_store.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/scheduling_service.h"
#include "services/scheduling/slot_store.h"

namespace docket::scheduling {

// Thread-safe. The environment must outlive it.
class PlanService {
 public:
  explicit PlanService(const Environment& environment) : environment_(environment) {}
  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::Plan> GetPlan(const rpc::CallContext& context, const v1::GetPlanRequest& request);
  absl::StatusOr<v1::ListPlansResponse> ListPlans(const rpc::CallContext& context, const v1::ListPlansRequest& request);
  absl::StatusOr<v1::Plan> FillSection(const rpc::CallContext& context, const v1::FillSectionRequest& request);
  absl::StatusOr<v1::Plan> ReserveSlot(const rpc::CallContext& context, const v1::ReserveSlotRequest& request);
  absl::StatusOr<v1::Plan> ReleaseSlot(const rpc::CallContext& context, const v1::ReleaseSlotRequest& request);
  absl::StatusOr<v1::Plan> ApprovePlan(const rpc::CallContext& context, const v1::ApprovePlanRequest& request);

  const Environment& environment_;
  const filter::Schema schema_ = MakePlanSchema();
  PlanStore plans_;
  SlotStore slots_;
  PlanEditStore edit_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_SERVICE_H_
