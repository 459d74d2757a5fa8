#include "services/evaluation/approval.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::evaluation {
namespace {

constexpr absl::string_view kVendorRole = "VENDOR";
constexpr absl::string_view kServiceRole = "SERVICE";

bool CanNeverDecide(absl::string_view role) { return role == kVendorRole || role == kServiceRole; }

bool Contains(const std::vector<std::string>& list, absl::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The named approvers of a stage without those who may not decide there: the requester, and who decided earlier.
std::set<std::string> Eligible(const Approval& approval, size_t stage, absl::string_view requester) {
  std::set<std::string> eligible(approval.stages[stage].approvers.begin(), approval.stages[stage].approvers.end());
  eligible.erase(std::string(requester));
  for (size_t earlier = 0; earlier < stage; ++earlier) {
    for (const Vote& vote : approval.stages[earlier].votes) {
      if (!vote.voided) eligible.erase(vote.person);
    }
  }
  return eligible;
}

// How many approvals the stage needs of `eligible` named approvers.
int Needed(const Stage& stage, int eligible) {
  switch (stage.rule) {
    case StageRule::kAny:
      return 1;
    case StageRule::kAll:
      return eligible;
    case StageRule::kCount:
      return stage.threshold;
    case StageRule::kPercent:
      return std::max(1, (eligible * stage.threshold + 99) / 100);
  }
  return eligible + 1;
}

Verdict StageVerdict(const Approval& approval, size_t index, absl::string_view requester) {
  const Stage& stage = approval.stages[index];
  int approvals = 0;
  int rejections = 0;
  for (const Vote& vote : stage.votes) {
    if (vote.voided) continue;
    (vote.decision == Decision::kApprove ? approvals : rejections) += 1;
  }
  if (stage.rule == StageRule::kAny && approvals == 0 && rejections > 0) return Verdict::kRejected;
  if (stage.approvers.empty()) {
    // A share of an unknown number: OpenApproval refuses it, and nothing passes here either.
    if (stage.rule == StageRule::kAll || stage.rule == StageRule::kPercent) return Verdict::kRejected;
    const int needed = std::max(1, Needed(stage, 0));
    if (approvals >= needed) return Verdict::kApproved;
    return rejections >= needed ? Verdict::kRejected : Verdict::kWaiting;
  }
  const int eligible = static_cast<int>(Eligible(approval, index, requester).size());
  const int needed = Needed(stage, eligible);
  if (eligible > 0 && approvals >= needed) return Verdict::kApproved;
  return eligible == 0 || eligible - rejections < needed ? Verdict::kRejected : Verdict::kWaiting;
}

// Why nobody could ever approve this stage; empty: somebody can.
std::string Defect(const Approval& approval, size_t index, absl::string_view requester) {
  const Stage& stage = approval.stages[index];
  const bool open_to_role = stage.approvers.empty();
  if (CanNeverDecide(stage.approver_role)) return "its role never approves";
  if (open_to_role && stage.approver_role.empty()) return "it names neither a role nor persons";
  if (open_to_role && stage.rule == StageRule::kAll) return "ALL needs named approvers";
  if (open_to_role && stage.rule == StageRule::kPercent) return "PERCENT needs named approvers";
  if (stage.rule == StageRule::kCount && stage.threshold < 1) return "COUNT needs a threshold of at least 1";
  if (stage.rule == StageRule::kPercent && (stage.threshold < 1 || stage.threshold > 100)) {
    return "PERCENT needs a threshold of 1 to 100";
  }
  if (!open_to_role && StageVerdict(approval, index, requester) == Verdict::kRejected) {
    return "without the requester too few approvers are left";
  }
  return "";
}

}  // namespace

absl::string_view DecisionName(Decision decision) { return decision == Decision::kApprove ? "APPROVE" : "REJECT"; }

std::string ApprovalPolicy::Name() const { return absl::StrCat(id, "/", version); }

absl::StatusOr<Approval> OpenApproval(const ApprovalPolicy& policy, absl::string_view requester,
                                      absl::string_view content_sha256) {
  Approval approval{.policy = policy.Name(),
                    .stages = policy.stages,
                    .current_stage = 0,
                    .content_sha256 = std::string(content_sha256)};
  if (approval.stages.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 absl::StrCat("approval policy ", approval.policy, " has no stages, so nobody could approve"),
                 {{"missing", "approval_policy.stages"}, {"policy", approval.policy}});
  }
  for (size_t i = 0; i < approval.stages.size(); ++i) {
    Stage& stage = approval.stages[i];
    stage.verdict = Verdict::kWaiting;
    stage.votes.clear();
    if (const std::string defect = Defect(approval, i, requester); !defect.empty()) {
      return Error(
          absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
          absl::StrCat("stage ", i, " of approval policy ", approval.policy, " cannot be approved by anyone: ", defect),
          {{"missing", absl::StrCat("approval_policy.stages[", i, "].approvers")}, {"policy", approval.policy}});
    }
  }
  return approval;
}

absl::Status CheckApprover(const Approval& approval, const Voter& voter, absl::string_view requester) {
  if (voter.person == requester) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES,
                 "the requester does not decide on the own request", {{"conflicting_duty", "REQUESTER"}});
  }
  const auto not_an_approver = [](absl::string_view message) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_AN_APPROVER, message);
  };
  if (Contains(voter.roles, kVendorRole) || Contains(voter.roles, kServiceRole)) {
    return not_an_approver("vendors and machines never approve");
  }
  if (Contains(Deciders(approval), voter.person)) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES,
                 "the caller has decided on this change already: nobody decides twice",
                 {{"conflicting_duty", "DECIDER"}});
  }
  if (static_cast<size_t>(approval.current_stage) >= approval.stages.size()) {
    return not_an_approver("no stage is open");
  }
  const Stage& stage = approval.stages[static_cast<size_t>(approval.current_stage)];
  if (!stage.approver_role.empty() && !Contains(voter.roles, stage.approver_role)) {
    return not_an_approver(absl::StrCat("the open stage is decided by holders of the role ", stage.approver_role));
  }
  if (!stage.approvers.empty() && !Contains(stage.approvers, voter.person)) {
    return not_an_approver(
        "the open stage is decided by the persons that its policy names, who do not include the caller");
  }
  return absl::OkStatus();
}

void RecordVote(Approval& approval, Vote vote, absl::string_view requester) {
  size_t index = static_cast<size_t>(approval.current_stage);
  if (index >= approval.stages.size()) return;
  approval.stages[index].votes.push_back(std::move(vote));
  // A stage that is through opens the next, which may turn out to have nobody left to decide.
  while (index < approval.stages.size()) {
    Stage& stage = approval.stages[index];
    stage.verdict = StageVerdict(approval, index, requester);
    if (stage.verdict != Verdict::kApproved) break;
    ++index;
  }
  approval.current_stage = static_cast<int>(index);
}

Verdict Outcome(const Approval& approval) {
  if (approval.stages.empty()) return Verdict::kRejected;
  if (static_cast<size_t>(approval.current_stage) >= approval.stages.size()) return Verdict::kApproved;
  return approval.stages[static_cast<size_t>(approval.current_stage)].verdict;
}

std::vector<std::string> Deciders(const Approval& approval) {
  std::vector<std::string> deciders;
  for (const Stage& stage : approval.stages) {
    for (const Vote& vote : stage.votes) {
      if (!vote.voided && !Contains(deciders, vote.person)) deciders.push_back(vote.person);
    }
  }
  return deciders;
}

}  // namespace docket::evaluation
