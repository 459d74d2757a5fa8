#include "services/gateway/backend.h"

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "grpc/health/v1/health.pb.h"

namespace docket::gateway {

absl::Status Backend::CheckHealth(absl::Duration limit) const {
  DOCKET_ASSIGN_OR_RETURN(const auto answer,
                          rpc::Call<grpc::health::v1::HealthCheckResponse>(*channel, "grpc.health.v1.Health/Check",
                                                                           rpc::CallOptions::After(limit),
                                                                           grpc::health::v1::HealthCheckRequest()));
  if (answer.status() == grpc::health::v1::HealthCheckResponse::SERVING) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(name, " is not serving"));
}

}  // namespace docket::gateway
