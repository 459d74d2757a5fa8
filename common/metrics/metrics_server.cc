#include "common/metrics/metrics_server.h"

#include <arpa/inet.h>
#include <prometheus/exposer.h>

#include <exception>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace docket {
namespace {

// The library reads a little language of its own out of its listening_ports ("80r,443s"); only a plain address and port
// may get there.
absl::StatusOr<std::string> ListeningPort(const std::string& host, int port) {
  if (port < 0 || port > 65535)
    return absl::InvalidArgumentError(absl::StrCat("metrics port ", port, " is not 0 to 65535"));
  in6_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return absl::StrCat(host, ":", port);
  if (inet_pton(AF_INET6, host.c_str(), &address) == 1) return absl::StrCat("[", host, "]:", port);
  return absl::InvalidArgumentError(absl::StrCat("metrics host \"", host, "\" is not an IPv4 or IPv6 address"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& host, int port,
                                                                    Metrics& metrics) {
  const absl::StatusOr<std::string> listening_port = ListeningPort(host, port);
  if (!listening_port.ok()) return listening_port.status();
  const std::vector<std::string> options = {
      "listening_ports",       *listening_port,  // one address
      "num_threads",           "2",              // Prometheus and a person
      "request_timeout_ms",    "5000",           // nobody holds one for longer
      "keep_alive_timeout_ms", "5000",           //
  };
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(options);
    for (const auto& collectable : metrics.Collectables()) exposer->RegisterCollectable(collectable);
    const std::vector<int> ports = exposer->GetListeningPorts();
    if (ports.size() != 1) return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", *listening_port));
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(exposer), ports.front()));
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", *listening_port, ": ", e.what()));
  }
}

MetricsServer::MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, int port)
    : exposer_(std::move(exposer)), port_(port) {}

MetricsServer::~MetricsServer() = default;

}  // namespace docket
