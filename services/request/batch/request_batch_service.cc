#include "services/request/batch/request_batch_service.h"

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/request/v1/request_service.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/repeated_field.h"
#include "services/request/batch/gathering.h"
#include "services/request/item_call_service.h"

namespace docket::request {
namespace {

// For handlers that block. Whatever is about the batch ends it: what was done by then is answered from its records when
// the batch is repeated.
template <typename Reply, typename Single>
absl::StatusOr<Reply> InOrder(
    const rpc::CallContext& batch, const google::protobuf::RepeatedPtrField<Single>& calls, const ElementRules& rules,
    absl::FunctionRef<absl::StatusOr<v1::Request>(const rpc::CallContext&, const Single&)> handle) {
  Reply reply;
  for (int i = 0; i < calls.size(); ++i) {
    DOCKET_RETURN_IF_ERROR(batch.CheckAlive());
    Single call = calls.Get(i);
    if (const absl::Status wrong = rules.Complete(batch, i, &call); !wrong.ok()) {
      DOCKET_ASSIGN_OR_RETURN(*reply.add_results(), ResultOf(wrong, "", batch.trace_id()));
      continue;
    }
    const rpc::CallContext context(ItemCall(batch, &call));
    const absl::StatusOr<v1::Request> answer = handle(context, call);
    if (answer.ok()) {
      *reply.add_results() = ResultOf(*answer);
    } else {
      DOCKET_ASSIGN_OR_RETURN(*reply.add_results(), ResultOf(answer.status(), call.name(), batch.trace_id()));
    }
  }
  return reply;
}

}  // namespace

RequestBatchService::RequestBatchService(RequestService& requests)
    : requests_(requests),
      create_rules_(v1::CreateRequestRequest::descriptor(),
                    [](const google::protobuf::Message& call, FieldViolations& violations) {
                      CheckNewForm(static_cast<const v1::CreateRequestRequest&>(call), violations);
                    }),
      submit_rules_(v1::SubmitRequestRequest::descriptor()),
      endorse_rules_(v1::EndorseRequestRequest::descriptor()),
      triage_rules_(v1::TriageRequestRequest::descriptor()) {}

void RequestBatchService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.RequestBatchService");
  table.Unary("docket.request.v1.RequestBatchService/BatchCreateRequests", this,
              &RequestBatchService::BatchCreateRequests);
  table.Unary("docket.request.v1.RequestBatchService/BatchSubmitRequests", this,
              &RequestBatchService::BatchSubmitRequests);
  table.Unary("docket.request.v1.RequestBatchService/BatchEndorseRequests", this,
              &RequestBatchService::BatchEndorseRequests);
  table.Unary("docket.request.v1.RequestBatchService/BatchTriageRequests", this,
              &RequestBatchService::BatchTriageRequests);
}

void RequestBatchService::BatchCreateRequests(const rpc::CallContext& context,
                                              const v1::BatchCreateRequestsRequest& call,
                                              rpc::Responder<v1::BatchCreateRequestsResponse> responder) {
  Gather(context, call.requests(), create_rules_, std::move(responder),
         [this](const rpc::CallContext& element, const v1::CreateRequestRequest& single,
                rpc::Responder<v1::Request> answer) { requests_.CreateRequest(element, single, std::move(answer)); });
}

void RequestBatchService::BatchSubmitRequests(const rpc::CallContext& context,
                                              const v1::BatchSubmitRequestsRequest& call,
                                              rpc::Responder<v1::BatchSubmitRequestsResponse> responder) {
  Gather(context, call.requests(), submit_rules_, std::move(responder),
         [this](const rpc::CallContext& element, const v1::SubmitRequestRequest& single,
                rpc::Responder<v1::Request> answer) { requests_.SubmitRequest(element, single, std::move(answer)); });
}

absl::StatusOr<v1::BatchEndorseRequestsResponse> RequestBatchService::BatchEndorseRequests(
    const rpc::CallContext& context, const v1::BatchEndorseRequestsRequest& call) {
  return InOrder<v1::BatchEndorseRequestsResponse, v1::EndorseRequestRequest>(
      context, call.requests(), endorse_rules_,
      [this](const rpc::CallContext& element, const v1::EndorseRequestRequest& single) {
        return requests_.EndorseRequest(element, single);
      });
}

absl::StatusOr<v1::BatchTriageRequestsResponse> RequestBatchService::BatchTriageRequests(
    const rpc::CallContext& context, const v1::BatchTriageRequestsRequest& call) {
  return InOrder<v1::BatchTriageRequestsResponse, v1::TriageRequestRequest>(
      context, call.requests(), triage_rules_,
      [this](const rpc::CallContext& element, const v1::TriageRequestRequest& single) {
        return requests_.TriageRequest(element, single);
      });
}

}  // namespace docket::request
