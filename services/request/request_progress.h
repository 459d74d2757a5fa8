// How other services' events move a request.
//
// Each service keeps the order of its own events, but events of different services may overtake each other: the
// register's ChangeRegistered may arrive before scheduling's ImplementationAccepted. So each step says where it stands
// on the way, and an event that comes too early is put off rather than refused.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_PROGRESS_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_PROGRESS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/request.h"

namespace docket::request {

// What another service did.
enum class Step {
  kEvaluationOpened,
  kEvaluationRejected,
  kEvaluationApproved,
  kPlanApproved,
  kPlanApprovalVoided,
  kImplementationStarted,
  kImplementationAccepted,
  kImplementationRolledBack,
  kChangeRegistered,
};

inline constexpr Step kSteps[] = {
    Step::kEvaluationOpened,       Step::kEvaluationRejected,       Step::kEvaluationApproved,
    Step::kPlanApproved,           Step::kPlanApprovalVoided,       Step::kImplementationStarted,
    Step::kImplementationAccepted, Step::kImplementationRolledBack, Step::kChangeRegistered};

// The event type that reports the step: "PlanApproved".
absl::string_view StepName(Step step);

// True: the request took the step. False: it is past it already, and nothing changed.
// UNAVAILABLE: an earlier step is still missing; the event must come again.
// FAILED_PRECONDITION / WRONG_STATE: the step contradicts what became of the request, and always will.
absl::StatusOr<bool> Advance(Request& request, Step step, absl::Time now);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_PROGRESS_H_
