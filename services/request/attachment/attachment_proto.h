// Attachments between the domain and the contract, both directions side by side.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_PROTO_H_

#include "docket/request/v1/attachment.pb.h"
#include "services/request/attachment/attachment.h"

namespace docket::request {

v1::Attachment ToProto(const Attachment& attachment);

// What the caller announces; everything else is left aside.
Attachment AttachmentFromProto(const v1::Attachment& attachment);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_PROTO_H_
