// The handlers of docket.audit.v1.VerificationService.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_VERIFICATION_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_VERIFICATION_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/verification_service.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_guard.h"
#include "services/audit/scrub/scrubber.h"

namespace docket::audit {

class VerificationService {
 public:
  // All must outlive it.
  VerificationService(const Scrubber& scrubber, const LogGuard& guard, Checkpointer& checkpointer)
      : scrubber_(scrubber), guard_(guard), checkpointer_(checkpointer) {}

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::VerificationStatus> GetVerificationStatus(const rpc::CallContext& context,
                                                               const v1::GetVerificationStatusRequest& request);

 private:
  const Scrubber& scrubber_;
  const LogGuard& guard_;
  Checkpointer& checkpointer_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_VERIFICATION_SERVICE_H_
