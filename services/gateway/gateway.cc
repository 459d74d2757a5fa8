#include "services/gateway/gateway.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/jwt/jwks.h"
#include "common/jwt/verifier.h"
#include "common/process/config_file.h"
#include "common/process/listener.h"
#include "common/rpc/server.h"
#include "common/status/status_macros.h"
#include "common/worker/periodic_task.h"
#include "services/gateway/proxy_call.h"

namespace docket::gateway {
namespace {

// Twice what is taken: a message somewhat too large is read and refused with a reason; what is larger still, gRPC
// refuses by its length without reading it.
constexpr int kMaxReadBytes = 8 * 1024 * 1024;
constexpr absl::Duration kHealthInterval = absl::Seconds(2);
constexpr absl::Duration kKeysInterval = absl::Seconds(5);
constexpr absl::Duration kHealthLimit = absl::Seconds(1);
constexpr absl::Duration kGrace = absl::Seconds(10);

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> PublicCredentials(const process::v1::GatewayConfig& config) {
  if (config.public_insecure() && config.has_public_tls()) {
    return absl::FailedPreconditionError("choose one of public_tls and public_insecure");
  }
  if (config.public_insecure() || (config.listener().insecure() && !config.has_public_tls())) {
    return grpc::InsecureServerCredentials();
  }
  const process::v1::Tls& tls = config.has_public_tls() ? config.public_tls() : config.listener().tls();
  DOCKET_ASSIGN_OR_RETURN(const std::string certificate, process::ReadFile(tls.certificate_file()));
  DOCKET_ASSIGN_OR_RETURN(const std::string key, process::ReadFile(tls.key_file()));
  // Callers prove who they are by token; they need no certificate.
  grpc::SslServerCredentialsOptions options(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  options.pem_key_cert_pairs.push_back({key, certificate});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<jwt::Verifier> VerifierOf(const process::v1::GatewayConfig& config, const std::string& jwks) {
  DOCKET_ASSIGN_OR_RETURN(jwt::KeySet keys, jwt::KeySet::Parse(jwks));
  return jwt::Verifier(std::move(keys), {.issuer = config.token_issuer(), .audience = config.token_audience()});
}

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReadBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // Below the 30 s at which well-behaved clients ping, so that none is told to calm down.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(const process::v1::GatewayConfig& config, Clock& clock, Logger& logger, Metrics& metrics, Routes routes,
       std::string jwks, jwt::Verifier verifier, std::map<std::string, Backend> backends, const DoorLimits& limits)
      : config_(config),
        logger_(logger),
        routes_(std::move(routes)),
        jwks_(std::move(jwks)),
        verifier_(std::move(verifier), clock),
        backends_(std::move(backends)),
        denials_(backends_.at("audit").channel, clock, logger, metrics),
        door_({.routes = &routes_,
               .backends = backends_,
               .verifier = &verifier_,
               .denials = &denials_,
               .clock = &clock,
               .metrics = &metrics,
               .limits = limits}),
        service_(door_),
        health_task_(
            {.name = "check backends", .interval = kHealthInterval, .max_start_delay = absl::Milliseconds(1)},
            [this] { return CheckBackends(); }, clock, logger),
        keys_task_(
            {.name = "reload keys", .interval = kKeysInterval}, [this] { return ReloadKeys(); }, clock, logger) {}

  absl::Status Serve() {
    DOCKET_ASSIGN_OR_RETURN(const auto credentials, PublicCredentials(config_));
    rpc::PrepareProcess();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(config_.listener().address(), credentials, &port_);
    builder.RegisterCallbackGenericService(&service_);
    SetLimits(builder);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", config_.listener().address()));
    }
    grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
    health->SetServingStatus(true);
    health->SetServingStatus("liveness", true);
    for (const auto& [name, backend] : backends_) {
      for (const auto* service : routes_.ServicesOf(name)) health->SetServingStatus(service->full_name(), false);
    }
    denials_.Start();
    health_task_.Start();
    keys_task_.Start();
    return process::WritePortFile(config_.listener(), port_);
  }

  // Through the task, so that two never run at once.
  absl::Status CheckBackendsNow() { return health_task_.RunOnce(); }

  absl::Status CheckBackends() {
    for (const auto& [name, backend] : backends_) {
      const absl::Status health = backend.CheckHealth(kHealthLimit);
      const bool serving = health.ok();
      for (const auto* service : routes_.ServicesOf(name)) {
        server_->GetHealthCheckService()->SetServingStatus(service->full_name(), serving);
      }
      const auto [known, first] = serving_.try_emplace(name, !serving);
      if (known->second != serving && serving) logger_.Info("backend serves", {{"backend", name}});
      if (known->second != serving && !serving) {
        logger_.Warning("backend does not serve", {{"backend", name}, {"error", health.message()}});
      }
      known->second = serving;
    }
    return absl::OkStatus();
  }

  absl::Status ReloadKeysNow() { return keys_task_.RunOnce(); }

  // A file that cannot be read or makes no sense leaves the keys as they are: it may be half written.
  absl::Status ReloadKeys() {
    DOCKET_ASSIGN_OR_RETURN(std::string jwks, process::ReadFile(config_.jwks_file()));
    if (jwks == jwks_) return absl::OkStatus();
    DOCKET_ASSIGN_OR_RETURN(jwt::Verifier verifier, VerifierOf(config_, jwks));
    verifier_.Replace(std::move(verifier));
    jwks_ = std::move(jwks);
    logger_.Info("keys of tokens changed", {{"file", config_.jwks_file()}});
    return absl::OkStatus();
  }

  void Shutdown() {
    if (server_ == nullptr || stopped_.exchange(true)) return;
    server_->GetHealthCheckService()->Shutdown();
    const auto& drain = config_.listener();
    absl::SleepFor(drain.has_drain_delay()
                       ? absl::Seconds(drain.drain_delay().seconds()) + absl::Nanoseconds(drain.drain_delay().nanos())
                       : absl::Seconds(3));
    health_task_.Stop();
    keys_task_.Stop();
    server_->Shutdown(absl::ToChronoTime(absl::Now() + kGrace));
    denials_.Stop();
  }

  int port() const { return port_; }

 private:
  const process::v1::GatewayConfig config_;
  Logger& logger_;
  const Routes routes_;
  std::string jwks_;  // Touched by the keys' task only.
  jwt::CachingVerifier verifier_;
  const std::map<std::string, Backend> backends_;
  DenialReporter denials_;
  Door door_;
  ProxyService service_;
  std::map<std::string, bool> serving_;  // Touched by the health task only.
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> stopped_{false};
  PeriodicTask health_task_;
  PeriodicTask keys_task_;
};

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const process::v1::GatewayConfig& config,
                                                        const DoorLimits& limits, Clock& clock, Logger& logger,
                                                        Metrics& metrics) {
  DOCKET_RETURN_IF_ERROR(process::CheckListener(config.listener()));
  DOCKET_ASSIGN_OR_RETURN(Routes routes, Routes::Create());
  DOCKET_ASSIGN_OR_RETURN(std::string jwks, process::ReadFile(config.jwks_file()));
  DOCKET_ASSIGN_OR_RETURN(jwt::Verifier verifier, VerifierOf(config, jwks));
  std::map<std::string, Backend> backends;
  for (const process::v1::Peer& peer : config.backends()) {
    if (backends.contains(peer.service())) {
      return absl::FailedPreconditionError(absl::StrCat("backends: ", peer.service(), " stands there twice"));
    }
    if (routes.ServicesOf(peer.service()).empty()) {
      return absl::FailedPreconditionError(absl::StrCat("backends: the contract has nothing of ", peer.service()));
    }
    DOCKET_ASSIGN_OR_RETURN(auto channel,
                            rpc::MakeChannel({.target = peer.target(),
                                              .service = peer.service(),
                                              .tls = process::TlsFilesOf(config.listener()),
                                              .insecure = config.listener().insecure(),
                                              .connections = peer.connections() > 0 ? peer.connections() : 2,
                                              .retry = routes.ServicesOf(peer.service())}));
    backends[peer.service()] = {.name = peer.service(), .channel = std::move(channel)};
  }
  if (!backends.contains("audit"))
    return absl::FailedPreconditionError("backends: audit is missing, which refusals are reported to");
  auto impl = std::make_unique<Impl>(config, clock, logger, metrics, std::move(routes), std::move(jwks),
                                     std::move(verifier), std::move(backends), limits);
  DOCKET_RETURN_IF_ERROR(impl->Serve());
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gateway::~Gateway() { Shutdown(); }
int Gateway::port() const { return impl_->port(); }
absl::Status Gateway::ReloadKeys() { return impl_->ReloadKeysNow(); }
absl::Status Gateway::CheckBackends() { return impl_->CheckBackendsNow(); }
void Gateway::Shutdown() { impl_->Shutdown(); }

}  // namespace docket::gateway
