// The evaluation of an accepted request: its states, what moves it from one to the next, and what always holds.
//
//   OPEN ──StartScoring──▶ SCORING ──last scores in──▶ SCORED ──report──▶ REPORTED ──RequestApproval──▶ APPROVING
//    ▲                        │                          ▲                    │                            │
//    └─── no vote left ───────┘                          └─── new budget ─────┘              APPROVED / REJECTED
//
// Pure: knows no database, no clock and no protocol. Each transition checks the state, then the content, and either
// changes the evaluation (state, revision, update_time) or leaves it untouched and says why not. Errors common to all:
// FAILED_PRECONDITION / WRONG_STATE with metadata `state` and `allowed_states`.
#ifndef DOCKET_SERVICES_EVALUATION_EVALUATION_H_
#define DOCKET_SERVICES_EVALUATION_EVALUATION_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/evaluation/approval.h"
#include "services/evaluation/money.h"
#include "services/evaluation/option.h"
#include "services/evaluation/panel.h"
#include "services/evaluation/request_snapshot.h"
#include "services/evaluation/score.h"

namespace docket::evaluation {

// Numbers are those of the contract, and are stored.
enum class State {
  kOpen = 1,
  kScoring = 2,
  kScored = 3,
  kReported = 4,
  kApproving = 5,
  kApproved = 6,
  kRejected = 7,
};

// `SCORING`, as the contract names it.
absl::string_view StateName(State state);

// The finance manager's word (L 二3).
struct Budget {
  Money amount;
  std::string budget_code;
  bool contract_reviewed = false;
  std::string note;
  std::string confirmed_by;
  absl::Time confirm_time;
};

struct Report;

// What a declared conflict or handed-in scores led to.
enum class ScoringEffect {
  kNone,
  // All votes are in: the scores are open.
  kUnsealed,
  // Nobody is left who could judge: the panel must be named anew, and the scores are discarded.
  kReopened,
};

struct Evaluation {
  // `{org}`.
  std::string organization;
  // The request's identifier, 16 raw bytes.
  std::string id;
  State state = State::kOpen;
  RequestSnapshot request;
  std::vector<Seat> seats;
  std::vector<Option> options;
  std::vector<Criterion> criteria;
  std::optional<Budget> budget;
  // Of the latest report; empty and 0 before the first.
  std::string recommended_option;
  bool feasible = false;
  int report_version = 0;
  // Digest of the latest report's content, 32 raw bytes; empty before the first and after a new budget.
  std::string content_sha256;
  std::optional<Approval> approval;
  absl::Time create_time;
  absl::Time update_time;
  // Grows by one with every change.
  int64_t revision = 0;

  // The evaluation that an accepted request opens, at revision 1. INVALID_ARGUMENT where the request's name is not
  // `organizations/{org}/requests/{uuid}`.
  static absl::StatusOr<Evaluation> Open(RequestSnapshot request, absl::Time now);

  // `organizations/{org}/evaluations/{request}`.
  std::string Name() const;

  // OK when `etag` is empty or names this revision, else ABORTED / STALE_ETAG.
  absl::Status CheckEtag(absl::string_view etag) const;

  // The caller has a seat that can step back from voting: PERMISSION_DENIED / NO_VOTING_SEAT otherwise.
  absl::Status CheckSeat(absl::string_view person) const;

  // OPEN. See ComposePanel.
  absl::Status SetPanel(const std::vector<Seat>& proposed, absl::Time now);
  // OPEN. No criteria: all nine with equal weight. See ValidateOptions.
  absl::Status SetOptions(std::vector<Option> new_options, std::vector<Criterion> new_criteria, absl::Time now);
  // OPEN. FAILED_PRECONDITION / INCOMPLETE with metadata `missing` until panel and options stand.
  absl::Status StartScoring(absl::Time now);
  // SCORING. ALREADY_EXISTS when this panellist's scores are in: they are final. See ValidateScores.
  absl::StatusOr<ScoringEffect> SubmitScores(const ScoreSheet& sheet, absl::Time now);
  // OPEN, SCORING. Scores that the person handed in no longer count. ALREADY_EXISTS when declared before.
  absl::StatusOr<ScoringEffect> DeclareConflict(absl::string_view person, absl::string_view reason, absl::Time now);
  // OPEN to REPORTED; replaces an earlier one. From REPORTED back to SCORED: the report named another budget.
  // PERMISSION_DENIED / SEPARATION_OF_DUTIES for the requester. INVALID_ARGUMENT / INVALID_FIELDS for another currency
  // than the options'.
  absl::Status CheckMayConfirmBudget(absl::string_view person) const;
  absl::Status ConfirmBudget(Budget confirmed, absl::Time now);
  // SCORED, REPORTED: the next version stands. The report must have been made of this evaluation (report.h).
  absl::Status AcceptReport(const Report& report, absl::Time now);
  // REPORTED. FAILED_PRECONDITION: INCOMPLETE when the report does not call the change feasible or no budget is
  // confirmed, BUDGET_EXCEEDED when the recommended option costs more than it, CONTENT_CHANGED when the content is not
  // the report's, and as OpenApproval.
  absl::Status RequestApproval(const ApprovalPolicy& policy, const Report& report, absl::Time now);
  // The caller may decide now, as far as that depends on the caller. See CheckApprover.
  absl::Status CheckMayVote(const Voter& voter) const;
  // APPROVING. FAILED_PRECONDITION / CONTENT_CHANGED when the voter saw other content; INVALID_ARGUMENT when a
  // rejection has no reason.
  absl::Status CastVote(const Voter& voter, Vote vote, absl::Time now);

  // FAILED_PRECONDITION / BUDGET_EXCEEDED unless the confirmed budget covers `option`, INCOMPLETE without one.
  absl::Status CheckBudgetCovers(const Option& option) const;
  // FAILED_PRECONDITION / WRONG_STATE unless in one of these.
  absl::Status CheckState(std::initializer_list<State> allowed, absl::string_view what) const;

 private:
  void Touch(absl::Time now);
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_EVALUATION_H_
