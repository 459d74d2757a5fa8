// docket.scheduling.v1.ExecutionService.
#ifndef DOCKET_SERVICES_SCHEDULING_EXECUTION_SERVICE_H_
#define DOCKET_SERVICES_SCHEDULING_EXECUTION_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/scheduling/v1/execution_service.pb.h"
#include "services/scheduling/gate_fact_sources.h"
#include "services/scheduling/gate_sources.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/scheduling_service.h"
#include "services/scheduling/slot_store.h"
#include "services/scheduling/work_order_store.h"

namespace docket::scheduling {

// Thread-safe. Environment and sources must outlive it.
class ExecutionService {
 public:
  ExecutionService(const Environment& environment, GateSources& sources)
      : environment_(environment), gatherer_(environment, sources) {}
  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::GateDecision> CheckDeployment(const rpc::CallContext& context,
                                                   const v1::CheckDeploymentRequest& request);
  absl::StatusOr<v1::Plan> StartImplementation(const rpc::CallContext& context,
                                               const v1::StartImplementationRequest& request);
  absl::StatusOr<v1::Plan> AcceptImplementation(const rpc::CallContext& context,
                                                const v1::AcceptImplementationRequest& request);
  absl::StatusOr<v1::Plan> RollBackImplementation(const rpc::CallContext& context,
                                                  const v1::RollBackImplementationRequest& request);

  // Leaves the decision as an event. A decision that cannot be recorded is not given.
  absl::Status RecordDecision(const rpc::CallContext& context, const GateFacts& facts, const GateDecision& decision);
  // The CONFLICT check once more, under the locks of the plan's systems: two plans that the gate let through at the
  // same moment do not both begin.
  absl::Status CheckNobodyHolds(mysql::Transaction& transaction, const Plan& plan, absl::Time now) const;

  const Environment& environment_;
  const GateFactsGatherer gatherer_;
  PlanStore plans_;
  SlotStore slots_;
  WorkOrderStore work_orders_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_EXECUTION_SERVICE_H_
