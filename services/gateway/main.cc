// The gateway's program: configuration, gateway, signals.
#include <signal.h>
#include <unistd.h>

#include <memory>

#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/process/config_file.h"
#include "common/process/listener.h"
#include "common/process/service_process.h"
#include "common/rpc/server.h"
#include "common/status/status_macros.h"
#include "services/gateway/gateway.h"

namespace docket {
namespace {

absl::Status Run(int argc, char** argv) {
  DOCKET_ASSIGN_OR_RETURN(const process::CommandLine line, process::ParseCommandLine(argc, argv));
  if (line.command != "serve")
    return absl::InvalidArgumentError("the gateway keeps nothing and has nothing to migrate");
  DOCKET_ASSIGN_OR_RETURN(const auto config, process::ReadConfig<process::v1::GatewayConfig>(line.config_file));
  SystemClock clock;
  Logger logger(STDERR_FILENO, process::SeverityOf(config.listener()), "gateway", clock);
  Metrics metrics;
  DOCKET_ASSIGN_OR_RETURN(const auto metrics_server, process::StartMetricsServer(config.listener(), metrics));
  DOCKET_ASSIGN_OR_RETURN(const auto gateway, gateway::Gateway::Start(config, {}, clock, logger, metrics));
  logger.Info("serving", {{"port", gateway->port()}});

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int signal = 0;
  sigwait(&signals, &signal);
  gateway->Shutdown();
  logger.Info("stopped");
  return absl::OkStatus();
}

}  // namespace
}  // namespace docket

int main(int argc, char** argv) {
  docket::rpc::BlockSignals();
  const absl::Status status = docket::Run(argc, argv);
  return status.ok() ? 0 : docket::process::ReportFailure(status);
}
