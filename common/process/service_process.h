// What every service's main() needs before it has anything of its own, and how it ends.
//
//   int main(int argc, char** argv) {
//     rpc::BlockSignals();
//     absl::StatusOr<std::unique_ptr<process::ServiceProcess>> started = process::ServiceProcess::Start(
//         {.name = "request", .schema = {{"events", events::Schema()}, …, {"request", request::Schema()}}, .grants =
//         kGrants}, argc, argv);
//     if (!started.ok()) return process::ReportFailure(started.status());
//     process::ServiceProcess& process = **started;
//     if (process.migrating()) return process.Migrate();
//     … stores, services, relay, table …
//     return process.Serve(std::move(table), [&] { relay.Stop(); });
//   }
//
// Command line: `docket-request serve --config=FILE` or `docket-request migrate --config=FILE`.
#ifndef DOCKET_COMMON_PROCESS_SERVICE_PROCESS_H_
#define DOCKET_COMMON_PROCESS_SERVICE_PROCESS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/relay.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/metrics/metrics_server.h"
#include "common/migration/migration.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/client.h"
#include "common/rpc/method_table.h"
#include "common/rpc/server.h"
#include "common/rpc/tls.h"
#include "docket/process/v1/config.pb.h"

namespace docket::process {

// A set of migrations with a numbering of its own.
struct SchemaTrack {
  std::string name;
  std::vector<migration::Migration> migrations;
};

// A right of the service's database user on one table, e.g. {"entry", "SELECT, INSERT"}.
struct TableGrant {
  std::string table;
  std::string rights;
};

struct ServiceDescription {
  // `request`
  std::string name;
  // In the order in which they are applied.
  std::vector<SchemaTrack> schema;
  // All that the service's database user may do. Tables that are not listed it cannot even read.
  std::vector<TableGrant> grants;
  // Server-streaming calls at a time, each in a thread of its own.
  int max_streams = rpc::ServerOptions().max_streams;
};

class ServiceProcess {
 public:
  // Reads the command line and the configuration; connects to nothing yet.
  static absl::StatusOr<std::unique_ptr<ServiceProcess>> Start(ServiceDescription description, int argc, char** argv);
  ~ServiceProcess();

  // The command was `migrate`.
  bool migrating() const { return migrating_; }
  // Applies the migrations and grants the service's user its rights, as the migration user. Returns the exit code.
  int Migrate();

  const v1::ServiceConfig& config() const { return config_; }
  const std::string& name() const { return description_.name; }
  // `services/request`
  std::string source() const { return "services/" + description_.name; }
  Clock& clock() { return clock_; }
  UuidGenerator& uuids() { return uuids_; }
  Logger& logger() { return logger_; }
  Metrics& metrics() { return metrics_; }
  mysql::Pool& pool() { return *pool_; }
  const PageTokenCodec& page_tokens() const { return page_tokens_; }

  // A channel to another service, or to this one. Fails when the configuration names no such peer.
  absl::StatusOr<std::shared_ptr<rpc::Channel>> PeerChannel(absl::string_view service) const;

  // Options of this service's relay.
  events::RelayOptions relay_options();

  // Serves until SIGTERM or SIGINT. `stop_background` stops what runs beside the server. Returns the exit code.
  int Serve(rpc::MethodTable table, std::function<void()> stop_background);

 private:
  ServiceProcess(ServiceDescription description, v1::ServiceConfig config, bool migrating, PageTokenCodec page_tokens,
                 std::unique_ptr<mysql::Pool> pool, Severity severity);
  absl::Status MigrateSchema();
  absl::StatusOr<std::unique_ptr<rpc::Server>> StartServer(rpc::MethodTable table);

  const ServiceDescription description_;
  const v1::ServiceConfig config_;
  const bool migrating_;
  SystemClock clock_;
  UuidGenerator uuids_{clock_};
  Logger logger_;
  Metrics metrics_;
  const PageTokenCodec page_tokens_;
  std::unique_ptr<mysql::Pool> pool_;
  std::unique_ptr<MetricsServer> metrics_server_;
};

// Says on standard error why the process cannot start, and returns the exit code for it.
int ReportFailure(const absl::Status& status);

}  // namespace docket::process

#endif  // DOCKET_COMMON_PROCESS_SERVICE_PROCESS_H_
