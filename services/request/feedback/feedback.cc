#include "services/request/feedback/feedback.h"

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/revision.h"

namespace docket::request {

absl::string_view FeedbackStateName(FeedbackState state) {
  switch (state) {
    case FeedbackState::kNew:
      return "NEW";
    case FeedbackState::kFolded:
      return "FOLDED";
    case FeedbackState::kDismissed:
      return "DISMISSED";
    case FeedbackState::kUnspecified:
      return "";
  }
  return "";
}

absl::string_view FeedbackChannelName(FeedbackChannel channel) {
  switch (channel) {
    case FeedbackChannel::kApp:
      return "APP";
    case FeedbackChannel::kPhone:
      return "PHONE";
    case FeedbackChannel::kCounter:
      return "COUNTER";
    case FeedbackChannel::kSurvey:
      return "SURVEY";
    case FeedbackChannel::kEmail:
      return "EMAIL";
    case FeedbackChannel::kUnspecified:
      return "";
  }
  return "";
}

std::string FeedbackName(absl::string_view organization_id, absl::string_view id_text) {
  return ChildName(OrganizationName(organization_id), "feedback", id_text);
}

std::string Feedback::Name() const { return FeedbackName(organization_id, FormatUuid(id)); }

absl::Status Feedback::Fold(absl::string_view into_request_id, absl::Time now) {
  if (state == FeedbackState::kFolded && request_id == into_request_id) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
                 "the feedback is part of this request already", {{"resource", Name()}});
  }
  DOCKET_RETURN_IF_ERROR(CheckState(FeedbackState::kNew));
  request_id = std::string(into_request_id);
  Enter(FeedbackState::kFolded, now);
  return absl::OkStatus();
}

absl::Status Feedback::Unfold(absl::string_view etag, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckState(FeedbackState::kFolded));
  request_id.clear();
  Enter(FeedbackState::kNew, now);
  return absl::OkStatus();
}

absl::Status Feedback::Dismiss(absl::string_view etag, absl::string_view reason, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckState(FeedbackState::kNew));
  dismiss_reason = std::string(reason);
  Enter(FeedbackState::kDismissed, now);
  return absl::OkStatus();
}

absl::Status Feedback::CheckState(FeedbackState allowed) const {
  if (state == allowed) return absl::OkStatus();
  ErrorMetadata metadata = {{"state", std::string(FeedbackStateName(state))},
                            {"allowed_states", std::string(FeedbackStateName(allowed))}};
  std::string where;
  if (!request_id.empty()) {
    metadata["resource"] = RequestName(organization_id, FormatUuid(request_id));
    where = absl::StrCat(", into ", metadata["resource"]);
  }
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat("the feedback is ", FeedbackStateName(state), where, "; this needs it to be ",
                            FeedbackStateName(allowed)),
               metadata);
}

void Feedback::Enter(FeedbackState next, absl::Time now) {
  state = next;
  update_time = now;
  ++revision;
}

absl::Status CheckReceived(const Feedback& feedback, absl::Time now) {
  FieldViolations violations;
  violations.Require(feedback.received_time <= now + kMaxReceivedAhead, "feedback.received_time",
                     "must not lie more than a day in the future");
  return violations.ToStatus();
}

absl::Status CheckFoldTarget(const Request& request) {
  switch (request.state) {
    case RequestState::kMerged:
    case RequestState::kDeclined:
    case RequestState::kWithdrawn:
    case RequestState::kRejected:
    case RequestState::kClosed:
      break;
    default:
      if (request.submit_time.has_value()) return absl::OkStatus();
  }
  const std::string state(RequestStateName(request.state));
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat("the request is ", state, "; feedback folds into one that was submitted and is on its way"),
               {{"resource", request.Name()}, {"state", state}});
}

absl::Status CheckFeedbackRoom(int64_t count, int64_t more) {
  if (count + more <= kMaxFeedbackOfRequest) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
               absl::StrCat("a request holds at most ", kMaxFeedbackOfRequest, " items of feedback; this one has ",
                            count, " and would get ", more, " more"),
               {{"limit", absl::StrCat(kMaxFeedbackOfRequest)}});
}

}  // namespace docket::request
