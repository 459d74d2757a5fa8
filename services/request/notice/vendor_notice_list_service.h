// What vendors' notices can be filtered and ordered by.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_LIST_SERVICE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "services/request/notice/vendor_notice.h"

namespace docket::request {

// The page that a call asks for. `vendor_id` is the vendor that the list is narrowed to; empty: none.
absl::StatusOr<ListPage> ReadNoticePage(const v1::ListVendorNoticesRequest& call, absl::string_view vendor_id,
                                        const PageTokenCodec& codec);

// What the column of a field of the order holds.
filter::FilterValue NoticeKeyOf(absl::string_view field, const VendorNotice& notice);

// Of its texts, which are most of what it takes on the wire.
size_t NoticeTextBytes(const VendorNotice& notice);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_LIST_SERVICE_H_
