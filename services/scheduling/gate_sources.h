// The questions of the execution gate that other services answer.
#ifndef DOCKET_SERVICES_SCHEDULING_GATE_SOURCES_H_
#define DOCKET_SERVICES_SCHEDULING_GATE_SOURCES_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "services/scheduling/gate.h"

namespace docket::scheduling {

// Thread-safe. Answers are never remembered: they must be true now. An error means that the question has no answer, and
// the gate says no.
class GateSources {
 public:
  virtual ~GateSources() = default;

  // Does management's approval stand?
  virtual absl::StatusOr<EvaluationApproval> AskEvaluation(const rpc::CallContext& context, const Plan& plan) = 0;

  // Of a standard change, instead: does its preauthorisation stand?
  virtual absl::StatusOr<Preauthorization> AskPreauthorization(const rpc::CallContext& context, const Plan& plan) = 0;

  // The newest filing of the plan; nothing where it was never filed.
  virtual absl::StatusOr<std::optional<LatestFiling>> AskRegister(const rpc::CallContext& context,
                                                                  const Plan& plan) = 0;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_GATE_SOURCES_H_
