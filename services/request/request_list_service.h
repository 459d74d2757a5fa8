// What requests can be filtered and ordered by, and the pages of such a list.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_LIST_SERVICE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/request_filter_service.h"
#include "services/request/request_list_store.h"

namespace docket::request {

// One page of a ListRequests call.
class RequestPage {
 public:
  // `caller` is the full name of who asks: it decides which drafts the list shows, so its pages are no one else's.
  // Errors: INVALID_ARGUMENT with INVALID_FILTER, INVALID_FIELDS (order_by, page_size) or INVALID_PAGE_TOKEN.
  static absl::StatusOr<RequestPage> Read(const v1::ListRequestsRequest& call, absl::string_view caller,
                                          const PageTokenCodec& codec, RequestFilters& filters);

  // Asks for one row more than the page holds, to see whether there is another page.
  const RequestQuery& query() const { return query_; }

  // Drops the surplus row; returns the token of the next page, empty at the end.
  std::string Trim(ListedRequests& found, const PageTokenCodec& codec) const;

 private:
  RequestQuery query_;
  std::string fingerprint_;
  size_t size_ = 0;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_LIST_SERVICE_H_
