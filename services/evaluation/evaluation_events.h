// What the evaluation service tells the others, and what it does on their events.
#ifndef DOCKET_SERVICES_EVALUATION_EVALUATION_EVENTS_H_
#define DOCKET_SERVICES_EVALUATION_EVALUATION_EVENTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/evaluation/evaluation.h"
#include "services/evaluation/evaluation_store.h"
#include "services/evaluation/ranking.h"
#include "services/evaluation/report.h"

namespace docket::evaluation {

// Each adds one event about `after`. Edits carry their field history: `before` is the evaluation as it was loaded. No
// event ever holds points before all are in.
void RecordOpened(events::EventRecorder& recorder, const Evaluation& after);
void RecordPanelSet(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after);
void RecordConflictDeclared(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                            absl::string_view person, absl::string_view reason);
void RecordOptionsSet(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after);
void RecordScoringStarted(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after);
void RecordScoresSubmitted(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                           const ScoreSheet& sheet);
void RecordScoresUnsealed(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                          const Ranking& ranking);
void RecordBudgetConfirmed(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after);
void RecordReportGenerated(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                           const Report& report);
void RecordApprovalRequested(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after);
// VoteCast, and EvaluationApproved or EvaluationRejected where the vote decided. `stage` is the one voted on.
void RecordVoteCast(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after, int stage,
                    const Vote& vote);

// Opens the evaluation of each request that triage accepts, but for standard changes, which their template
// preauthorises. Safe to be told twice, by one event or by two.
class EvaluationOpener {
 public:
  // Both must outlive it.
  EvaluationOpener(const EvaluationStore& store, Clock& clock) : store_(store), clock_(clock) {}

  // Subscribes to RequestAccepted. But for holds (common/change_hold), nothing else of the request service concerns an
  // evaluation: once accepted, a request can be neither withdrawn nor returned nor declined.
  void Register(events::EventReceiver& receiver);

  // INVALID_ARGUMENT when the event does not come from the request service or names no request of its organisation.
  absl::Status OnRequestAccepted(mysql::Transaction& transaction, const event::v1::Event& event,
                                 const event::v1::RequestAccepted& payload, events::EventRecorder& recorder);

 private:
  const EvaluationStore& store_;
  Clock& clock_;
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_EVALUATION_EVENTS_H_
