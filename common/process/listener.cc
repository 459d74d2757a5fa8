#include "common/process/listener.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace docket::process {

absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv) {
  const std::string usage = absl::StrCat("usage: ", argc > 0 ? argv[0] : "docket", " serve|migrate --config=FILE");
  if (argc != 3) return absl::InvalidArgumentError(usage);
  CommandLine line{.command = argv[1]};
  absl::string_view file = argv[2];
  if ((line.command != "serve" && line.command != "migrate") || !absl::ConsumePrefix(&file, "--config=") ||
      file.empty()) {
    return absl::InvalidArgumentError(usage);
  }
  line.config_file = std::string(file);
  return line;
}

std::optional<rpc::TlsFiles> TlsFilesOf(const v1::Listener& listener) {
  if (!listener.has_tls()) return std::nullopt;
  return rpc::TlsFiles{.ca_file = listener.tls().ca_file(),
                       .certificate_file = listener.tls().certificate_file(),
                       .key_file = listener.tls().key_file()};
}

Severity SeverityOf(const v1::Listener& listener) {
  for (const Severity severity : {Severity::kDebug, Severity::kWarning, Severity::kError}) {
    if (absl::string_view(listener.log_severity()) == SeverityName(severity)) return severity;
  }
  return Severity::kInfo;
}

int WorkersOf(const v1::Listener& listener) { return listener.workers() > 0 ? listener.workers() : kDefaultWorkers; }

absl::Status CheckListener(const v1::Listener& listener) {
  if (listener.has_tls() != listener.insecure()) return absl::OkStatus();
  return absl::FailedPreconditionError("listener: choose one of tls and insecure");
}

rpc::ServerOptions ServerOptionsOf(const v1::Listener& listener, absl::string_view service) {
  rpc::ServerOptions options{.service = std::string(service),
                             .address = listener.address(),
                             .tls = TlsFilesOf(listener),
                             .insecure = listener.insecure(),
                             .workers = WorkersOf(listener)};
  options.queue_limit = listener.queue_limit() > 0 ? listener.queue_limit() : 4 * options.workers;
  if (listener.has_drain_delay()) {
    options.drain_delay =
        absl::Seconds(listener.drain_delay().seconds()) + absl::Nanoseconds(listener.drain_delay().nanos());
  }
  return options;
}

absl::StatusOr<std::unique_ptr<MetricsServer>> StartMetricsServer(const v1::Listener& listener, Metrics& metrics) {
  if (listener.metrics_address().empty()) return nullptr;
  const size_t colon = listener.metrics_address().rfind(':');
  int port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listener.metrics_address().substr(colon + 1), &port)) {
    return absl::FailedPreconditionError("listener.metrics_address: write host:port");
  }
  return MetricsServer::Start(listener.metrics_address().substr(0, colon), port, metrics);
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> ChannelTo(const v1::Listener& listener,
                                                        const google::protobuf::RepeatedPtrField<v1::Peer>& peers,
                                                        absl::string_view service) {
  for (const v1::Peer& peer : peers) {
    if (absl::string_view(peer.service()) != service) continue;
    return rpc::MakeChannel({.target = peer.target(),
                             .service = peer.service(),
                             .tls = TlsFilesOf(listener),
                             .insecure = listener.insecure(),
                             .connections = peer.connections() > 0 ? peer.connections() : 1});
  }
  return absl::FailedPreconditionError(absl::StrCat("peers: no target for ", service));
}

absl::Status WritePortFile(const v1::Listener& listener, int port) {
  if (listener.port_file().empty()) return absl::OkStatus();
  const std::string temporary = listener.port_file() + ".new";
  std::ofstream(temporary) << port << "\n";
  if (std::rename(temporary.c_str(), listener.port_file().c_str()) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(listener.port_file(), ": cannot be written"));
}

}  // namespace docket::process
