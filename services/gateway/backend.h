// A service behind the gateway: its connections and whether it is well.
#ifndef DOCKET_SERVICES_GATEWAY_BACKEND_H_
#define DOCKET_SERVICES_GATEWAY_BACKEND_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"

namespace docket::gateway {

struct Backend {
  // `request`
  std::string name;
  std::shared_ptr<rpc::Channel> channel;

  // OK when the service says that it serves.
  absl::Status CheckHealth(absl::Duration limit) const;
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_BACKEND_H_
