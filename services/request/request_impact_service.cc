#include "services/request/request_impact_service.h"

#include <optional>
#include <string>

#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/request_attempt_service.h"

namespace docket::request {

void RequestImpactService::Register(rpc::MethodTable& table) {
  table.Unary("docket.request.v1.RequestService/GetRequestImpact", this, &RequestImpactService::GetRequestImpact);
}

absl::StatusOr<v1::RequestImpact> RequestImpactService::GetRequestImpact(const rpc::CallContext& context,
                                                                         const v1::GetRequestImpactRequest& call) {
  const std::string organization_id = OrganizationId(call.name());
  DOCKET_ASSIGN_OR_RETURN(const std::string id, RequestIdOf(call.name()));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Request> request, store_.Find(context.deadline(), organization_id, id));
  if (!request.has_value() || !request->VisibleTo(context.principal().name())) return NotFoundError(call.name());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<v1::RequestImpact> impact,
                          impacts_.Find(context.deadline(), organization_id, id));
  if (!impact.has_value()) return NotFoundError(call.name());
  return *impact;
}

}  // namespace docket::request
