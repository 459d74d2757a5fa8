// Feedback between the domain and the contract, both directions side by side.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_PROTO_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_PROTO_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/request/v1/feedback.pb.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "services/request/feedback/feedback.h"

namespace docket::request {

v1::Feedback ToProto(const Feedback& feedback);

// An item that comes in now; the id and the creator are the caller's to fill in.
Feedback FeedbackFromProto(absl::string_view organization_id, const v1::Feedback& feedback, absl::Time now);

// An item of a batch, to be judged by the rules of the contract.
v1::Feedback FeedbackFromItem(const v1::FeedbackItem& item);

// What became of the item of that name.
v1::FeedbackResult ResultOf(const std::string& name, const absl::Status& status);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_PROTO_H_
