// Serves docket.request.v1.PriorityMatrixService.
#ifndef DOCKET_SERVICES_REQUEST_PRIORITY_MATRIX_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_PRIORITY_MATRIX_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/priority_matrix_service.pb.h"
#include "services/request/priority_matrix_store.h"

namespace docket::request {

class PriorityMatrixService {
 public:
  // All references must outlive the service.
  PriorityMatrixService(PriorityMatrixStore& store, Mutations& mutations, Clock& clock)
      : store_(store), mutations_(mutations), clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::PriorityMatrix> GetPriorityMatrix(const rpc::CallContext& context,
                                                       const v1::GetPriorityMatrixRequest& call);
  absl::StatusOr<v1::PriorityMatrix> UpdatePriorityMatrix(const rpc::CallContext& context,
                                                          const v1::UpdatePriorityMatrixRequest& call);

  PriorityMatrixStore& store_;
  Mutations& mutations_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_PRIORITY_MATRIX_SERVICE_H_
