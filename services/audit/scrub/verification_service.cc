#include "services/audit/scrub/verification_service.h"

#include <string>

#include "absl/time/time.h"
#include "services/audit/log_proto.h"
#include "services/audit/scrub/verification_proto.h"

namespace docket::audit {

void VerificationService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.VerificationService/GetVerificationStatus", this,
              &VerificationService::GetVerificationStatus);
}

absl::StatusOr<v1::VerificationStatus> VerificationService::GetVerificationStatus(
    const rpc::CallContext& context, const v1::GetVerificationStatusRequest&) {
  const std::string reason = guard_.reason();
  v1::VerificationStatus status = ToProto(scrubber_.report());
  status.set_state(reason.empty() ? v1::VerificationStatus::STATE_OPEN : v1::VerificationStatus::STATE_FROZEN);
  status.set_reason(reason);
  if (reason.empty()) return status;
  // Whether there is one or not, the state is what was asked for.
  const absl::StatusOr<SignedCheckpoint> good = checkpointer_.ForProofs(context.deadline());
  if (good.ok()) *status.mutable_last_good_checkpoint() = ToProto(*good);
  return status;
}

}  // namespace docket::audit
