// Failures that say nothing about the call itself: the same call may work a moment later.
#ifndef DOCKET_SERVICES_DOCKETCTL_PASSING_FAILURE_H_
#define DOCKET_SERVICES_DOCKETCTL_PASSING_FAILURE_H_

#include "absl/status/status.h"
#include "common/status/error.h"

namespace docket::ctl {

inline bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      // A frozen log waits for people.
      return GetReason(status) != Reason::REASON_LOG_FROZEN;
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return true;
    case absl::StatusCode::kAborted:
      return GetReason(status) == Reason::REASON_CONCURRENT_CHANGE;
    default:
      return false;
  }
}

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_PASSING_FAILURE_H_
