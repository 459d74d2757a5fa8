// Serves docket.request.v1.RequestService, but for what RequestRelationService and RequestSearchService serve of it.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_SERVICE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/mysql/transaction.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/rpc/responder.h"
#include "common/status/error.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/merge_follower.h"
#include "services/request/preauthorization_sources.h"
#include "services/request/request_creator_service.h"
#include "services/request/request_filter_service.h"
#include "services/request/request_relation_store.h"
#include "services/request/request_store.h"
#include "services/request/request_submitter_service.h"

namespace docket::request {

// What the rules of CreateRequest's fields leave to be said about its form.
void CheckNewForm(const v1::CreateRequestRequest& call, FieldViolations& violations);

class RequestService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    RequestStore& store;
    DirectoryStore& directory;
    CatalogStore& catalog;
    RequestRelationStore& relations;
    RequestCreator& creator;
    RequestSubmitter& submitter;
    PreauthorizationSource& preauthorization;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
    // Rooms that carry what they keep of a merged request over to the one it is merged into.
    std::vector<MergeFollower*> merge_followers;
  };

  explicit RequestService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

  // The handlers that RequestBatchService shares, for calls whose fields were checked.
  void CreateRequest(const rpc::CallContext& context, const v1::CreateRequestRequest& call,
                     rpc::Responder<v1::Request> responder);
  void SubmitRequest(const rpc::CallContext& context, const v1::SubmitRequestRequest& call,
                     rpc::Responder<v1::Request> responder);
  absl::StatusOr<v1::Request> EndorseRequest(const rpc::CallContext& context, const v1::EndorseRequestRequest& call);
  absl::StatusOr<v1::Request> TriageRequest(const rpc::CallContext& context, const v1::TriageRequestRequest& call);

 private:
  absl::StatusOr<v1::Request> GetRequest(const rpc::CallContext& context, const v1::GetRequestRequest& call);
  absl::Status ListRequests(const rpc::CallContext& context, const v1::ListRequestsRequest& call,
                            v1::ListRequestsResponse& reply);
  absl::StatusOr<v1::Request> UpdateRequest(const rpc::CallContext& context, const v1::UpdateRequestRequest& call);
  absl::StatusOr<v1::Request> WithdrawRequest(const rpc::CallContext& context, const v1::WithdrawRequestRequest& call);
  absl::StatusOr<v1::Request> ReturnRequest(const rpc::CallContext& context, const v1::ReturnRequestRequest& call);
  absl::StatusOr<v1::Request> HoldRequest(const rpc::CallContext& context, const v1::HoldRequestRequest& call);
  absl::StatusOr<v1::Request> ResumeRequest(const rpc::CallContext& context, const v1::ResumeRequestRequest& call);
  absl::StatusOr<v1::Request> CloseRequest(const rpc::CallContext& context, const v1::CloseRequestRequest& call);

  // Moves `request`, which is as loaded, and reports what it did.
  using Act =
      absl::FunctionRef<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder, Request& request)>;
  // Load, act, save, reply. NOT_FOUND for what the caller may not see. `other_id`, where there is one, is a request
  // that `act` is going to load too: both are then held in the order of their ids.
  absl::StatusOr<v1::Request> Change(const rpc::CallContext& context, const std::string& name, Act act,
                                     const std::string& other_id = "");

  // Whether the caller may know of it: of a draft its author, and a vendor only of what concerns the vendor's systems.
  absl::StatusOr<bool> IsShown(const rpc::CallContext& context, const Request& request);

  // Who calls, with the etag of the version that the call is about.
  Attempt AttemptOf(const rpc::CallContext& context, absl::string_view etag);

  // Whether a request that is about to be accepted still starts from what is installed.
  absl::Status CheckStillStartsFrom(mysql::Transaction& tx, const Request& request);
  // Of a standard change that triage accepted: it is approved at once, and reported. Others are left alone.
  absl::Status Preauthorize(mysql::Transaction& tx, events::EventRecorder& recorder, Request& request);

  // Leaves the merged request as a duplicate of the one with this id, which becomes part of the transaction.
  // FAILED_PRECONDITION where it cannot be folded into that.
  absl::Status Merge(mysql::Transaction& tx, events::EventRecorder& recorder, const std::string& target_id,
                     Request& merged);

  const Parts parts_;
  RequestFilters filters_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_SERVICE_H_
