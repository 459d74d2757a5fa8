#include "services/scheduling/gate_fact_sources.h"

#include <utility>

#include "common/change_hold/hold_store.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_content.h"

namespace docket::scheduling {

absl::StatusOr<GateFacts> GateFactsGatherer::Gather(const rpc::CallContext& context, const PlanKey& key,
                                                    std::optional<DeploymentQuestion> question) const {
  GateFacts facts;
  facts.question = std::move(question);
  // The plan first: what is read after it can only be newer, and a newer plan has another revision.
  DOCKET_ASSIGN_OR_RETURN(facts.plan, plans_.Load(environment_.pool, context.deadline(), key));
  if (facts.plan.IsPreauthorized()) {
    facts.preauthorization = sources_.AskPreauthorization(context, facts.plan);
  } else {
    facts.evaluation = sources_.AskEvaluation(context, facts.plan);
  }
  facts.filing = sources_.AskRegister(context, facts.plan);
  DOCKET_ASSIGN_OR_RETURN(facts.work_orders, work_orders_.Outlines(environment_.pool, context.deadline(), key));
  facts.content_sha256 = PlanContentSha256(facts.plan, DigestsOf(facts.work_orders));
  DOCKET_ASSIGN_OR_RETURN(facts.evidence, evidence_.Outlines(environment_.pool, context.deadline(), key));
  DOCKET_ASSIGN_OR_RETURN(facts.hold, FindHold(environment_.pool, context.deadline(), facts.plan.RequestName()));
  facts.now = environment_.Now();
  DOCKET_ASSIGN_OR_RETURN(facts.conflicts,
                          slots_.FindHolders(environment_.pool, context.deadline(), facts.plan, facts.now));
  return facts;
}

}  // namespace docket::scheduling
