// What the scheduling service does when triage accepts a standard change, which needs no evaluation: it drafts the plan
// from the template.
#ifndef DOCKET_SERVICES_SCHEDULING_PREAUTHORIZATION_EVENTS_H_
#define DOCKET_SERVICES_SCHEDULING_PREAUTHORIZATION_EVENTS_H_

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "docket/event/v1/event.pb.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/plan_store.h"

namespace docket::scheduling {

// What a preauthorised request says of the plan to draw up. Procedure, tests, risks and rollback were approved as they
// stand, so their sections are complete, in the name of who proposed the template. INVALID_ARGUMENT where another
// service than request sent it, where it names no request or no template version of the event's organisation, or no
// digest.
absl::StatusOr<PlanDraft> DraftFromPreauthorization(const event::v1::Event& event,
                                                    const event::v1::RequestPreauthorized& payload);

// Registers the handler, which leaves a plan that exists already as it is. `plans` and `clock` must outlive the
// receiver.
void SubscribeToPreauthorizations(events::EventReceiver& receiver, const PlanStore& plans, Clock& clock);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PREAUTHORIZATION_EVENTS_H_
