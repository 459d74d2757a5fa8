#include "services/request/attachment/attachment_proto.h"

#include "absl/strings/escaping.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {

static_assert(static_cast<int>(AttachmentState::kDeleted) == v1::Attachment::STATE_DELETED);

v1::Attachment ToProto(const Attachment& attachment) {
  v1::Attachment proto;
  proto.set_name(attachment.Name());
  proto.set_file_name(attachment.file_name);
  proto.set_media_type(attachment.media_type);
  proto.set_size_bytes(attachment.size_bytes);
  proto.set_sha256(absl::BytesToHexString(attachment.sha256));
  proto.set_state(static_cast<v1::Attachment::State>(attachment.state));
  proto.set_received_bytes(attachment.received_bytes);
  proto.set_creator(attachment.creator);
  *proto.mutable_create_time() = ToTimestamp(attachment.create_time);
  *proto.mutable_update_time() = ToTimestamp(attachment.update_time);
  proto.set_etag(EtagOf(attachment.revision));
  return proto;
}

Attachment AttachmentFromProto(const v1::Attachment& proto) {
  Attachment attachment;
  attachment.file_name = proto.file_name();
  attachment.media_type = proto.media_type();
  attachment.size_bytes = proto.size_bytes();
  attachment.sha256 = absl::HexStringToBytes(proto.sha256());
  return attachment;
}

}  // namespace docket::request
