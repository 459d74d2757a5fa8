// Management's decision: stages in order, each with its own approvers and its own rule.
//
//   rule       a stage is approved by                          it is rejected by
//   ANY        the first decision, if it approves              the first decision, if it rejects
//   ALL        every named approver                            one rejection
//   COUNT k    k approvals                                     k approvals being out of reach
//   PERCENT p  the approvals of p % of the named, rounded up   those being out of reach
//
// Where a stage names no persons, every holder of its role may decide. How many there are is not known here, so a COUNT
// out of reach cannot be seen; k rejections end such a stage instead. ALL and PERCENT need names.
//
// Nobody decides twice, on whatever stage, and the requester never: such persons do not count among the named. A stage
// that nobody can approve fails closed.
#ifndef DOCKET_SERVICES_EVALUATION_APPROVAL_H_
#define DOCKET_SERVICES_EVALUATION_APPROVAL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::evaluation {

// Numbers are those of the contract, and are stored.
enum class StageRule { kAny = 1, kAll = 2, kCount = 3, kPercent = 4 };
enum class Verdict { kWaiting = 1, kApproved = 2, kRejected = 3 };
enum class Decision { kApprove = 1, kReject = 2 };

// `APPROVE` or `REJECT`.
absl::string_view DecisionName(Decision decision);

struct Vote {
  std::string person;
  // The person voted for, where the voter held a delegation; empty: for themselves.
  std::string on_behalf_of;
  Decision decision = Decision::kReject;
  std::string reason;
  // What the voter saw, 32 raw bytes.
  std::string content_sha256;
  absl::Time vote_time;
  // A later edit of the content: the vote no longer counts.
  bool voided = false;
};

struct Stage {
  std::string title;
  // Name of the role without prefix, e.g. `EXECUTIVE`; empty: no role is asked for, only the names count.
  std::string approver_role;
  // Persons by name; empty: every holder of the role.
  std::vector<std::string> approvers;
  StageRule rule = StageRule::kAny;
  // COUNT: how many. PERCENT: 1 to 100. Else without meaning.
  int threshold = 1;
  Verdict verdict = Verdict::kWaiting;
  std::vector<Vote> votes;
};

// Which stages a decision takes. Versioned data: a version never changes, and each approval names the one it used.
struct ApprovalPolicy {
  // `default`.
  std::string id;
  int version = 1;
  std::vector<Stage> stages;

  // `default/1`.
  std::string Name() const;
};

struct Approval {
  std::string policy;
  std::vector<Stage> stages;
  // The number of stages when all are through.
  int current_stage = 0;
  // What votes are bound to, 32 raw bytes.
  std::string content_sha256;
};

// Who votes, as the gateway verified it.
struct Voter {
  std::string person;
  // Names without prefix.
  std::vector<std::string> roles;
};

// The approval at its first stage. FAILED_PRECONDITION / INCOMPLETE, with metadata `missing`, where the policy has no
// stages or one that nobody could ever approve.
absl::StatusOr<Approval> OpenApproval(const ApprovalPolicy& policy, absl::string_view requester,
                                      absl::string_view content_sha256);

// OK where this person may decide at the open stage. PERMISSION_DENIED: SEPARATION_OF_DUTIES for the requester and for
// who decided before; NOT_AN_APPROVER without the stage's role, when not among the named, and always for vendors and
// machines.
absl::Status CheckApprover(const Approval& approval, const Voter& voter, absl::string_view requester);

// Takes the vote of someone who may decide, and moves on to the next stage where this one is through.
void RecordVote(Approval& approval, Vote vote, absl::string_view requester);

// Whether all stages are approved, whether one is rejected, or neither yet.
Verdict Outcome(const Approval& approval);

// Everyone whose vote counts, each once, in the order of the stages.
std::vector<std::string> Deciders(const Approval& approval);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_APPROVAL_H_
