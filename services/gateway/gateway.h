// The gateway's server: the one door to the services.
#ifndef DOCKET_SERVICES_GATEWAY_GATEWAY_H_
#define DOCKET_SERVICES_GATEWAY_GATEWAY_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "docket/process/v1/config.pb.h"
#include "services/gateway/door.h"

namespace docket::gateway {

class Gateway {
 public:
  // Reads keys and certificates, listens and serves. The references must outlive the gateway.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(const process::v1::GatewayConfig& config,
                                                        const DoorLimits& limits, Clock& clock, Logger& logger,
                                                        Metrics& metrics);
  ~Gateway();

  int port() const;

  // Asks every backend once how it is and publishes the answers: the health of a proto service
  // (`docket.request.v1.RequestService`) is that of the backend behind it. The gateway as a whole ("") serves while its
  // process does: one backend that is away takes nothing from the others. Runs by itself every two seconds.
  absl::Status CheckBackends();

  // Reads the key file again; where it changed, tokens are verified with the new keys from now on, and those verified
  // before are forgotten. Runs by itself every five seconds, so an issuer's keys turn over without a restart.
  absl::Status ReloadKeys();

  // NOT_SERVING, `drain_delay` later no new calls, those under way get ten seconds. Idempotent.
  void Shutdown();

 private:
  class Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_GATEWAY_H_
