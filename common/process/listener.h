// What services and the gateway read alike from `listener` in their configuration.
#ifndef DOCKET_COMMON_PROCESS_LISTENER_H_
#define DOCKET_COMMON_PROCESS_LISTENER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/metrics/metrics_server.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "common/rpc/tls.h"
#include "docket/process/v1/config.pb.h"

namespace docket::process {

// What the command line asked for.
struct CommandLine {
  // `serve` or `migrate`.
  std::string command;
  std::string config_file;
};

// INVALID_ARGUMENT with a usage text for anything else than `serve|migrate --config=FILE`.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv);

inline constexpr int kDefaultWorkers = 32;

std::optional<rpc::TlsFiles> TlsFilesOf(const v1::Listener& listener);
Severity SeverityOf(const v1::Listener& listener);
int WorkersOf(const v1::Listener& listener);

// FAILED_PRECONDITION unless exactly one of tls and insecure is chosen.
absl::Status CheckListener(const v1::Listener& listener);

// Everything but the readiness probe.
rpc::ServerOptions ServerOptionsOf(const v1::Listener& listener, absl::string_view service);

// Serves /metrics where the listener asks for it; nullptr where it does not.
absl::StatusOr<std::unique_ptr<MetricsServer>> StartMetricsServer(const v1::Listener& listener, Metrics& metrics);

// A channel to the peer of that name. FAILED_PRECONDITION when there is none.
absl::StatusOr<std::shared_ptr<rpc::Channel>> ChannelTo(const v1::Listener& listener,
                                                        const google::protobuf::RepeatedPtrField<v1::Peer>& peers,
                                                        absl::string_view service);

// Writes the port for who started the process; the file appears whole or not at all.
absl::Status WritePortFile(const v1::Listener& listener, int port);

}  // namespace docket::process

#endif  // DOCKET_COMMON_PROCESS_LISTENER_H_
