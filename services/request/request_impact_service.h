// The method of docket.request.v1.RequestService that shows what a request touches.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/request_impact_store.h"
#include "services/request/request_store.h"

namespace docket::request {

class RequestImpactService {
 public:
  // All references must outlive the service.
  RequestImpactService(RequestStore& store, RequestImpactStore& impacts) : store_(store), impacts_(impacts) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::RequestImpact> GetRequestImpact(const rpc::CallContext& context,
                                                     const v1::GetRequestImpactRequest& call);

  RequestStore& store_;
  RequestImpactStore& impacts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_SERVICE_H_
