#include "common/process/service_process.h"

#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/migration/migrator.h"
#include "common/process/allocator.h"
#include "common/process/config_file.h"
#include "common/process/listener.h"
#include "common/status/status_macros.h"

namespace docket::process {
namespace {

// Connections beside the workers' own: the relay's claim and its consumers' cursors.
constexpr int kBackgroundConnections = 6;
constexpr absl::Duration kMigrationTime = absl::Minutes(10);
constexpr absl::Duration kProbeTime = absl::Seconds(2);

absl::StatusOr<mysql::ConnectionOptions> ConnectionOptionsOf(const v1::Database& database) {
  DOCKET_ASSIGN_OR_RETURN(std::string password, ReadSecret(database.password_file()));
  mysql::ConnectionOptions options;
  options.socket = database.socket();
  if (!database.host().empty()) options.host = database.host();
  if (database.port() != 0) options.port = database.port();
  options.user = database.user();
  options.password = std::move(password);
  options.database = database.name();
  options.tls_ca = database.tls_ca_file();
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServiceProcess>> ServiceProcess::Start(ServiceDescription description, int argc,
                                                                      char** argv) {
  SetUpAllocator();
  DOCKET_ASSIGN_OR_RETURN(const CommandLine line, ParseCommandLine(argc, argv));
  DOCKET_ASSIGN_OR_RETURN(v1::ServiceConfig config, ReadConfig<v1::ServiceConfig>(line.config_file));
  DOCKET_RETURN_IF_ERROR(CheckListener(config.listener()));
  DOCKET_ASSIGN_OR_RETURN(std::string page_token_key, ReadSecret(config.page_token_key_file()));
  DOCKET_ASSIGN_OR_RETURN(PageTokenCodec page_tokens, PageTokenCodec::Create(std::move(page_token_key)));
  DOCKET_ASSIGN_OR_RETURN(mysql::ConnectionOptions connection, ConnectionOptionsOf(config.database()));
  const int connections = config.database().max_connections() > 0
                              ? config.database().max_connections()
                              : WorkersOf(config.listener()) + kBackgroundConnections;
  std::unique_ptr<mysql::Pool> pool =
      mysql::Pool::Create({.connection = std::move(connection), .max_connections = connections});
  const Severity severity = SeverityOf(config.listener());
  return std::unique_ptr<ServiceProcess>(new ServiceProcess(std::move(description), std::move(config),
                                                            line.command == "migrate", std::move(page_tokens),
                                                            std::move(pool), severity));
}

ServiceProcess::ServiceProcess(ServiceDescription description, v1::ServiceConfig config, bool migrating,
                               PageTokenCodec page_tokens, std::unique_ptr<mysql::Pool> pool, Severity severity)
    : description_(std::move(description)),
      config_(std::move(config)),
      migrating_(migrating),
      logger_(STDERR_FILENO, severity, description_.name, clock_),
      page_tokens_(std::move(page_tokens)),
      pool_(std::move(pool)) {}

ServiceProcess::~ServiceProcess() { pool_->Close(); }

int ServiceProcess::Migrate() {
  const absl::Status status = MigrateSchema();
  if (!status.ok()) return ReportFailure(status);
  logger_.Info("schema is up to date", {{"database", config_.database().name()}});
  return 0;
}

absl::Status ServiceProcess::MigrateSchema() {
  if (!config_.has_migration_database())
    return absl::FailedPreconditionError("migration_database: is needed to migrate");
  DOCKET_ASSIGN_OR_RETURN(const mysql::ConnectionOptions admin, ConnectionOptionsOf(config_.migration_database()));
  const absl::Time deadline = absl::Now() + kMigrationTime;
  for (const SchemaTrack& track : description_.schema) {
    migration::Migrator migrator(
        {.connection = admin, .track = track.name, .owner = absl::StrCat(description_.name, "-", getpid())},
        track.migrations);
    DOCKET_RETURN_IF_ERROR(migrator.Run(deadline).status());
  }
  DOCKET_ASSIGN_OR_RETURN(std::unique_ptr<mysql::Connection> connection, mysql::Connection::Open(admin, deadline));
  for (const TableGrant& grant : description_.grants) {
    DOCKET_RETURN_IF_ERROR(
        connection->ExecuteUnprepared(absl::StrCat("GRANT ", grant.rights, " ON `", admin.database, "`.`", grant.table,
                                                   "` TO `", config_.database().user(), "`@`%`")));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> ServiceProcess::PeerChannel(absl::string_view service) const {
  return ChannelTo(config_.listener(), config_.peers(), service);
}

events::RelayOptions ServiceProcess::relay_options() {
  char host[256] = "unknown";
  gethostname(host, sizeof(host) - 1);
  return {.pool = pool_.get(),
          .source = source(),
          .replica = absl::StrCat(host, "/", FormatUuid(uuids_.Next())),
          .logger = &logger_,
          .metrics = &metrics_,
          .clock = &clock_};
}

absl::StatusOr<std::unique_ptr<rpc::Server>> ServiceProcess::StartServer(rpc::MethodTable table) {
  DOCKET_ASSIGN_OR_RETURN(metrics_server_, StartMetricsServer(config_.listener(), metrics_));
  rpc::ServerOptions options = ServerOptionsOf(config_.listener(), description_.name);
  options.max_streams = description_.max_streams;
  options.readiness_probe = [this] { return pool_->Query(absl::Now() + kProbeTime, "SELECT 1").status(); };
  DOCKET_ASSIGN_OR_RETURN(std::unique_ptr<rpc::Server> server,
                          rpc::Server::Start(std::move(options), std::move(table),
                                             {.logger = &logger_, .metrics = &metrics_, .clock = &clock_}));
  DOCKET_RETURN_IF_ERROR(WritePortFile(config_.listener(), server->port()));
  return server;
}

int ServiceProcess::Serve(rpc::MethodTable table, std::function<void()> stop_background) {
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = StartServer(std::move(table));
  if (!server.ok()) {
    if (stop_background) stop_background();
    return ReportFailure(server.status());
  }
  logger_.Info("serving", {{"port", (*server)->port()}});
  const int code = (*server)->RunUntilSignal(std::move(stop_background));
  logger_.Info("stopped", {{"code", code}});
  return code;
}

int ReportFailure(const absl::Status& status) {
  std::cerr << status.message() << std::endl;
  return status.code() == absl::StatusCode::kInvalidArgument ? 2 : 1;
}

}  // namespace docket::process
