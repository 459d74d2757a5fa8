// Fields that the contract marks as sensitive.
#ifndef DOCKET_SERVICES_AUDIT_SENSITIVE_FIELDS_H_
#define DOCKET_SERVICES_AUDIT_SENSITIVE_FIELDS_H_

#include "google/protobuf/message.h"

namespace docket::audit {

// Empties every field of the message and of the messages in it that is marked `sensitive`, also within an Any whose
// type this program knows. True: something was there.
bool ClearSensitive(google::protobuf::Message& message);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SENSITIVE_FIELDS_H_
