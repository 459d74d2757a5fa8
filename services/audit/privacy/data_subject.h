// Whom a payload tells of.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_DATA_SUBJECT_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_DATA_SUBJECT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "docket/event/v1/event.pb.h"

namespace docket::audit {

// Events whose payloads prove that others were redacted and not lost. They are never taken away themselves.
bool IsAlwaysKept(absl::string_view event_type);

// The name of the event's actor where that is a person; empty where it is a machine, or the event is always kept. Its
// payload is encrypted under the key of that subject in the event's organisation.
std::string DataSubjectOf(const event::v1::Event& event);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_DATA_SUBJECT_H_
