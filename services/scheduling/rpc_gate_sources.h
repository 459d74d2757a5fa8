// Asks evaluation (docket.evaluation.v1), the templates (docket.request.v1) and the register (docket.audit.v1) over
// gRPC, as the scheduling service itself.
#ifndef DOCKET_SERVICES_SCHEDULING_RPC_GATE_SOURCES_H_
#define DOCKET_SERVICES_SCHEDULING_RPC_GATE_SOURCES_H_

#include <memory>

#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "services/scheduling/gate_sources.h"

namespace docket::scheduling {

class RpcGateSources final : public GateSources {
 public:
  // Each question gets `limit`, or what is left of the call that asks, whichever is less.
  RpcGateSources(std::shared_ptr<rpc::Channel> evaluation, std::shared_ptr<rpc::Channel> request,
                 std::shared_ptr<rpc::Channel> audit, absl::Duration limit = absl::Seconds(2));

  absl::StatusOr<EvaluationApproval> AskEvaluation(const rpc::CallContext& context, const Plan& plan) override;
  absl::StatusOr<Preauthorization> AskPreauthorization(const rpc::CallContext& context, const Plan& plan) override;
  absl::StatusOr<std::optional<LatestFiling>> AskRegister(const rpc::CallContext& context, const Plan& plan) override;

 private:
  const std::shared_ptr<rpc::Channel> evaluation_;
  const std::shared_ptr<rpc::Channel> request_;
  const std::shared_ptr<rpc::Channel> audit_;
  const absl::Duration limit_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_RPC_GATE_SOURCES_H_
