// What the scheduling service does when management approves an evaluation: it drafts the plan.
#ifndef DOCKET_SERVICES_SCHEDULING_EVALUATION_EVENTS_H_
#define DOCKET_SERVICES_SCHEDULING_EVALUATION_EVENTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/event.pb.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/plan_store.h"

namespace docket::scheduling {

// What an approved evaluation says of the plan to draw up. INVALID_ARGUMENT where another service than
// evaluation sent it, or where it names no request of the event's organisation.
absl::StatusOr<PlanDraft> DraftFromEvaluation(const event::v1::Event& event,
                                              const event::v1::EvaluationApproved& payload);

// Drafts the plan of an approved evaluation. One that exists already is left as it is: should its digest differ from
// what management approved last, the gate says so.
absl::Status OnEvaluationApproved(mysql::Transaction& transaction, const event::v1::Event& event,
                                  const event::v1::EvaluationApproved& payload, events::EventRecorder& recorder,
                                  const PlanStore& plans, absl::Time now);

// Registers the handlers of other services' events. `plans` and `clock` must outlive the receiver.
void SubscribeTo(events::EventReceiver& receiver, const PlanStore& plans, Clock& clock);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_EVALUATION_EVENTS_H_
