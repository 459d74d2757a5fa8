// Serves docket.request.v1.RequestBatchService. Each element goes through RequestService's own handlers as a call of
// its own; the batch as such is not recorded, since each of its elements is.
#ifndef DOCKET_SERVICES_REQUEST_BATCH_REQUEST_BATCH_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_BATCH_REQUEST_BATCH_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/rpc/responder.h"
#include "docket/request/v1/request_batch_service.pb.h"
#include "services/request/batch/element_service.h"
#include "services/request/request_service.h"

namespace docket::request {

class RequestBatchService {
 public:
  // The service must outlive this one.
  explicit RequestBatchService(RequestService& requests);

  void Register(rpc::MethodTable& table);

 private:
  // Answer later: their elements share transactions.
  void BatchCreateRequests(const rpc::CallContext& context, const v1::BatchCreateRequestsRequest& call,
                           rpc::Responder<v1::BatchCreateRequestsResponse> responder);
  void BatchSubmitRequests(const rpc::CallContext& context, const v1::BatchSubmitRequestsRequest& call,
                           rpc::Responder<v1::BatchSubmitRequestsResponse> responder);
  // One element after the other, each in a transaction of its own.
  absl::StatusOr<v1::BatchEndorseRequestsResponse> BatchEndorseRequests(const rpc::CallContext& context,
                                                                        const v1::BatchEndorseRequestsRequest& call);
  absl::StatusOr<v1::BatchTriageRequestsResponse> BatchTriageRequests(const rpc::CallContext& context,
                                                                      const v1::BatchTriageRequestsRequest& call);

  RequestService& requests_;
  const ElementRules create_rules_;
  const ElementRules submit_rules_;
  const ElementRules endorse_rules_;
  const ElementRules triage_rules_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_BATCH_REQUEST_BATCH_SERVICE_H_
