// How the command line fails: what it says and the code it exits with.
#ifndef DOCKET_SERVICES_DOCKETCTL_FAILURE_H_
#define DOCKET_SERVICES_DOCKETCTL_FAILURE_H_

#include <string>

#include "absl/status/status.h"

namespace docket::ctl {

// Exit codes, by kind, so that a script can tell what to do next.
enum ExitCode {
  kExitOk = 0,
  kExitOther = 1,
  // The command line is wrong.
  kExitUsage = 2,
  // The service says that the input is wrong (INVALID_ARGUMENT): repeat with other input.
  kExitInvalid = 3,
  // UNAUTHENTICATED, PERMISSION_DENIED: repeat as someone else.
  kExitDenied = 4,
  // NOT_FOUND, UNIMPLEMENTED.
  kExitNotFound = 5,
  // FAILED_PRECONDITION, ABORTED, ALREADY_EXISTS: look at the resource first.
  kExitConflict = 6,
  // UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED: repeat later.
  kExitUnavailable = 7,
  // Evidence does not verify: a check fails.
  kExitUnverified = 8,
  // Evidence is whole, but by another key than the one expected, or by none that was.
  kExitOtherKey = 9,
  // A file of evidence is damaged or cut off: get it again.
  kExitDamaged = 10,
};

// The status with a code of its own, where its kind does not say enough.
absl::Status WithExitCode(absl::Status status, ExitCode code);

ExitCode ExitCodeOf(const absl::Status& status);

// Several lines for people: code and reason, the message, every wrong field, the facts, and a hint what to do next.
std::string DescribeFailure(const absl::Status& status);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_FAILURE_H_
