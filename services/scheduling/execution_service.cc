#include "services/scheduling/execution_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/change_hold/hold_store.h"
#include "common/events/outbox.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/scheduling/gate_proto.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/scheduling_events.h"

namespace docket::scheduling {
namespace {

// When a service that the gate has to ask is away.
constexpr absl::Duration kAskAgainAfter = absl::Seconds(1);

absl::Status GateDenied(absl::string_view denied_by, absl::string_view details) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_GATE_DENIED,
               absl::StrCat("the gate says no: ", details), {{"denied_by", std::string(denied_by)}});
}

// What a decision that lets nothing through is to the caller: a refusal, or an outage to be waited for.
absl::Status Refusal(const GateDecision& decision) {
  std::string details;
  for (const GateCheck& check : decision.checks) {
    if (check.passed) continue;
    absl::StrAppend(&details, details.empty() ? "" : "; ", GateCheckKindName(check.kind), " (", check.detail, ")");
  }
  if (decision.MayPass()) {
    return WithRetryDelay(Error(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE,
                                absl::StrCat("the gate cannot be asked: ", details)),
                          kAskAgainAfter);
  }
  return GateDenied(absl::StrJoin(decision.DeniedBy(), ","), details);
}

// Whether the plan is still the one that the gate saw.
absl::Status CheckUnchanged(const Plan& now, const Plan& seen) {
  if (now.revision == seen.revision && now.content_sha256 == seen.content_sha256 && now.evidence == seen.evidence) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
               "the plan or its evidence changed while the gate was being asked; try again");
}

absl::Status CheckQuestion(const v1::CheckDeploymentRequest& request) {
  FieldViolations violations;
  if (request.system().empty()) {
    violations.Require(request.component().empty(), "component", "must be empty without system");
    violations.Require(request.version().empty(), "version", "must be empty without system");
  } else {
    violations.Require(!request.version().empty(), "version", "must be set with system");
  }
  return violations.ToStatus();
}

}  // namespace

void ExecutionService::Register(rpc::MethodTable& table) {
  table.Service("docket.scheduling.v1.ExecutionService");
  table.Unary("docket.scheduling.v1.ExecutionService/CheckDeployment", this, &ExecutionService::CheckDeployment);
  table.Unary("docket.scheduling.v1.ExecutionService/StartImplementation", this,
              &ExecutionService::StartImplementation);
  table.Unary("docket.scheduling.v1.ExecutionService/AcceptImplementation", this,
              &ExecutionService::AcceptImplementation);
  table.Unary("docket.scheduling.v1.ExecutionService/RollBackImplementation", this,
              &ExecutionService::RollBackImplementation);
}

absl::StatusOr<v1::GateDecision> ExecutionService::CheckDeployment(const rpc::CallContext& context,
                                                                   const v1::CheckDeploymentRequest& request) {
  DOCKET_RETURN_IF_ERROR(CheckQuestion(request));
  DOCKET_ASSIGN_OR_RETURN(const GateFacts facts, gatherer_.Gather(context, PlanKey::Of(request.plan()),
                                                                  DeploymentQuestion{.system = request.system(),
                                                                                     .component = request.component(),
                                                                                     .version = request.version()}));
  const GateDecision decision = Decide(facts);
  DOCKET_RETURN_IF_ERROR(RecordDecision(context, facts, decision));
  return ToProto(decision, facts);
}

absl::Status ExecutionService::RecordDecision(const rpc::CallContext& context, const GateFacts& facts,
                                              const GateDecision& decision) {
  events::EventRecorder recorder(std::string(kSource), events::Origin::FromCall(context), environment_.clock,
                                 environment_.uuids);
  RecordGateDecided(recorder, facts.plan, decision);
  DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(
      environment_.pool, context.deadline(),
      [&](mysql::Transaction& transaction) { return events::AppendToOutbox(transaction, recorder.events()); }));
  environment_.wake_relay();
  return absl::OkStatus();
}

absl::Status ExecutionService::CheckNobodyHolds(mysql::Transaction& transaction, const Plan& plan,
                                                absl::Time now) const {
  DOCKET_RETURN_IF_ERROR(slots_.LockSystems(transaction, plan));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<SlotConflict> holders, slots_.FindHolders(transaction, plan, now));
  if (holders.empty()) return absl::OkStatus();
  return GateDenied(GateCheckKindName(GateCheckKind::kConflict), DescribeConflict(holders.front()));
}

absl::StatusOr<v1::Plan> ExecutionService::StartImplementation(const rpc::CallContext& context,
                                                               const v1::StartImplementationRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  DOCKET_ASSIGN_OR_RETURN(const GateFacts facts, gatherer_.Gather(context, key, std::nullopt));
  const GateDecision decision = Decide(facts);
  // The refusal is returned from within the mutation, which leaves it in the trail.
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const Plan before = plan;
        const absl::Time now = environment_.Now();
        DOCKET_RETURN_IF_ERROR(CheckUnchanged(plan, facts.plan));
        // One that has begun cannot begin again. A draft is told everything that is missing, which says more than its
        // state.
        const absl::Status started = scheduling::StartImplementation(plan, now);
        if (!started.ok() && plan.state != PlanState::kDraft) return started;
        if (!decision.allowed) return Refusal(decision);
        DOCKET_RETURN_IF_ERROR(started);
        DOCKET_RETURN_IF_ERROR(CheckNotHeld(transaction, plan.RequestName()));
        DOCKET_RETURN_IF_ERROR(CheckNobodyHolds(transaction, plan, now));
        DOCKET_RETURN_IF_ERROR(plans_.Save(transaction, plan, now));
        RecordGateDecided(recorder, before, decision);
        RecordImplementationStarted(recorder, before, plan);
        return ToProto(plan);
      });
}

absl::StatusOr<v1::Plan> ExecutionService::AcceptImplementation(const rpc::CallContext& context,
                                                                const v1::AcceptImplementationRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckMayAccept(plan, ToCaller(context.principal())));
        DOCKET_RETURN_IF_ERROR(CheckNotHeld(transaction, plan.RequestName()));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const Plan before = plan;
        DOCKET_RETURN_IF_ERROR(Accept(plan, context.principal().name(), request.comment()));
        // What is left of the slot is free for others; the plan keeps it as history.
        DOCKET_RETURN_IF_ERROR(slots_.Release(transaction, plan));
        DOCKET_RETURN_IF_ERROR(plans_.Save(transaction, plan, environment_.Now()));
        RecordImplementationAccepted(recorder, before, plan);
        return ToProto(plan);
      });
}

absl::StatusOr<v1::Plan> ExecutionService::RollBackImplementation(const rpc::CallContext& context,
                                                                  const v1::RollBackImplementationRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const Plan before = plan;
        const absl::Time now = environment_.Now();
        DOCKET_RETURN_IF_ERROR(RollBack(plan, {.trigger = request.trigger(),
                                               .decider = context.principal().name(),
                                               .decide_time = now,
                                               .restored = request.restored(),
                                               .result = request.result()}));
        DOCKET_ASSIGN_OR_RETURN(std::vector<WorkOrderOutline> orders, work_orders_.Outlines(transaction, key));
        std::erase_if(orders, [](const WorkOrderOutline& order) { return !IsOpen(order.state); });
        DOCKET_RETURN_IF_ERROR(work_orders_.CancelOpen(transaction, key, now).status());
        DOCKET_RETURN_IF_ERROR(slots_.Release(transaction, plan));
        DOCKET_RETURN_IF_ERROR(plans_.Save(transaction, plan, now));
        RecordImplementationRolledBack(recorder, before, plan, orders);
        return ToProto(plan);
      });
}

}  // namespace docket::scheduling
