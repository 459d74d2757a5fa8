// What the scheduling service tells others. What it does on what others tell it: evaluation_events.h.
#ifndef DOCKET_SERVICES_SCHEDULING_SCHEDULING_EVENTS_H_
#define DOCKET_SERVICES_SCHEDULING_SCHEDULING_EVENTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "services/scheduling/evidence.h"
#include "services/scheduling/gate.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/work_order.h"

namespace docket::scheduling {

// The envelope's facts of an event about a plan: subject, revision, change, digests before and after, and the fields
// that differ (state, slot, sections, approver, acceptor).
events::EventFacts FactsOf(const Plan& before, const Plan& after, absl::string_view reason = "");
// Of an event about a work order or a piece of evidence of the plan.
events::EventFacts FactsOf(const Plan& plan, const WorkOrder& before, const WorkOrder& after,
                           absl::string_view reason = "");
events::EventFacts FactsOf(const Plan& plan, const Evidence& evidence);

// Each adds one event. `before` is the plan as it was read, `after` as it was saved.
void RecordDrafted(events::EventRecorder& recorder, const Plan& plan);
void RecordSectionFilled(events::EventRecorder& recorder, const Plan& before, const Plan& after, SectionKind kind);
void RecordSlotReserved(events::EventRecorder& recorder, const Plan& before, const Plan& after);
void RecordSlotReleased(events::EventRecorder& recorder, const Plan& before, const Plan& after);
void RecordApproved(events::EventRecorder& recorder, const Plan& before, const Plan& after);
// `cause` says what was edited: "section GOAL", "slot", "work order".
void RecordApprovalVoided(events::EventRecorder& recorder, const Plan& before, const Plan& after,
                          absl::string_view cause);

void RecordWorkOrderCreated(events::EventRecorder& recorder, const Plan& plan, const WorkOrder& order);
// Started, completed or failed, by the state that it has now.
void RecordWorkOrderMoved(events::EventRecorder& recorder, const Plan& plan, const WorkOrder& before,
                          const WorkOrder& after);

void RecordEvidence(events::EventRecorder& recorder, const Plan& plan, const Evidence& evidence);

void RecordGateDecided(events::EventRecorder& recorder, const Plan& plan, const GateDecision& decision);
void RecordImplementationStarted(events::EventRecorder& recorder, const Plan& before, const Plan& after);
void RecordImplementationCompleted(events::EventRecorder& recorder, const Plan& before, const Plan& after);
void RecordImplementationAccepted(events::EventRecorder& recorder, const Plan& before, const Plan& after);
// `cancelled` are the work orders that were open.
void RecordImplementationRolledBack(events::EventRecorder& recorder, const Plan& before, const Plan& after,
                                    const std::vector<WorkOrderOutline>& cancelled);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_SCHEDULING_EVENTS_H_
