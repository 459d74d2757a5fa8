// The handlers of docket.evaluation.v1.EvaluationService. Role, organisation and field rules hold before a handler
// runs; here stands what depends on the evaluation itself.
#ifndef DOCKET_SERVICES_EVALUATION_EVALUATION_SERVICE_H_
#define DOCKET_SERVICES_EVALUATION_EVALUATION_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/evaluation/v1/evaluation.pb.h"
#include "docket/evaluation/v1/evaluation_service.pb.h"
#include "services/evaluation/approval_policy_store.h"
#include "services/evaluation/evaluation.h"
#include "services/evaluation/evaluation_store.h"

namespace docket::evaluation {

// Thread-safe.
class EvaluationService {
 public:
  // All must outlive the service.
  EvaluationService(const EvaluationStore& store, const ApprovalPolicyStore& policies, Mutations& mutations,
                    const PageTokenCodec& page_tokens, Clock& clock);

  void Register(rpc::MethodTable& table);

 private:
  // The evaluation in a transaction that changes it; FAILED_PRECONDITION / ON_HOLD while its change is on hold.
  absl::StatusOr<Evaluation> LoadToMove(mysql::Transaction& transaction, absl::string_view name) const;
  absl::StatusOr<v1::Evaluation> GetEvaluation(const rpc::CallContext& context, const v1::GetEvaluationRequest& call);
  absl::StatusOr<v1::ListEvaluationsResponse> ListEvaluations(const rpc::CallContext& context,
                                                              const v1::ListEvaluationsRequest& call);
  absl::StatusOr<v1::Evaluation> SetPanel(const rpc::CallContext& context, const v1::SetPanelRequest& call);
  absl::StatusOr<v1::Evaluation> DeclareConflict(const rpc::CallContext& context,
                                                 const v1::DeclareConflictRequest& call);
  absl::StatusOr<v1::Evaluation> SetOptions(const rpc::CallContext& context, const v1::SetOptionsRequest& call);
  absl::StatusOr<v1::Evaluation> StartScoring(const rpc::CallContext& context, const v1::StartScoringRequest& call);
  absl::StatusOr<v1::Evaluation> SubmitScores(const rpc::CallContext& context, const v1::SubmitScoresRequest& call);
  absl::StatusOr<v1::Ranking> GetRanking(const rpc::CallContext& context, const v1::GetRankingRequest& call);
  absl::StatusOr<v1::Evaluation> ConfirmBudget(const rpc::CallContext& context, const v1::ConfirmBudgetRequest& call);
  absl::StatusOr<v1::Report> GenerateReport(const rpc::CallContext& context, const v1::GenerateReportRequest& call);
  absl::StatusOr<v1::Report> GetReport(const rpc::CallContext& context, const v1::GetReportRequest& call);
  absl::StatusOr<v1::Evaluation> RequestApproval(const rpc::CallContext& context,
                                                 const v1::RequestApprovalRequest& call);
  absl::StatusOr<v1::Evaluation> CastVote(const rpc::CallContext& context, const v1::CastVoteRequest& call);
  absl::StatusOr<v1::ApprovalStatus> CheckApproval(const rpc::CallContext& context,
                                                   const v1::CheckApprovalRequest& call);

  // Writes the event of opened scores, or discards them, as the domain decided.
  absl::Status FollowUp(ScoringEffect effect, mysql::Transaction& transaction, events::EventRecorder& recorder,
                        const Evaluation& before, const Evaluation& after);

  const EvaluationStore& store_;
  const ApprovalPolicyStore& policies_;
  Mutations& mutations_;
  const PageTokenCodec& page_tokens_;
  Clock& clock_;
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_EVALUATION_SERVICE_H_
