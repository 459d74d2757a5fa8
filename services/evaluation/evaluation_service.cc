#include "services/evaluation/evaluation_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/access/access_check.h"
#include "common/change_hold/hold_store.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/identifier/random.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/role.pb.h"
#include "services/evaluation/evaluation_events.h"
#include "services/evaluation/evaluation_proto.h"
#include "services/evaluation/report.h"

namespace docket::evaluation {
namespace {

using events::EventRecorder;
using mysql::Transaction;

constexpr absl::string_view kService = "docket.evaluation.v1.EvaluationService";
constexpr absl::string_view kDefaultPolicy = "default";
constexpr size_t kSaltBytes = 16;

// A page ends early once it holds this much, so that a reply stays far below the message limit; and rows are fetched in
// steps, so that a page of large evaluations is never in memory whole.
constexpr size_t kMaxPageBytes = 1024 * 1024;
constexpr int kRowsPerStep = 50;

// What the refusal of a call is recorded under.
MutationSubject About(const std::string& evaluation_name) {
  return {.resource = evaluation_name, .change = RequestName(OrganizationId(evaluation_name), LastId(evaluation_name))};
}

Voter VoterOf(const common::v1::Principal& principal) {
  Voter voter{.person = principal.name()};
  for (const int role : principal.roles()) {
    voter.roles.emplace_back(absl::StripPrefix(common::v1::Role_Name(static_cast<common::v1::Role>(role)), "ROLE_"));
  }
  return voter;
}

// A vendor has no vote, whatever seat they were given.
absl::Status CheckMayScore(const Evaluation& evaluation, const common::v1::Principal& principal) {
  if (HasRole(principal, common::v1::ROLE_VENDOR)) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT,
                 "a vendor answers questions and has no vote");
  }
  return CheckVotingSeat(evaluation.seats, principal.name());
}

}  // namespace

EvaluationService::EvaluationService(const EvaluationStore& store, const ApprovalPolicyStore& policies,
                                     Mutations& mutations, const PageTokenCodec& page_tokens, Clock& clock)
    : store_(store), policies_(policies), mutations_(mutations), page_tokens_(page_tokens), clock_(clock) {}

void EvaluationService::Register(rpc::MethodTable& table) {
  const auto path = [](absl::string_view method) { return absl::StrCat(kService, "/", method); };
  table.Service(kService);
  table.Unary(path("GetEvaluation"), this, &EvaluationService::GetEvaluation);
  table.Unary(path("ListEvaluations"), this, &EvaluationService::ListEvaluations);
  table.Unary(path("SetPanel"), this, &EvaluationService::SetPanel);
  table.Unary(path("DeclareConflict"), this, &EvaluationService::DeclareConflict);
  table.Unary(path("SetOptions"), this, &EvaluationService::SetOptions);
  table.Unary(path("StartScoring"), this, &EvaluationService::StartScoring);
  table.Unary(path("SubmitScores"), this, &EvaluationService::SubmitScores);
  table.Unary(path("GetRanking"), this, &EvaluationService::GetRanking);
  table.Unary(path("ConfirmBudget"), this, &EvaluationService::ConfirmBudget);
  table.Unary(path("GenerateReport"), this, &EvaluationService::GenerateReport);
  table.Unary(path("GetReport"), this, &EvaluationService::GetReport);
  table.Unary(path("RequestApproval"), this, &EvaluationService::RequestApproval);
  table.Unary(path("CastVote"), this, &EvaluationService::CastVote);
  table.Unary(path("CheckApproval"), this, &EvaluationService::CheckApproval);
}

absl::StatusOr<v1::Evaluation> EvaluationService::GetEvaluation(const rpc::CallContext& context,
                                                                const v1::GetEvaluationRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const Evaluation evaluation, store_.Load(context.deadline(), call.name()));
  return ToProto(evaluation);
}

absl::StatusOr<v1::ListEvaluationsResponse> EvaluationService::ListEvaluations(const rpc::CallContext& context,
                                                                               const v1::ListEvaluationsRequest& call) {
  FieldViolations violations;
  const size_t page_size = static_cast<size_t>(PageSize(call.page_size(), violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  EvaluationQuery query{.organization = OrganizationId(call.parent())};
  DOCKET_ASSIGN_OR_RETURN(query.condition, filter::Translate(call.filter(), ListSchema()));
  DOCKET_ASSIGN_OR_RETURN(query.order, filter::ParseOrderBy(call.order_by(), ListSchema(), "uid desc"));
  const std::string fingerprint = QueryFingerprint({"ListEvaluations", call.parent(), call.filter(), call.order_by()});
  if (!call.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, page_tokens_.Decode(call.page_token(), fingerprint));
    DOCKET_ASSIGN_OR_RETURN(query.after, filter::DecodeKey(token.key, query.order));
  }

  v1::ListEvaluationsResponse reply;
  size_t bytes = 0;
  while (true) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    // One row more than wanted tells whether the list goes on.
    const size_t wanted = page_size - static_cast<size_t>(reply.evaluations_size());
    query.limit = static_cast<int>(std::min<size_t>(wanted, kRowsPerStep)) + 1;
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Evaluation> step, store_.List(context.deadline(), query));
    const bool last_step = static_cast<int>(step.size()) < query.limit;
    const size_t usable = last_step ? step.size() : step.size() - 1;
    for (size_t i = 0; i < usable; ++i) {
      *reply.add_evaluations() = ToProto(step[i]);
      bytes += reply.evaluations(reply.evaluations_size() - 1).ByteSizeLong();
      query.after = EvaluationStore::SortKey(step[i], query.order);
      const bool more = i + 1 < step.size();
      const bool full = static_cast<size_t>(reply.evaluations_size()) == page_size || bytes >= kMaxPageBytes;
      if (more && full) {
        reply.set_next_page_token(
            page_tokens_.Encode({.key = filter::EncodeKey(query.after), .fingerprint = fingerprint}));
        return reply;
      }
    }
    if (last_step) return reply;
  }
}

absl::StatusOr<Evaluation> EvaluationService::LoadToMove(Transaction& transaction, absl::string_view name) const {
  DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, store_.LoadForUpdate(transaction, name));
  DOCKET_RETURN_IF_ERROR(CheckNotHeld(transaction, evaluation.request.name));
  return evaluation;
}

absl::StatusOr<v1::Evaluation> EvaluationService::SetPanel(const rpc::CallContext& context,
                                                           const v1::SetPanelRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        DOCKET_RETURN_IF_ERROR(evaluation.SetPanel(ListFromProto(call.seats()), clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordPanelSet(recorder, before, evaluation);
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::Evaluation> EvaluationService::DeclareConflict(const rpc::CallContext& context,
                                                                  const v1::DeclareConflictRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        const std::string& person = context.principal().name();
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckSeat(person));
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        DOCKET_ASSIGN_OR_RETURN(const ScoringEffect effect,
                                evaluation.DeclareConflict(person, call.reason(), clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordConflictDeclared(recorder, before, evaluation, person, call.reason());
        DOCKET_RETURN_IF_ERROR(FollowUp(effect, transaction, recorder, before, evaluation));
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::Evaluation> EvaluationService::SetOptions(const rpc::CallContext& context,
                                                             const v1::SetOptionsRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        DOCKET_RETURN_IF_ERROR(
            evaluation.SetOptions(ListFromProto(call.options()), ListFromProto(call.criteria()), clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordOptionsSet(recorder, before, evaluation);
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::Evaluation> EvaluationService::StartScoring(const rpc::CallContext& context,
                                                               const v1::StartScoringRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        DOCKET_RETURN_IF_ERROR(evaluation.StartScoring(clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordScoringStarted(recorder, before, evaluation);
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::Evaluation> EvaluationService::SubmitScores(const rpc::CallContext& context,
                                                               const v1::SubmitScoresRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(CheckMayScore(evaluation, context.principal()));
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        const ScoreSheet sheet{.person = context.principal().name(),
                               .scores = ListFromProto(call.scores()),
                               .salt = RandomBytes(kSaltBytes),
                               .submit_time = clock_.Now()};
        DOCKET_ASSIGN_OR_RETURN(const ScoringEffect effect, evaluation.SubmitScores(sheet, clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        DOCKET_RETURN_IF_ERROR(store_.InsertScores(transaction, evaluation, sheet));
        RecordScoresSubmitted(recorder, before, evaluation, sheet);
        DOCKET_RETURN_IF_ERROR(FollowUp(effect, transaction, recorder, before, evaluation));
        return ToProto(evaluation);
      });
}

absl::Status EvaluationService::FollowUp(ScoringEffect effect, Transaction& transaction, EventRecorder& recorder,
                                         const Evaluation& before, const Evaluation& after) {
  if (effect == ScoringEffect::kReopened) return store_.DeleteScores(transaction, after);
  if (effect == ScoringEffect::kNone) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<ScoreSheet> sheets, store_.LoadScores(transaction, after));
  RecordScoresUnsealed(recorder, before, after, Rank(after.options, after.criteria, CountingSheets(after, sheets)));
  return absl::OkStatus();
}

absl::StatusOr<v1::Ranking> EvaluationService::GetRanking(const rpc::CallContext& context,
                                                          const v1::GetRankingRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const Evaluation evaluation, store_.Load(context.deadline(), call.name()));
  if (evaluation.state == State::kOpen || evaluation.state == State::kScoring) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 "scores are sealed until every voting seat has handed in",
                 {{"missing", "scores"}, {"state", std::string(StateName(evaluation.state))}});
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<ScoreSheet> sheets, store_.LoadScores(context.deadline(), evaluation));
  return ToProto(Rank(evaluation.options, evaluation.criteria, CountingSheets(evaluation, sheets)), evaluation.Name());
}

absl::StatusOr<v1::Evaluation> EvaluationService::ConfirmBudget(const rpc::CallContext& context,
                                                                const v1::ConfirmBudgetRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckMayConfirmBudget(context.principal().name()));
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        Budget budget = FromProto(call.budget());
        budget.confirmed_by = context.principal().name();
        budget.confirm_time = clock_.Now();
        DOCKET_RETURN_IF_ERROR(evaluation.ConfirmBudget(std::move(budget), clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordBudgetConfirmed(recorder, before, evaluation);
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::Report> EvaluationService::GenerateReport(const rpc::CallContext& context,
                                                             const v1::GenerateReportRequest& call) {
  return mutations_.Run<v1::Report>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Report> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        DOCKET_ASSIGN_OR_RETURN(const std::vector<ScoreSheet> sheets, store_.LoadScores(transaction, evaluation));
        DOCKET_ASSIGN_OR_RETURN(const Report report, MakeReport(evaluation, sheets,
                                                                {.feasible = call.feasible(),
                                                                 .recommended_option = call.recommended_option(),
                                                                 .conclusion = call.conclusion(),
                                                                 .author = context.principal().name()},
                                                                clock_.Now()));
        DOCKET_RETURN_IF_ERROR(evaluation.AcceptReport(report, clock_.Now()));
        const v1::Report reply = ToProto(report, evaluation.Name());
        DOCKET_RETURN_IF_ERROR(store_.InsertReport(transaction, evaluation, reply));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordReportGenerated(recorder, before, evaluation, report);
        return reply;
      });
}

absl::StatusOr<v1::Report> EvaluationService::GetReport(const rpc::CallContext& context,
                                                        const v1::GetReportRequest& call) {
  return store_.LoadReport(context.deadline(), call.name());
}

absl::StatusOr<v1::Evaluation> EvaluationService::RequestApproval(const rpc::CallContext& context,
                                                                  const v1::RequestApprovalRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        DOCKET_RETURN_IF_ERROR(evaluation.CheckState({State::kReported}, "approval is requested"));
        DOCKET_ASSIGN_OR_RETURN(const v1::Report report, store_.LoadReport(transaction, evaluation));
        DOCKET_ASSIGN_OR_RETURN(const ApprovalPolicy policy,
                                policies_.Load(transaction, evaluation.organization, kDefaultPolicy));
        DOCKET_RETURN_IF_ERROR(evaluation.RequestApproval(policy, FromProto(report), clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordApprovalRequested(recorder, before, evaluation);
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::Evaluation> EvaluationService::CastVote(const rpc::CallContext& context,
                                                           const v1::CastVoteRequest& call) {
  return mutations_.Run<v1::Evaluation>(
      context, About(call.name()),
      [&](Transaction& transaction, EventRecorder& recorder) -> absl::StatusOr<v1::Evaluation> {
        DOCKET_ASSIGN_OR_RETURN(Evaluation evaluation, LoadToMove(transaction, call.name()));
        const Evaluation before = evaluation;
        const Voter voter = VoterOf(context.principal());
        DOCKET_RETURN_IF_ERROR(evaluation.CheckMayVote(voter));
        DOCKET_RETURN_IF_ERROR(evaluation.CheckEtag(call.etag()));
        const Vote vote{.decision = static_cast<Decision>(call.decision()),
                        .reason = call.reason(),
                        .content_sha256 = absl::HexStringToBytes(call.content_sha256())};
        DOCKET_RETURN_IF_ERROR(evaluation.CastVote(voter, vote, clock_.Now()));
        DOCKET_RETURN_IF_ERROR(store_.Save(transaction, evaluation));
        RecordVoteCast(recorder, before, evaluation, before.approval->current_stage, vote);
        return ToProto(evaluation);
      });
}

absl::StatusOr<v1::ApprovalStatus> EvaluationService::CheckApproval(const rpc::CallContext& context,
                                                                    const v1::CheckApprovalRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const Evaluation evaluation, store_.Load(context.deadline(), call.name()));
  v1::ApprovalStatus status;
  status.set_evaluation(evaluation.Name());
  status.set_request(evaluation.request.name);
  if (evaluation.state != State::kApproved || !evaluation.approval.has_value()) {
    status.set_reason(absl::StrCat("the evaluation is ", StateName(evaluation.state), ", not APPROVED"));
    return status;
  }
  // The stored digest is not taken at its word: what stands now is digested again.
  const std::string report_name = ChildName(evaluation.Name(), "reports", absl::StrCat(evaluation.report_version));
  DOCKET_ASSIGN_OR_RETURN(const v1::Report report, store_.LoadReport(context.deadline(), report_name));
  const std::string current = ContentSha256(evaluation, FromProto(report));
  status.set_content_sha256(absl::BytesToHexString(current));
  if (current != evaluation.approval->content_sha256) {
    status.set_reason("the content is not what was approved");
    return status;
  }
  if (Outcome(*evaluation.approval) != Verdict::kApproved) {
    status.set_reason("the recorded votes do not approve it");
    return status;
  }
  status.set_approved(true);
  if (evaluation.budget.has_value()) *status.mutable_budget() = ToProto(evaluation.budget->amount);
  for (const std::string& decider : Deciders(*evaluation.approval)) status.add_deciders(decider);
  return status;
}

}  // namespace docket::evaluation
