// How many items of feedback there are, as it is asked and answered.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_COUNT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_COUNT_PROTO_H_

#include "absl/status/statusor.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

// INVALID_ARGUMENT / INVALID_FIELDS on `group_by[i]`, or / INVALID_FILTER.
absl::StatusOr<TallyQuestion> ReadFeedbackCount(const v1::CountFeedbackRequest& call);
v1::CountFeedbackResponse ToFeedbackCounts(const TallyCounts& counts);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_COUNT_PROTO_H_
