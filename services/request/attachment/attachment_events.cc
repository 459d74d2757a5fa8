#include "services/request/attachment/attachment_events.h"

#include "absl/strings/escaping.h"
#include "common/identifier/uuid.h"

namespace docket::request {

event::v1::AttachmentFacts FactsOf(const Attachment& attachment) {
  event::v1::AttachmentFacts facts;
  facts.set_request(RequestName(attachment.organization_id, FormatUuid(attachment.request_id)));
  facts.set_file_name(attachment.file_name);
  facts.set_media_type(attachment.media_type);
  facts.set_size_bytes(attachment.size_bytes);
  facts.set_sha256(absl::BytesToHexString(attachment.sha256));
  return facts;
}

}  // namespace docket::request
