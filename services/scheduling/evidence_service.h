// docket.scheduling.v1.EvidenceService.
#ifndef DOCKET_SERVICES_SCHEDULING_EVIDENCE_SERVICE_H_
#define DOCKET_SERVICES_SCHEDULING_EVIDENCE_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/scheduling/v1/evidence_service.pb.h"
#include "services/scheduling/evidence_store.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/scheduling_service.h"

namespace docket::scheduling {

// Thread-safe. The environment must outlive it.
class EvidenceService {
 public:
  explicit EvidenceService(const Environment& environment) : environment_(environment) {}
  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::Evidence> CreateEvidence(const rpc::CallContext& context,
                                              const v1::CreateEvidenceRequest& request);
  absl::StatusOr<v1::ListEvidenceResponse> ListEvidence(const rpc::CallContext& context,
                                                        const v1::ListEvidenceRequest& request);

  const Environment& environment_;
  PlanStore plans_;
  EvidenceStore evidence_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_EVIDENCE_SERVICE_H_
