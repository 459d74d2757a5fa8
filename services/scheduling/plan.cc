#include "services/scheduling/plan.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::scheduling {
namespace {

absl::Status SeparationOfDuties(absl::string_view message, absl::string_view duty) {
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES, message,
               {{"conflicting_duty", std::string(duty)}});
}

absl::Status CheckEditable(const Plan& plan, absl::string_view edit) {
  if (plan.state == PlanState::kDraft || plan.state == PlanState::kApproved) return absl::OkStatus();
  return WrongState(absl::StrCat("the plan is ", PlanStateName(plan.state), ": ", edit,
                                 " is possible only before its implementation has started"),
                    PlanStateName(plan.state), "DRAFT,APPROVED");
}

absl::Status CheckState(const Plan& plan, PlanState needed, absl::string_view action) {
  if (plan.state == needed) return absl::OkStatus();
  return WrongState(absl::StrCat("the plan is ", PlanStateName(plan.state), "; ", action, " takes a plan that is ",
                                 PlanStateName(needed)),
                    PlanStateName(plan.state), PlanStateName(needed));
}

bool VoidApproval(Plan& plan) {
  if (plan.state != PlanState::kApproved) return false;
  plan.state = PlanState::kDraft;
  plan.approver.clear();
  plan.approved_sha256.clear();
  return true;
}

std::vector<std::string> Missing(const Plan& plan) {
  std::vector<std::string> missing;
  for (const Section& section : plan.sections) {
    if (section.state == SectionState::kOpen) missing.emplace_back(SectionKindName(section.kind));
  }
  if (!plan.slot.has_value()) missing.emplace_back("slot");
  if (plan.work_orders == 0) missing.emplace_back("work_orders");
  return missing;
}

}  // namespace

std::string Plan::Name() const { return PlanName(organization_id, id); }
std::string Plan::RequestName() const { return docket::RequestName(organization_id, id); }
std::string Plan::EvaluationName() const { return docket::EvaluationName(organization_id, id); }
std::string Plan::Etag() const { return absl::StrCat(revision); }

const Section& Plan::section(SectionKind which) const { return sections[static_cast<size_t>(which) - 1]; }

std::vector<std::string> Plan::Systems() const {
  std::vector<std::string> systems;
  systems.reserve(targets.size());
  for (const Target& target : targets) systems.push_back(target.system);
  std::sort(systems.begin(), systems.end());
  systems.erase(std::unique(systems.begin(), systems.end()), systems.end());
  return systems;
}

absl::string_view PlanStateName(PlanState state) {
  switch (state) {
    case PlanState::kDraft:
      return "DRAFT";
    case PlanState::kApproved:
      return "APPROVED";
    case PlanState::kImplementing:
      return "IMPLEMENTING";
    case PlanState::kImplemented:
      return "IMPLEMENTED";
    case PlanState::kAccepted:
      return "ACCEPTED";
    case PlanState::kRolledBack:
      return "ROLLED_BACK";
  }
  return "UNSPECIFIED";
}

absl::string_view SectionKindName(SectionKind kind) {
  switch (kind) {
    case SectionKind::kGoal:
      return "GOAL";
    case SectionKind::kScope:
      return "SCOPE";
    case SectionKind::kTime:
      return "TIME";
    case SectionKind::kResponsiblePersons:
      return "RESPONSIBLE_PERSONS";
    case SectionKind::kTechnicalApproach:
      return "TECHNICAL_APPROACH";
    case SectionKind::kRiskResponse:
      return "RISK_RESPONSE";
    case SectionKind::kTraining:
      return "TRAINING";
    case SectionKind::kBudget:
      return "BUDGET";
  }
  return "UNSPECIFIED";
}

absl::string_view SectionStateName(SectionState state) {
  switch (state) {
    case SectionState::kOpen:
      return "OPEN";
    case SectionState::kComplete:
      return "COMPLETE";
    case SectionState::kWaived:
      return "WAIVED";
  }
  return "UNSPECIFIED";
}

absl::Status WrongState(absl::string_view message, absl::string_view state, absl::string_view allowed_states) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, message,
               {{"state", std::string(state)}, {"allowed_states", std::string(allowed_states)}});
}

absl::Status CheckEtag(int64_t revision, absl::string_view etag) {
  if (etag.empty() || etag == absl::StrCat(revision)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG,
               "the resource has changed since it was read; read it again and decide again",
               {{"current_etag", absl::StrCat(revision)}});
}

Plan DraftPlan(const PlanDraft& draft, absl::Time now) {
  Plan plan;
  plan.organization_id = draft.organization_id;
  plan.id = draft.id;
  plan.request_number = draft.request_number;
  plan.title = draft.title;
  plan.kind = draft.kind;
  plan.requester = draft.requester;
  plan.department = draft.department;
  plan.targets = draft.targets;
  plan.approved_budget = draft.approved_budget;
  plan.evaluation_sha256 = draft.evaluation_sha256;
  plan.template_name = draft.template_name;
  plan.template_sha256 = draft.template_sha256;
  for (const SectionKind kind : kSectionKinds) {
    Section section;
    section.kind = kind;
    if (kind == SectionKind::kGoal) section.text = draft.goal;
    if (kind == SectionKind::kScope) section.text = draft.scope;
    if (kind == SectionKind::kTechnicalApproach) section.text = draft.technical_approach;
    if (kind == SectionKind::kRiskResponse) section.text = draft.risk_response;
    if (kind == SectionKind::kBudget) section.text = draft.budget;
    if (!draft.author.empty() && (kind == SectionKind::kTechnicalApproach || kind == SectionKind::kRiskResponse)) {
      section.state = SectionState::kComplete;
      section.author = draft.author;
      section.update_time = now;
    }
    plan.sections.push_back(std::move(section));
  }
  plan.create_time = now;
  plan.update_time = now;
  plan.revision = 1;
  return plan;
}

absl::StatusOr<bool> FillSection(Plan& plan, SectionKind kind, absl::string_view text, bool waive,
                                 absl::string_view author, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckEditable(plan, "filling a section"));
  Section& section = plan.sections[static_cast<size_t>(kind) - 1];
  section.state = waive ? SectionState::kWaived : SectionState::kComplete;
  section.text = std::string(text);
  section.author = std::string(author);
  section.update_time = now;
  return VoidApproval(plan);
}

absl::StatusOr<bool> SetSlot(Plan& plan, const Slot& slot, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckEditable(plan, "reserving a slot"));
  FieldViolations violations;
  violations.Require(slot.start < slot.end, "slot.end_time", "must be after slot.start_time");
  violations.Require(slot.end > now, "slot.end_time", "must lie in the future");
  violations.Require(slot.end - slot.start <= kMaxSlotLength, "slot.end_time",
                     "must be at most 14 days after slot.start_time");
  violations.Require(slot.start <= now + kMaxSlotLead, "slot.start_time", "must be at most two years ahead");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  plan.slot = slot;
  return VoidApproval(plan);
}

absl::StatusOr<bool> ClearSlot(Plan& plan) {
  DOCKET_RETURN_IF_ERROR(CheckEditable(plan, "releasing the slot"));
  if (!plan.slot.has_value()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE, "the plan has no slot to release",
                 {{"missing", "slot"}});
  }
  plan.slot.reset();
  return VoidApproval(plan);
}

absl::StatusOr<bool> AddWorkOrder(Plan& plan) {
  DOCKET_RETURN_IF_ERROR(CheckEditable(plan, "adding a work order"));
  if (plan.work_orders >= kMaxWorkOrders) {
    FieldViolations violations;
    violations.Add("work_order", absl::StrCat("a plan has at most ", kMaxWorkOrders, " work orders"));
    return violations.ToStatus();
  }
  ++plan.work_orders;
  return VoidApproval(plan);
}

absl::Status CheckMayApprove(const Plan& plan, const Caller& caller) {
  if (caller.person == plan.requester) {
    return SeparationOfDuties("the requester of a change cannot approve its plan", "requester");
  }
  for (const Section& section : plan.sections) {
    if (section.author == caller.person) {
      return SeparationOfDuties(
          absl::StrCat("the author of the section ", SectionKindName(section.kind), " cannot approve the plan"),
          "author");
    }
  }
  return absl::OkStatus();
}

absl::Status Approve(Plan& plan, absl::string_view approver, absl::string_view seen_sha256) {
  DOCKET_RETURN_IF_ERROR(CheckState(plan, PlanState::kDraft, "approval"));
  if (seen_sha256 != plan.content_sha256) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED,
                 "the plan's content is not what the approver saw; read it again",
                 {{"approved_digest", std::string(seen_sha256)}, {"current_digest", plan.content_sha256}});
  }
  const std::vector<std::string> missing = Missing(plan);
  if (!missing.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 "every section complete or waived, a reserved slot and at least one work order come before approval",
                 {{"missing", absl::StrJoin(missing, ",")}});
  }
  plan.state = PlanState::kApproved;
  plan.approver = std::string(approver);
  plan.approved_sha256 = plan.content_sha256;
  return absl::OkStatus();
}

absl::Status StartImplementation(Plan& plan, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState(plan, PlanState::kApproved, "implementation"));
  plan.state = PlanState::kImplementing;
  plan.actual_start_time = now;
  return absl::OkStatus();
}

void AddImplementer(Plan& plan, absl::string_view person) {
  const auto place = std::lower_bound(plan.implementers.begin(), plan.implementers.end(), person,
                                      [](const std::string& a, absl::string_view b) { return a < b; });
  if (place != plan.implementers.end() && *place == person) return;
  plan.implementers.insert(place, std::string(person));
}

absl::Status CompleteImplementation(Plan& plan, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState(plan, PlanState::kImplementing, "completion"));
  plan.state = PlanState::kImplemented;
  plan.actual_end_time = now;
  return absl::OkStatus();
}

absl::Status CheckMayAccept(const Plan& plan, const Caller& caller) {
  if (std::binary_search(plan.implementers.begin(), plan.implementers.end(), caller.person)) {
    return SeparationOfDuties("who carried work orders of a change out cannot accept it", "implementer");
  }
  if (caller.person == plan.requester) {
    return SeparationOfDuties("the requester of a change cannot accept it", "requester");
  }
  if (caller.it_director) return absl::OkStatus();
  if (caller.department_head && !plan.department.empty() && caller.department == plan.department) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT,
               "a department head accepts the changes of the own department only", {{"department", plan.department}});
}

absl::Status Accept(Plan& plan, absl::string_view acceptor, absl::string_view comment) {
  DOCKET_RETURN_IF_ERROR(CheckState(plan, PlanState::kImplemented, "acceptance"));
  plan.state = PlanState::kAccepted;
  plan.acceptor = std::string(acceptor);
  plan.acceptance_comment = std::string(comment);
  return absl::OkStatus();
}

absl::Status RollBack(Plan& plan, const Rollback& rollback) {
  if (plan.state != PlanState::kImplementing && plan.state != PlanState::kImplemented) {
    return WrongState(absl::StrCat("the plan is ", PlanStateName(plan.state),
                                   "; only an implementation that has started and is not accepted can be rolled back"),
                      PlanStateName(plan.state), "IMPLEMENTING,IMPLEMENTED");
  }
  plan.state = PlanState::kRolledBack;
  plan.rollback = rollback;
  if (!plan.actual_end_time.has_value()) plan.actual_end_time = rollback.decide_time;
  return absl::OkStatus();
}

absl::Status AddEvidence(Plan& plan) {
  if (plan.state == PlanState::kAccepted || plan.state == PlanState::kRolledBack) {
    return WrongState(absl::StrCat("the plan is ", PlanStateName(plan.state), ": it takes no more evidence"),
                      PlanStateName(plan.state), "DRAFT,APPROVED,IMPLEMENTING,IMPLEMENTED");
  }
  if (plan.evidence >= kMaxEvidence) {
    FieldViolations violations;
    violations.Add("evidence", absl::StrCat("a plan has at most ", kMaxEvidence, " pieces of evidence"));
    return violations.ToStatus();
  }
  ++plan.evidence;
  return absl::OkStatus();
}

}  // namespace docket::scheduling
