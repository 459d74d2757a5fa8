// What is reported of standard-change templates.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_EVENTS_H_

#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "services/request/template/change_template.h"

namespace docket::request {

void RecordTemplateCreated(events::EventRecorder& recorder, const ChangeTemplate& after);
void RecordVersionProposed(events::EventRecorder& recorder, const ChangeTemplateVersion& after);
// ChangeTemplateVersionApproved, after ChangeTemplateVersionRetired where it replaces one. The two `replaced` are
// nullptr where none was approved.
void RecordVersionApproved(events::EventRecorder& recorder, absl::string_view comment,
                           const ChangeTemplateVersion& before, const ChangeTemplateVersion& after,
                           const ChangeTemplateVersion* replaced_before, const ChangeTemplateVersion* replaced_after);
void RecordVersionRejected(events::EventRecorder& recorder, const ChangeTemplateVersion& before,
                           const ChangeTemplateVersion& after);
void RecordTemplateRetired(events::EventRecorder& recorder, const ChangeTemplate& before, const ChangeTemplate& after);

// What the scheduling service needs to draft a plan.
event::v1::ChangeTemplateContent PlanContentOf(const ChangeTemplateVersion& version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_EVENTS_H_
