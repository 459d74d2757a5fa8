#include "services/scheduling/evaluation_events.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_draft_events.h"

namespace docket::scheduling {
namespace {

constexpr absl::string_view kEvaluation = "services/evaluation";

}  // namespace

absl::StatusOr<PlanDraft> DraftFromEvaluation(const event::v1::Event& event,
                                              const event::v1::EvaluationApproved& payload) {
  if (event.source() != kEvaluation) {
    return absl::InvalidArgumentError(
        absl::StrCat("evaluations are approved by ", kEvaluation, ", not ", event.source()));
  }
  DOCKET_ASSIGN_OR_RETURN(PlanDraft draft, DraftFromSnapshot(event, payload.request()));
  if (payload.content_sha256().size() != 32) {
    return absl::InvalidArgumentError("content_sha256 must hold 32 bytes: the digest that management voted on");
  }
  if (payload.has_budget()) SetBudget(payload.budget(), draft);
  draft.evaluation_sha256 = absl::BytesToHexString(payload.content_sha256());
  draft.technical_approach = SectionText(JoinParagraphs(payload.option_title(), payload.implementation_proposal()));
  return draft;
}

absl::Status OnEvaluationApproved(mysql::Transaction& transaction, const event::v1::Event& event,
                                  const event::v1::EvaluationApproved& payload, events::EventRecorder& recorder,
                                  const PlanStore& plans, absl::Time now) {
  DOCKET_ASSIGN_OR_RETURN(const PlanDraft draft, DraftFromEvaluation(event, payload));
  return InsertDraft(transaction, draft, recorder, plans, now);
}

void SubscribeTo(events::EventReceiver& receiver, const PlanStore& plans, Clock& clock) {
  receiver.On<event::v1::EvaluationApproved>([&plans, &clock](mysql::Transaction& transaction,
                                                              const event::v1::Event& event,
                                                              const event::v1::EvaluationApproved& payload,
                                                              events::EventRecorder& recorder) {
    return OnEvaluationApproved(transaction, event, payload, recorder, plans, absl::FromUnixMicros(clock.NowMicros()));
  });
}

}  // namespace docket::scheduling
