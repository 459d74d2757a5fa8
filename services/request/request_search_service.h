// The methods of docket.request.v1.RequestService that find requests by their words and count them.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/count/count_store.h"
#include "services/request/request_filter_service.h"
#include "services/request/request_store.h"

namespace docket::request {

class RequestSearchService {
 public:
  // All references must outlive the service.
  RequestSearchService(mysql::Pool& pool, RequestStore& store, CountStore& counts, const PageTokenCodec& page_tokens)
      : pool_(pool), store_(store), counts_(counts), page_tokens_(page_tokens) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::Status SearchRequests(const rpc::CallContext& context, const v1::SearchRequestsRequest& call,
                              v1::SearchRequestsResponse& reply);
  absl::StatusOr<v1::CountRequestsResponse> CountRequests(const rpc::CallContext& context,
                                                          const v1::CountRequestsRequest& call);

  mysql::Pool& pool_;
  RequestStore& store_;
  CountStore& counts_;
  const PageTokenCodec& page_tokens_;
  RequestFilters filters_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_SERVICE_H_
