#include "services/scheduling/gate_proto.h"

#include "services/scheduling/plan_proto.h"

namespace docket::scheduling {
namespace {

static_assert(static_cast<int>(GateCheckKind::kPlanState) == v1::GateCheck::KIND_PLAN_STATE);
static_assert(static_cast<int>(GateCheckKind::kTarget) == v1::GateCheck::KIND_TARGET);
static_assert(static_cast<int>(GateCheckKind::kHold) == v1::GateCheck::KIND_HOLD);
static_assert(static_cast<int>(GateCheckKind::kPreauthorization) == v1::GateCheck::KIND_PREAUTHORIZATION);

}  // namespace

v1::GateDecision ToProto(const GateDecision& decision, const GateFacts& facts) {
  v1::GateDecision proto;
  proto.set_plan(facts.plan.Name());
  proto.set_allowed(decision.allowed);
  for (const GateCheck& check : decision.checks) {
    v1::GateCheck& added = *proto.add_checks();
    added.set_kind(static_cast<v1::GateCheck::Kind>(check.kind));
    added.set_passed(check.passed);
    added.set_detail(check.detail);
    added.set_unanswered(check.unanswered);
  }
  *proto.mutable_decide_time() = ToProto(decision.decide_time);
  proto.set_content_sha256(facts.content_sha256);
  for (const Target& target : facts.plan.targets) *proto.add_targets() = ToProto(target);
  return proto;
}

}  // namespace docket::scheduling
