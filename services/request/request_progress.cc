#include "services/request/request_progress.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

// Where a state stands on the way from acceptance to the end; 0: not on it.
int PositionOf(RequestState state) {
  switch (state) {
    case RequestState::kAccepted:
      return 1;
    case RequestState::kEvaluating:
      return 2;
    case RequestState::kApproved:
    case RequestState::kRejected:
      return 3;
    case RequestState::kScheduled:
      return 4;
    case RequestState::kImplementing:
      return 5;
    case RequestState::kImplemented:
    case RequestState::kRolledBack:
      return 6;
    case RequestState::kRegistered:
      return 7;
    case RequestState::kClosed:
      return 8;
    default:
      return 0;
  }
}

RequestState StateAfter(Step step) {
  switch (step) {
    case Step::kEvaluationOpened:
      return RequestState::kEvaluating;
    case Step::kEvaluationRejected:
      return RequestState::kRejected;
    case Step::kEvaluationApproved:
    case Step::kPlanApprovalVoided:
      return RequestState::kApproved;
    case Step::kPlanApproved:
      return RequestState::kScheduled;
    case Step::kImplementationStarted:
      return RequestState::kImplementing;
    case Step::kImplementationAccepted:
      return RequestState::kImplemented;
    case Step::kImplementationRolledBack:
      return RequestState::kRolledBack;
    case Step::kChangeRegistered:
      return RequestState::kRegistered;
  }
  return RequestState::kUnspecified;
}

// The position from which the step is taken.
int PositionBefore(Step step) {
  return step == Step::kPlanApprovalVoided ? PositionOf(RequestState::kScheduled) : PositionOf(StateAfter(step)) - 1;
}

absl::Status Contradiction(const Request& request, Step step) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat(StepName(step), " contradicts the request, which is ", RequestStateName(request.state)),
               {{"state", std::string(RequestStateName(request.state))}});
}

absl::Status TooEarly(const Request& request, Step step) {
  return WithRetryDelay(Error(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE,
                              absl::StrCat("the request is still ", RequestStateName(request.state),
                                           ": what comes before ", StepName(step), " has not arrived yet")),
                        absl::Seconds(1));
}

// Whether the request ended, or went the other way where it forked, so that the step can never have happened.
bool Contradicts(const Request& request, Step step) {
  if (PositionOf(request.state) == 0) return true;
  if (request.state == RequestState::kRejected) {
    return step != Step::kEvaluationOpened && step != Step::kEvaluationRejected;
  }
  if (step == Step::kEvaluationRejected) return PositionOf(request.state) >= PositionOf(RequestState::kApproved);
  if (step == Step::kImplementationAccepted) return request.result == Result::kRolledBack;
  if (step == Step::kImplementationRolledBack) return request.result == Result::kImplemented;
  return false;
}

}  // namespace

absl::string_view StepName(Step step) {
  switch (step) {
    case Step::kEvaluationOpened:
      return "EvaluationOpened";
    case Step::kEvaluationRejected:
      return "EvaluationRejected";
    case Step::kEvaluationApproved:
      return "EvaluationApproved";
    case Step::kPlanApproved:
      return "PlanApproved";
    case Step::kPlanApprovalVoided:
      return "PlanApprovalVoided";
    case Step::kImplementationStarted:
      return "ImplementationStarted";
    case Step::kImplementationAccepted:
      return "ImplementationAccepted";
    case Step::kImplementationRolledBack:
      return "ImplementationRolledBack";
    case Step::kChangeRegistered:
      return "ChangeRegistered";
  }
  return "";
}

absl::StatusOr<bool> Advance(Request& request, Step step, absl::Time now) {
  if (Contradicts(request, step)) return Contradiction(request, step);
  const int position = PositionOf(request.state);
  if (position > PositionBefore(step)) return false;
  if (position < PositionBefore(step)) {
    // A voided approval that was followed by nothing: the plan is back where the request still is.
    if (step == Step::kPlanApprovalVoided && request.state == RequestState::kApproved) return false;
    return TooEarly(request, step);
  }
  if (step == Step::kImplementationAccepted) request.result = Result::kImplemented;
  if (step == Step::kImplementationRolledBack) request.result = Result::kRolledBack;
  request.Enter(StateAfter(step), now);
  return true;
}

}  // namespace docket::request
