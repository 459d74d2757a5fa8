// The handlers of docket.audit.v1.WitnessService.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/mutation/mutation.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/witness_service.pb.h"
#include "services/audit/log_store.h"
#include "services/audit/witness/cosigned_checkpoints.h"

namespace docket::audit {

class WitnessService {
 public:
  // All must outlive it.
  struct Parts {
    const LogStore* log = nullptr;
    const CosignedCheckpoints* checkpoints = nullptr;
    Mutations* mutations = nullptr;
  };
  explicit WitnessService(Parts parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::Cosignature> AddCosignature(const rpc::CallContext& context,
                                                 const v1::AddCosignatureRequest& request);

 private:
  const Parts parts_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_SERVICE_H_
