// The event types that this program can show.
#ifndef DOCKET_SERVICES_AUDIT_EVENT_TYPES_H_
#define DOCKET_SERVICES_AUDIT_EVENT_TYPES_H_

#include <vector>

#include "google/protobuf/descriptor.h"

namespace docket::audit {

// The files that declare event payloads. Naming them keeps the linker from leaving out those that nothing else of the
// program uses; without them a payload is bytes of an unknown type.
std::vector<const google::protobuf::FileDescriptor*> EventFiles();

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EVENT_TYPES_H_
