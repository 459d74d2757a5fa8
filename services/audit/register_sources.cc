#include "services/audit/register_sources.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/request/v1/directory_service.pb.h"
#include "docket/scheduling/v1/plan_service.pb.h"
#include "services/audit/log_source.h"

namespace docket::audit {
namespace {

constexpr char kGetPlan[] = "docket.scheduling.v1.PlanService/GetPlan";
constexpr char kGetOrganization[] = "docket.request.v1.DirectoryService/GetOrganization";
constexpr absl::Duration kLimit = absl::Seconds(3);

// The service asks in its own name, also where no certificate says who it is.
rpc::CallOptions Within(const rpc::CallContext& context) {
  rpc::CallOptions options = rpc::CallOptions::Within(context, kLimit);
  common::v1::Principal& principal = options.principal.emplace();
  principal.set_name(std::string(kLogSource));
  principal.set_organization("organizations/-");
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return options;
}

}  // namespace

absl::StatusOr<scheduling::v1::Plan> RpcRegisterSources::GetPlan(const rpc::CallContext& context,
                                                                 const std::string& name) {
  scheduling::v1::GetPlanRequest request;
  request.set_name(name);
  return rpc::Call<scheduling::v1::Plan>(*scheduling_, kGetPlan, Within(context), request);
}

absl::StatusOr<absl::TimeZone> RpcRegisterSources::GetTimeZone(const rpc::CallContext& context,
                                                               const std::string& organization) {
  {
    absl::MutexLock lock(&mutex_);
    const auto known = zones_.find(organization);
    if (known != zones_.end()) return known->second;
  }
  request::v1::GetOrganizationRequest request;
  request.set_name(organization);
  DOCKET_ASSIGN_OR_RETURN(const auto answer,
                          rpc::Call<request::v1::Organization>(*request_, kGetOrganization, Within(context), request));
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(answer.time_zone(), &zone)) {
    return InternalError(absl::StrCat("this machine does not know the time zone ", answer.time_zone()));
  }
  absl::MutexLock lock(&mutex_);
  zones_[organization] = zone;
  return zone;
}

}  // namespace docket::audit
