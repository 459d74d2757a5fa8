// The door through which Prometheus reads a process's metrics.
#ifndef DOCKET_COMMON_METRICS_METRICS_SERVER_H_
#define DOCKET_COMMON_METRICS_METRICS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/metrics/metrics.h"

namespace prometheus {
class Exposer;
}

namespace docket {

// Serves GET /metrics over plain HTTP on a port of its own until destroyed. It is meant for a network that only
// operators reach.
class MetricsServer {
 public:
  // `host` is an address, not a name: "127.0.0.1", "0.0.0.0", "::1". Port 0 takes a free one. `metrics` must outlive
  // the server. UNAVAILABLE where the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& host, int port, Metrics& metrics);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // The port it listens on.
  int port() const { return port_; }

 private:
  MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, int port);

  const std::unique_ptr<prometheus::Exposer> exposer_;
  const int port_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_METRICS_METRICS_SERVER_H_
