// A transition that the state does not allow.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_WRONG_STATE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_WRONG_STATE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/status/error.h"

namespace docket::request {

// FAILED_PRECONDITION / WRONG_STATE. `allowed` lists names of states, separated by commas.
inline absl::Status WrongState(absl::string_view message, absl::string_view state, absl::string_view allowed) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, message,
               {{"state", std::string(state)}, {"allowed_states", std::string(allowed)}});
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_WRONG_STATE_H_
