// Who calls and which request a call is about, as the domain takes them.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_ATTEMPT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_ATTEMPT_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/rpc/call_context.h"
#include "services/request/request.h"

namespace docket::request {

// Who calls, at this moment, with the etag of the version that the call is about.
Attempt AttemptOf(const rpc::CallContext& context, absl::string_view etag, Clock& clock);

// The 16 bytes that a request's name ends with. NOT_FOUND where the last part is no UUID: such a name names nothing.
absl::StatusOr<std::string> RequestIdOf(const std::string& name);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_ATTEMPT_SERVICE_H_
