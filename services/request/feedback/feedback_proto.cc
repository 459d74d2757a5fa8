#include "services/request/feedback/feedback_proto.h"

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {

static_assert(static_cast<int>(FeedbackState::kDismissed) == v1::Feedback::STATE_DISMISSED);
static_assert(static_cast<int>(FeedbackChannel::kEmail) == v1::Feedback::CHANNEL_EMAIL);

v1::Feedback ToProto(const Feedback& feedback) {
  v1::Feedback proto;
  proto.set_name(feedback.Name());
  proto.set_system(SystemName(feedback.organization_id, feedback.system_id));
  proto.set_text(feedback.text);
  proto.set_channel(static_cast<v1::Feedback::Channel>(feedback.channel));
  proto.set_reporter(feedback.reporter);
  *proto.mutable_received_time() = ToTimestamp(feedback.received_time);
  proto.set_state(static_cast<v1::Feedback::State>(feedback.state));
  if (!feedback.request_id.empty()) {
    proto.set_request(RequestName(feedback.organization_id, FormatUuid(feedback.request_id)));
  }
  proto.set_dismiss_reason(feedback.dismiss_reason);
  proto.set_creator(feedback.creator);
  *proto.mutable_create_time() = ToTimestamp(feedback.create_time);
  *proto.mutable_update_time() = ToTimestamp(feedback.update_time);
  proto.set_etag(EtagOf(feedback.revision));
  return proto;
}

Feedback FeedbackFromProto(absl::string_view organization_id, const v1::Feedback& proto, absl::Time now) {
  Feedback feedback;
  feedback.organization_id = std::string(organization_id);
  feedback.system_id = LastId(proto.system());
  feedback.text = proto.text();
  feedback.channel = static_cast<FeedbackChannel>(proto.channel());
  feedback.reporter = proto.reporter();
  feedback.received_time = proto.has_received_time() ? FromTimestamp(proto.received_time()) : now;
  feedback.create_time = feedback.update_time = now;
  return feedback;
}

v1::Feedback FeedbackFromItem(const v1::FeedbackItem& item) {
  v1::Feedback feedback;
  feedback.set_system(item.system());
  feedback.set_text(item.text());
  feedback.set_channel(item.channel());
  feedback.set_reporter(item.reporter());
  if (item.has_received_time()) *feedback.mutable_received_time() = item.received_time();
  return feedback;
}

v1::FeedbackResult ResultOf(const std::string& name, const absl::Status& status) {
  v1::FeedbackResult result;
  result.set_name(name);
  if (status.ok()) return result;
  result.set_code(absl::StatusCodeToString(status.code()));
  result.set_reason(ReasonName(GetReason(status)));
  std::string message(status.message());
  if (const auto fields = GetBadRequest(status); fields.has_value()) {
    for (const auto& violation : fields->field_violations()) {
      if (message.size() > 1000) break;
      absl::StrAppend(&message, "; ", violation.field(), ": ", violation.description());
    }
  }
  result.set_message(message);
  return result;
}

}  // namespace docket::request
