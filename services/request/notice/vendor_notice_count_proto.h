// How many vendors' notices there are, as it is asked and answered.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_COUNT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_COUNT_PROTO_H_

#include "absl/status/statusor.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "services/request/notice/vendor_notice.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

// Whoever acts for a vendor asks for that vendor's only. INVALID_ARGUMENT / INVALID_FIELDS on `group_by[i]`, or /
// INVALID_FILTER.
absl::StatusOr<TallyQuestion> ReadNoticeCount(const v1::CountVendorNoticesRequest& call, const NoticeAttempt& by);
v1::CountVendorNoticesResponse ToNoticeCounts(const TallyCounts& counts);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_COUNT_PROTO_H_
