#include "services/evaluation/evaluation.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/evaluation/report.h"

namespace docket::evaluation {
namespace {

absl::Status Incomplete(absl::string_view message, absl::string_view missing) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE, message,
               {{"missing", std::string(missing)}});
}

absl::Status ContentChanged(absl::string_view message, absl::string_view approved, absl::string_view current) {
  return Error(
      absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED, message,
      {{"approved_digest", absl::BytesToHexString(approved)}, {"current_digest", absl::BytesToHexString(current)}});
}

}  // namespace

absl::string_view StateName(State state) {
  switch (state) {
    case State::kOpen:
      return "OPEN";
    case State::kScoring:
      return "SCORING";
    case State::kScored:
      return "SCORED";
    case State::kReported:
      return "REPORTED";
    case State::kApproving:
      return "APPROVING";
    case State::kApproved:
      return "APPROVED";
    case State::kRejected:
      return "REJECTED";
  }
  return "UNKNOWN";
}

absl::StatusOr<Evaluation> Evaluation::Open(RequestSnapshot request, absl::Time now) {
  const std::string organization = OrganizationId(request.name);
  const std::optional<std::string> id = ParseUuid(LastId(request.name));
  if (organization.empty() || !id.has_value() || request.name != RequestName(organization, LastId(request.name))) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS,
                 absl::StrCat("`", request.name, "` is not the name of a request"));
  }
  return Evaluation{.organization = organization,
                    .id = *id,
                    .request = std::move(request),
                    .create_time = now,
                    .update_time = now,
                    .revision = 1};
}

std::string Evaluation::Name() const { return EvaluationName(organization, FormatUuid(id)); }

void Evaluation::Touch(absl::Time now) {
  ++revision;
  update_time = now;
}

absl::Status Evaluation::CheckEtag(absl::string_view etag) const {
  if (etag.empty() || etag == absl::StrCat(revision)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG,
               "the evaluation has changed since it was read: read it again and decide again",
               {{"etag", std::string(etag)}, {"current_etag", absl::StrCat(revision)}});
}

absl::Status Evaluation::CheckState(std::initializer_list<State> allowed, absl::string_view what) const {
  for (const State one : allowed) {
    if (state == one) return absl::OkStatus();
  }
  const std::string names =
      absl::StrJoin(allowed, ",", [](std::string* out, State one) { absl::StrAppend(out, StateName(one)); });
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat(what, " in state ", names, ", but the evaluation is ", StateName(state)),
               {{"state", std::string(StateName(state))}, {"allowed_states", names}});
}

absl::Status Evaluation::CheckSeat(absl::string_view person) const {
  const Seat* seat = FindSeat(seats, person);
  if (seat != nullptr && seat->role != SeatRole::kVendor) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT,
               seat == nullptr ? "the caller has no seat on this panel" : "a vendor's seat has no vote to give up");
}

absl::Status Evaluation::SetPanel(const std::vector<Seat>& proposed, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState({State::kOpen}, "the panel is named"));
  DOCKET_ASSIGN_OR_RETURN(seats, ComposePanel(proposed, seats, request.requester));
  Touch(now);
  return absl::OkStatus();
}

absl::Status Evaluation::SetOptions(std::vector<Option> new_options, std::vector<Criterion> new_criteria,
                                    absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState({State::kOpen}, "options are set"));
  if (new_criteria.empty()) new_criteria = DefaultCriteria();
  DOCKET_RETURN_IF_ERROR(ValidateOptions(new_options, new_criteria));
  options = std::move(new_options);
  criteria = std::move(new_criteria);
  Touch(now);
  return absl::OkStatus();
}

absl::Status Evaluation::StartScoring(absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState({State::kOpen}, "scoring starts"));
  std::vector<std::string> missing = MissingVotes(seats, request.requester);
  if (options.empty()) missing.push_back("options");
  if (!missing.empty()) {
    return Incomplete("scoring needs at least two options and a panel with a business, a finance and an IT vote",
                      absl::StrJoin(missing, ","));
  }
  state = State::kScoring;
  Touch(now);
  return absl::OkStatus();
}

absl::StatusOr<ScoringEffect> Evaluation::SubmitScores(const ScoreSheet& sheet, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckVotingSeat(seats, sheet.person));
  DOCKET_RETURN_IF_ERROR(CheckState({State::kScoring}, "scores are handed in"));
  Seat* seat = FindSeat(seats, sheet.person);
  if (seat->scored) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
                 "the caller's scores are in, and they are final", {{"resource", Name()}});
  }
  DOCKET_RETURN_IF_ERROR(ValidateScores(sheet.scores, options, criteria));
  seat->scored = true;
  const bool complete = AllScored(seats);
  if (complete) state = State::kScored;
  Touch(now);
  return complete ? ScoringEffect::kUnsealed : ScoringEffect::kNone;
}

absl::StatusOr<ScoringEffect> Evaluation::DeclareConflict(absl::string_view person, absl::string_view reason,
                                                          absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckSeat(person));
  DOCKET_RETURN_IF_ERROR(
      CheckState({State::kOpen, State::kScoring}, "a conflict of interest is declared before the scores are open,"));
  Seat* seat = FindSeat(seats, person);
  if (seat->conflict_declared) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
                 "the caller has declared a conflict of interest already", {{"resource", Name()}});
  }
  seat->conflict_declared = true;
  seat->conflict_reason = std::string(reason);
  seat->scored = false;
  Touch(now);
  if (state == State::kOpen) return ScoringEffect::kNone;
  if (!CanStillJudge(seats, request.requester)) {
    for (Seat& other : seats) other.scored = false;
    state = State::kOpen;
    return ScoringEffect::kReopened;
  }
  if (!AllScored(seats)) return ScoringEffect::kNone;
  state = State::kScored;
  return ScoringEffect::kUnsealed;
}

absl::Status Evaluation::CheckMayConfirmBudget(absl::string_view person) const {
  if (person != request.requester) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES,
               "the requester does not confirm the budget of the own request", {{"conflicting_duty", "REQUESTER"}});
}

absl::Status Evaluation::ConfirmBudget(Budget confirmed, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckMayConfirmBudget(confirmed.confirmed_by));
  DOCKET_RETURN_IF_ERROR(CheckState({State::kOpen, State::kScoring, State::kScored, State::kReported},
                                    "a budget is confirmed before approval is requested,"));
  const std::string currency = CurrencyOf(options);
  FieldViolations violations;
  violations.Require(currency.empty() || confirmed.amount.currency_code == currency, "budget.amount.currency_code",
                     absl::StrCat("the options' costs are in ", currency));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  budget = std::move(confirmed);
  if (state == State::kReported) {
    state = State::kScored;
    content_sha256.clear();
  }
  Touch(now);
  return absl::OkStatus();
}

absl::Status Evaluation::AcceptReport(const Report& report, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState({State::kScored, State::kReported}, "a report is generated"));
  recommended_option = report.recommended_option;
  feasible = report.feasible;
  report_version = report.version;
  content_sha256 = report.content_sha256;
  state = State::kReported;
  Touch(now);
  return absl::OkStatus();
}

absl::Status Evaluation::CheckBudgetCovers(const Option& option) const {
  if (!budget.has_value()) {
    return Incomplete("a change that is called feasible needs a budget that the finance manager has confirmed",
                      "budget");
  }
  const int64_t cost = CostMinorUnits(option);
  const std::string currency = CurrencyOf(options);
  const bool same_currency = currency.empty() || currency == budget->amount.currency_code;
  if (same_currency && cost <= budget->amount.minor_units) return absl::OkStatus();
  const std::string cost_text = FormatMoney({currency, cost});
  const std::string budget_text = FormatMoney(budget->amount);
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BUDGET_EXCEEDED,
               absl::StrCat("option `", option.id, "` costs ", cost_text, ", the confirmed budget is ", budget_text),
               {{"option", option.id}, {"cost", cost_text}, {"budget", budget_text}});
}

absl::Status Evaluation::RequestApproval(const ApprovalPolicy& policy, const Report& report, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState({State::kReported}, "approval is requested"));
  if (!report.feasible) {
    return Incomplete("the latest report does not call the change feasible", "report.feasible");
  }
  const Option* recommended = FindOption(options, report.recommended_option);
  if (recommended == nullptr) return InternalError("the report recommends an option that does not exist");
  DOCKET_RETURN_IF_ERROR(CheckBudgetCovers(*recommended));
  const std::string current = ContentSha256(*this, report);
  if (current != report.content_sha256 || current != content_sha256) {
    return ContentChanged("the content is not what the latest report was made of: generate it again",
                          report.content_sha256, current);
  }
  DOCKET_ASSIGN_OR_RETURN(approval, OpenApproval(policy, request.requester, current));
  state = State::kApproving;
  Touch(now);
  return absl::OkStatus();
}

absl::Status Evaluation::CheckMayVote(const Voter& voter) const {
  // Before and after the approval there is no stage to be an approver of; the state then says no.
  if (approval.has_value() && state == State::kApproving) return CheckApprover(*approval, voter, request.requester);
  if (voter.person != request.requester) return absl::OkStatus();
  return CheckApprover(Approval{}, voter, request.requester);
}

absl::Status Evaluation::CastVote(const Voter& voter, Vote vote, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckMayVote(voter));
  DOCKET_RETURN_IF_ERROR(CheckState({State::kApproving}, "votes are cast"));
  if (vote.content_sha256 != approval->content_sha256) {
    return ContentChanged("the vote is about other content than what is before the approvers: read it again",
                          vote.content_sha256, approval->content_sha256);
  }
  FieldViolations violations;
  violations.Require(vote.decision == Decision::kApprove || !vote.reason.empty(), "reason",
                     "a rejection says why: give a reason");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  vote.person = voter.person;
  vote.vote_time = now;
  RecordVote(*approval, std::move(vote), request.requester);
  switch (Outcome(*approval)) {
    case Verdict::kApproved:
      state = State::kApproved;
      break;
    case Verdict::kRejected:
      state = State::kRejected;
      break;
    case Verdict::kWaiting:
      break;
  }
  Touch(now);
  return absl::OkStatus();
}

}  // namespace docket::evaluation
