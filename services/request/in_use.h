// What cannot go because something else still needs it.
#ifndef DOCKET_SERVICES_REQUEST_IN_USE_H_
#define DOCKET_SERVICES_REQUEST_IN_USE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/status/error.h"

namespace docket::request {

// As many names as an error lists.
inline constexpr int kMaxUsersListed = 10;

// FAILED_PRECONDITION / IN_USE; `names` are the first of those that need it.
inline absl::Status InUse(absl::string_view message, const std::vector<std::string>& names) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_IN_USE, message,
               {{"resource", absl::StrJoin(names, ", ")}});
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_IN_USE_H_
