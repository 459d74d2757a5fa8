// The methods of docket.request.v1.RequestService that relate requests to each other.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_RELATION_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_RELATION_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/mutation/mutation.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/request_relation_store.h"
#include "services/request/request_store.h"

namespace docket::request {

class RequestRelationService {
 public:
  // All references must outlive the service.
  RequestRelationService(RequestStore& store, RequestRelationStore& relations, Mutations& mutations, Clock& clock)
      : store_(store), relations_(relations), mutations_(mutations), clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::Request> AddRequestRelation(const rpc::CallContext& context,
                                                 const v1::AddRequestRelationRequest& call);
  absl::StatusOr<v1::Request> RemoveRequestRelation(const rpc::CallContext& context,
                                                    const v1::RemoveRequestRelationRequest& call);

  // Both ends, and who calls: changes them and writes the relation.
  using Act = absl::FunctionRef<absl::Status(mysql::Transaction& tx, Request& one, Request& other, const Attempt& by)>;
  // Loads both ends, checks that the caller may, acts, saves and reports an event of type Payload about each.
  template <typename Payload, typename Call>
  absl::StatusOr<v1::Request> Change(const rpc::CallContext& context, const Call& call, Act act);

  RequestStore& store_;
  RequestRelationStore& relations_;
  Mutations& mutations_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_RELATION_SERVICE_H_
