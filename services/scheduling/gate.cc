#include "services/scheduling/gate.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace docket::scheduling {
namespace {

std::string Rfc3339(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

GateCheck Yes(GateCheckKind kind, std::string detail) { return {kind, true, std::move(detail)}; }
GateCheck No(GateCheckKind kind, std::string detail) { return {kind, false, std::move(detail)}; }

// `who` was asked and failed to answer. Only an outage is taken for one that passes.
GateCheck Unanswered(GateCheckKind kind, absl::string_view who, const absl::Status& failure) {
  const bool passing = failure.code() == absl::StatusCode::kUnavailable ||
                       failure.code() == absl::StatusCode::kDeadlineExceeded ||
                       failure.code() == absl::StatusCode::kResourceExhausted;
  return {kind, false, absl::StrCat(who, " did not answer: ", absl::StatusCodeToString(failure.code())), passing};
}

GateCheck CheckPlanState(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kPlanState;
  const std::string state(PlanStateName(facts.plan.state));
  if (AnyFailed(facts.work_orders)) {
    return No(kKind, "a work order has failed; the change can only be rolled back");
  }
  // While it is being implemented, its pipelines deploy.
  const bool ready = facts.plan.state == PlanState::kApproved || facts.plan.state == PlanState::kImplementing;
  return {kKind, ready, absl::StrCat("the plan is ", state, ready ? "" : "; it must be APPROVED or IMPLEMENTING")};
}

GateCheck CheckPlanApproval(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kPlanApproval;
  const Plan& plan = facts.plan;
  if (plan.approver.empty() || plan.approved_sha256.empty()) return No(kKind, "the plan is not approved");
  if (plan.approved_sha256 != facts.content_sha256) {
    return No(kKind, absl::StrCat("approved at content ", plan.approved_sha256, ", but the content is now ",
                                  facts.content_sha256));
  }
  return Yes(kKind, absl::StrCat("approved by ", plan.approver, " at the present content"));
}

GateCheck CheckEvaluationApproval(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kEvaluationApproval;
  if (!facts.evaluation.ok()) return Unanswered(kKind, "the evaluation service", facts.evaluation.status());
  const EvaluationApproval& approval = *facts.evaluation;
  if (!approval.approved) return No(kKind, absl::StrCat("not approved: ", approval.reason));
  if (approval.content_sha256.empty() || approval.content_sha256 != facts.plan.evaluation_sha256) {
    return No(kKind, absl::StrCat("management's approval is for content ", approval.content_sha256,
                                  ", the plan was drawn up for ", facts.plan.evaluation_sha256));
  }
  return Yes(kKind, "management's approval stands");
}

GateCheck CheckPreauthorization(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kPreauthorization;
  if (!facts.preauthorization.ok()) return Unanswered(kKind, "the request service", facts.preauthorization.status());
  const Preauthorization& answer = *facts.preauthorization;
  if (!answer.standing) return No(kKind, absl::StrCat("not preauthorised: ", answer.reason));
  const Plan& plan = facts.plan;
  if (plan.template_sha256.empty() || answer.template_sha256 != plan.template_sha256 ||
      answer.template_name != plan.template_name) {
    return No(kKind, absl::StrCat("the request is an instance of ", answer.template_name, " at content ",
                                  answer.template_sha256, ", the plan was drawn up for ", plan.template_name, " at ",
                                  plan.template_sha256));
  }
  return Yes(kKind, absl::StrCat("preauthorised by ", plan.template_name));
}

GateCheck CheckHold(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kHold;
  if (!facts.hold.has_value()) return Yes(kKind, "the change is not on hold");
  return No(kKind, absl::StrCat("on hold by ", facts.hold->holder, " since ", Rfc3339(facts.hold->since), ": ",
                                facts.hold->reason));
}

GateCheck CheckSlot(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kSlot;
  if (!facts.plan.slot.has_value()) return No(kKind, "no slot is reserved");
  const bool inside = facts.plan.slot->Contains(facts.now);
  return {kKind, inside,
          absl::StrCat("it is ", Rfc3339(facts.now), "; the slot is from ", Rfc3339(facts.plan.slot->start), " to ",
                       Rfc3339(facts.plan.slot->end))};
}

GateCheck CheckConflict(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kConflict;
  if (facts.conflicts.empty()) return Yes(kKind, "no other change holds a target system now");
  std::string detail = DescribeConflict(facts.conflicts.front());
  if (facts.conflicts.size() > 1) absl::StrAppend(&detail, "; and ", facts.conflicts.size() - 1, " more");
  return No(kKind, std::move(detail));
}

const EvidenceOutline* Latest(const GateFacts& facts, EvidenceKind kind, std::optional<TestCategory> category = {}) {
  const EvidenceOutline* latest = nullptr;
  for (const EvidenceOutline& outline : facts.evidence) {
    if (outline.kind == kind && outline.category == category) latest = &outline;
  }
  return latest;
}

GateCheck CheckBackup(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kBackup;
  if (Latest(facts, EvidenceKind::kBackup) == nullptr) return No(kKind, "no backup is recorded");
  const EvidenceOutline* const drill = Latest(facts, EvidenceKind::kRestoreDrill);
  if (drill == nullptr) return No(kKind, "no restore drill is recorded");
  if (!drill->passed) return No(kKind, "the latest restore drill failed");
  return Yes(kKind, "a backup is recorded and the latest restore drill succeeded");
}

GateCheck CheckTests(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kTests;
  std::vector<std::string> missing;
  std::vector<std::string> failed;
  for (const TestCategory category : kTestCategories) {
    const EvidenceOutline* const run = Latest(facts, EvidenceKind::kTestRun, category);
    if (run == nullptr) {
      missing.emplace_back(TestCategoryName(category));
    } else if (!run->passed) {
      failed.emplace_back(TestCategoryName(category));
    }
  }
  if (missing.empty() && failed.empty()) return Yes(kKind, "the latest run of every test category passed");
  return No(kKind, absl::StrCat("missing: ", missing.empty() ? "none" : absl::StrJoin(missing, ", "),
                                "; failed: ", failed.empty() ? "none" : absl::StrJoin(failed, ", ")));
}

GateCheck CheckUserAcceptance(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kUserAcceptance;
  const EvidenceOutline* const signature = Latest(facts, EvidenceKind::kUserAcceptance);
  if (signature == nullptr) return No(kKind, "the business has not signed");
  return {kKind, signature->passed, signature->passed ? "the business signed" : "the business is not satisfied"};
}

GateCheck CheckFiling(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kFiling;
  if (!facts.filing.ok()) return Unanswered(kKind, "the register", facts.filing.status());
  if (!facts.filing->has_value()) return No(kKind, "the plan is not filed");
  const LatestFiling& filing = **facts.filing;
  if (filing.plan_sha256.empty() || filing.plan_sha256 != facts.content_sha256) {
    return No(kKind, absl::StrCat("filing ", filing.number, " is for content ", filing.plan_sha256,
                                  ", but the content is now ", facts.content_sha256));
  }
  if (!filing.acknowledged) return No(kKind, absl::StrCat("filing ", filing.number, " is not acknowledged"));
  return Yes(kKind, absl::StrCat("filing ", filing.number, " is acknowledged for the present content"));
}

GateCheck CheckTarget(const GateFacts& facts) {
  constexpr auto kKind = GateCheckKind::kTarget;
  const DeploymentQuestion& question = *facts.question;
  if (question.system.empty()) return Yes(kKind, "asked about the plan as a whole");
  const bool found = std::any_of(facts.plan.targets.begin(), facts.plan.targets.end(), [&](const Target& target) {
    return target.system == question.system && target.component == question.component &&
           target.to_version == question.version;
  });
  const std::string asked = absl::StrCat(question.system, question.component.empty() ? "" : " component ",
                                         question.component, " version ", question.version);
  return {kKind, found, absl::StrCat(asked, found ? " is" : " is not", " a target of the plan")};
}

}  // namespace

absl::string_view GateCheckKindName(GateCheckKind kind) {
  switch (kind) {
    case GateCheckKind::kPlanState:
      return "PLAN_STATE";
    case GateCheckKind::kPlanApproval:
      return "PLAN_APPROVAL";
    case GateCheckKind::kEvaluationApproval:
      return "EVALUATION_APPROVAL";
    case GateCheckKind::kSlot:
      return "SLOT";
    case GateCheckKind::kConflict:
      return "CONFLICT";
    case GateCheckKind::kBackup:
      return "BACKUP";
    case GateCheckKind::kTests:
      return "TESTS";
    case GateCheckKind::kUserAcceptance:
      return "USER_ACCEPTANCE";
    case GateCheckKind::kFiling:
      return "FILING";
    case GateCheckKind::kTarget:
      return "TARGET";
    case GateCheckKind::kPreauthorization:
      return "PREAUTHORIZATION";
    case GateCheckKind::kHold:
      return "HOLD";
  }
  return "UNSPECIFIED";
}

std::vector<std::string> GateDecision::DeniedBy() const {
  std::vector<std::string> denied;
  for (const GateCheck& check : checks) {
    if (!check.passed) denied.emplace_back(GateCheckKindName(check.kind));
  }
  return denied;
}

bool GateDecision::MayPass() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const GateCheck& check) { return check.passed || check.unanswered; });
}

GateDecision Decide(const GateFacts& facts) {
  GateDecision decision;
  decision.decide_time = facts.now;
  decision.checks = {CheckPlanState(facts),
                     CheckPlanApproval(facts),
                     facts.plan.IsPreauthorized() ? CheckPreauthorization(facts) : CheckEvaluationApproval(facts),
                     CheckSlot(facts),
                     CheckConflict(facts),
                     CheckBackup(facts),
                     CheckTests(facts),
                     CheckUserAcceptance(facts),
                     CheckFiling(facts)};
  if (facts.question.has_value()) decision.checks.push_back(CheckTarget(facts));
  decision.checks.push_back(CheckHold(facts));
  decision.allowed =
      std::all_of(decision.checks.begin(), decision.checks.end(), [](const GateCheck& check) { return check.passed; });
  return decision;
}

}  // namespace docket::scheduling
