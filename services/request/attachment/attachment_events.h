// What is reported of attachments.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_EVENTS_H_

#include <string>

#include "common/events/event_recorder.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/attachment_events.pb.h"
#include "services/request/attachment/attachment.h"
#include "services/request/attachment/attachment_proto.h"
#include "services/request/request_events.h"

namespace docket::request {

event::v1::AttachmentFacts FactsOf(const Attachment& attachment);

// Adds the event of type Payload, any message with a field `attachment`. `before` is nullptr for a new one.
template <typename Payload>
void Report(events::EventRecorder& recorder, Payload payload, const Attachment* before, const Attachment& after,
            std::string reason = "") {
  *payload.mutable_attachment() = FactsOf(after);
  const std::string name = after.Name();
  events::EventFacts facts{.subject = name,
                           .revision = after.revision,
                           .change = ParentOf(name),
                           .reason = std::move(reason),
                           .after_sha256 = ContentSha256(ToProto(after))};
  if (before != nullptr) {
    facts.before_sha256 = ContentSha256(ToProto(*before));
    facts.changes = {
        {"state", std::string(AttachmentStateName(before->state)), std::string(AttachmentStateName(after.state))}};
  }
  recorder.Add(payload, facts);
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_EVENTS_H_
