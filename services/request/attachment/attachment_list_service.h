// What a request's attachments can be filtered and ordered by.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_LIST_SERVICE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "services/request/attachment/attachment.h"

namespace docket::request {

// The page that a call asks for. Its token is of the caller's alone, to whom uploads of others do not show.
absl::StatusOr<ListPage> ReadAttachmentPage(const v1::ListAttachmentsRequest& call, absl::string_view caller,
                                            const PageTokenCodec& codec);

// What the column of a field of the order holds.
filter::FilterValue AttachmentKeyOf(absl::string_view field, const Attachment& attachment);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_LIST_SERVICE_H_
