// What feedback can be filtered and ordered by.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_LIST_SERVICE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "services/request/feedback/feedback.h"

namespace docket::request {

// The page that a call asks for.
absl::StatusOr<ListPage> ReadFeedbackPage(const v1::ListFeedbackRequest& call, const PageTokenCodec& codec);

// What the column of a field of the order holds.
filter::FilterValue FeedbackKeyOf(absl::string_view field, const Feedback& feedback);

// Of its texts, which are most of what it takes on the wire.
size_t FeedbackTextBytes(const Feedback& feedback);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_LIST_SERVICE_H_
