#include "services/request/feedback/feedback_events.h"

#include "common/resource_name/resource_name.h"
#include "services/request/feedback/feedback_proto.h"
#include "services/request/request_events.h"

namespace docket::request {
namespace {

// Who said it must not be found by trying digests of likely names.
std::string DigestOf(const Feedback& feedback) {
  v1::Feedback shown = ToProto(feedback);
  shown.clear_reporter();
  return ContentSha256(shown);
}

}  // namespace

void Report(events::EventRecorder& recorder, const google::protobuf::Message& payload, const FeedbackReport& report) {
  events::EventFacts facts{.subject = report.after.Name(),
                           .revision = report.after.revision,
                           .change = report.change,
                           .reason = report.reason,
                           .after_sha256 = DigestOf(report.after)};
  if (report.before != nullptr) {
    facts.before_sha256 = DigestOf(*report.before);
    facts.changes = {{"state", std::string(FeedbackStateName(report.before->state)),
                      std::string(FeedbackStateName(report.after.state))}};
    const std::string request_before = ToProto(*report.before).request();
    const std::string request_after = ToProto(report.after).request();
    if (request_before != request_after) facts.changes.push_back({"request", request_before, request_after});
  }
  if (!report.after.system_id.empty()) {
    facts.systems.push_back(SystemName(report.after.organization_id, report.after.system_id));
  }
  recorder.Add(payload, facts);
}

}  // namespace docket::request
