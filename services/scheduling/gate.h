// The execution gate: may this change go now? A pure function from what was found to a decision that names every check.
// It fails closed: what could not be found out is a no.
#ifndef DOCKET_SERVICES_SCHEDULING_GATE_H_
#define DOCKET_SERVICES_SCHEDULING_GATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/change_hold/change_hold.h"
#include "services/scheduling/evidence.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/slot_conflict.h"
#include "services/scheduling/work_order.h"

namespace docket::scheduling {

// In the order in which they are asked and answered.
enum class GateCheckKind {
  kPlanState = 1,
  kPlanApproval,
  kEvaluationApproval,
  kSlot,
  kConflict,
  kBackup,
  kTests,
  kUserAcceptance,
  kFiling,
  kTarget,
  // Of a standard change, in the place of kEvaluationApproval.
  kPreauthorization = 13,
  kHold
};

// "PLAN_STATE".
absl::string_view GateCheckKindName(GateCheckKind kind);

struct GateCheck {
  GateCheckKind kind = GateCheckKind::kPlanState;
  bool passed = false;
  // What was found, for people.
  std::string detail;
  // It did not pass only because nobody answered.
  bool unanswered = false;
};

// What the evaluation service says of management's approval.
struct EvaluationApproval {
  bool approved = false;
  // Why not.
  std::string reason;
  std::string content_sha256;
};

// What the request service says of a standard change's preauthorisation.
struct Preauthorization {
  bool standing = false;
  // Why not.
  std::string reason;
  std::string template_name;
  std::string template_sha256;
};

// The plan's newest filing in the register.
struct LatestFiling {
  std::string number;
  bool acknowledged = false;
  std::string plan_sha256;
};

// What a pipeline is about to deploy.
struct DeploymentQuestion {
  std::string system;
  std::string component;
  std::string version;
};

// Everything that the decision rests on.
struct GateFacts {
  Plan plan;
  // Of its content as it stands in the tables, computed anew.
  std::string content_sha256;
  std::vector<WorkOrderOutline> work_orders;
  std::vector<EvidenceOutline> evidence;  // oldest first
  // Set while the change is on hold.
  std::optional<ChangeHold> hold;
  // Other plans that hold one of the systems now.
  std::vector<SlotConflict> conflicts;
  // An error: the question could not be answered.
  absl::StatusOr<EvaluationApproval> evaluation = absl::UnknownError("not asked");
  // Of a preauthorised plan, instead.
  absl::StatusOr<Preauthorization> preauthorization = absl::UnknownError("not asked");
  absl::StatusOr<std::optional<LatestFiling>> filing = absl::UnknownError("not asked");
  // Set when the question is about one deployment; without, there is no TARGET check.
  std::optional<DeploymentQuestion> question;
  absl::Time now;
};

struct GateDecision {
  bool allowed = false;
  // Every check, passed or not.
  std::vector<GateCheck> checks;
  absl::Time decide_time;

  // Names of the checks that said no.
  std::vector<std::string> DeniedBy() const;
  // Nothing that is known says no; asked again, the gate may say yes.
  bool MayPass() const;
};

GateDecision Decide(const GateFacts& facts);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_GATE_H_
