// What is reported of standard-change templates.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_EVENTS_H_

#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "services/request/template/change_template.h"

namespace docket::request {

void RecordTemplateCreated(events::EventRecorder& recorder, const ChangeTemplate& after);
// What a version's event changes of its template, it tells as `change_template.title` and so on: such a change of the
// template has no event of its own.
//
// `owner_before` is nullptr for the first version, which is proposed with its template.
void RecordVersionProposed(events::EventRecorder& recorder, const ChangeTemplateVersion& after,
                           const ChangeTemplate* owner_before, const ChangeTemplate& owner_after);
void RecordVersionApproved(events::EventRecorder& recorder, absl::string_view comment,
                           const ChangeTemplateVersion& before, const ChangeTemplateVersion& after,
                           const ChangeTemplate& owner_before, const ChangeTemplate& owner_after);
// `replaced_by` is the name of the version that takes its place; empty: it retires with its template.
void RecordVersionRetired(events::EventRecorder& recorder, const ChangeTemplateVersion& before,
                          const ChangeTemplateVersion& after, absl::string_view replaced_by);
void RecordVersionRejected(events::EventRecorder& recorder, const ChangeTemplateVersion& before,
                           const ChangeTemplateVersion& after);
void RecordTemplateRetired(events::EventRecorder& recorder, const ChangeTemplate& before, const ChangeTemplate& after);

// What the scheduling service needs to draft a plan.
event::v1::ChangeTemplateContent PlanContentOf(const ChangeTemplateVersion& version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_EVENTS_H_
