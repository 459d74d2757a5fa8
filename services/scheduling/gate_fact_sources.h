// Gathers what the gate decides on: from this service's tables and from the services that must answer now.
#ifndef DOCKET_SERVICES_SCHEDULING_GATE_FACT_SOURCES_H_
#define DOCKET_SERVICES_SCHEDULING_GATE_FACT_SOURCES_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "services/scheduling/evidence_store.h"
#include "services/scheduling/gate.h"
#include "services/scheduling/gate_sources.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/scheduling_service.h"
#include "services/scheduling/slot_store.h"
#include "services/scheduling/work_order_store.h"

namespace docket::scheduling {

// Thread-safe. Environment and sources must outlive it.
class GateFactsGatherer {
 public:
  GateFactsGatherer(const Environment& environment, GateSources& sources)
      : environment_(environment), sources_(sources) {}

  // No transaction and no connection is held while other services are asked; who acts on the decision checks in a
  // transaction that the plan has not changed since. NOT_FOUND where there is no such plan; the database's errors. What
  // other services do not answer is a fact, not an error.
  absl::StatusOr<GateFacts> Gather(const rpc::CallContext& context, const PlanKey& key,
                                   std::optional<DeploymentQuestion> question) const;

 private:
  const Environment& environment_;
  GateSources& sources_;
  PlanStore plans_;
  SlotStore slots_;
  EvidenceStore evidence_;
  WorkOrderStore work_orders_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_GATE_FACT_SOURCES_H_
