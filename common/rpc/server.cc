#include "common/rpc/server.h"

#include <dlfcn.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "absl/base/call_once.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/health_monitor.h"
#include "common/rpc/method_service.h"
#include "common/rpc/server_state.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::rpc {
namespace {

// Answered while the process turns, whatever else is the matter.
constexpr char kLiveness[] = "liveness";
// What answered calls get to reach the wire; then what is left, health watches, is cut.
constexpr absl::Duration kFlushGrace = absl::Seconds(1);

absl::Status WrongOptions(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("server options: ", what));
}

absl::Status CheckOptions(const ServerOptions& options, const ServerDependencies& dependencies) {
  if (options.service.empty()) return WrongOptions("service is not set");
  if (options.address.empty()) return WrongOptions("address is not set");
  if (options.tls.has_value() == options.insecure) return WrongOptions("either tls or insecure must be chosen");
  if (options.workers < 1 || options.queue_limit < 1 || options.max_streams < 1)
    return WrongOptions("workers, queue_limit and max_streams start at 1");
  if (options.probe_interval < absl::Milliseconds(10)) return WrongOptions("probe_interval is too short");
  if (dependencies.logger == nullptr || dependencies.metrics == nullptr || dependencies.clock == nullptr) {
    return WrongOptions("logger, metrics and clock are needed");
  }
  return absl::OkStatus();
}

// Loading gRPC's reflection library is what switches it on, for every server that the process starts afterwards; linked
// to it, every process would have it always.
absl::Status SwitchOnReflection() {
  const std::vector<std::string> version = absl::StrSplit(grpc::Version(), '.');
  const std::string library =
      absl::StrCat("libgrpc++_reflection.so.", version[0], ".", version.size() > 1 ? version[1] : "");
  if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("reflection needs ", library, ", which is not installed"));
}

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

void SetConnectionOptions(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(options.max_message_bytes);
  // Two servers on one port would both start and share its calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(options.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(options.max_connection_age_grace));
  // Clients ping every 30 s, with and without calls; that must not count as abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A client that vanished without a word is noticed, and its streams end.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Waits, but no longer than until a further signal.
void WaitUnlessSignalled(absl::Duration duration) {
  const sigset_t signals = EndSignals();
  const timespec timeout = absl::ToTimespec(duration);
  sigtimedwait(&signals, nullptr, &timeout);
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, ServerDependencies dependencies)
      : options_(options),
        dependencies_(dependencies),
        state_(options, *dependencies.logger),
        unknown_methods_("docket." + options.service) {}

  // Waits for handlers that still run or owe an answer, however long.
  ~Impl() {
    Shutdown(nullptr, absl::SleepFor).IgnoreError();
    state_.in_flight().WaitUntilEmpty(absl::InfiniteFuture());
    DrainWorkers();
  }

  absl::Status Start(MethodTable table) {
    DOCKET_RETURN_IF_ERROR(MakeServices(table));
    DOCKET_RETURN_IF_ERROR(Listen());
    Observe();
    grpc_server_->GetHealthCheckService()->SetServingStatus(kLiveness, true);
    health_ = std::make_unique<HealthMonitor>(
        state_.workers(), options_.readiness_probe, options_.probe_interval, [this](bool ready) { Publish(ready); },
        *dependencies_.clock, *dependencies_.logger);
    Publish(false);
    health_->Start();
    return absl::OkStatus();
  }

  int port() const { return port_; }
  bool CheckReadiness() { return health_->CheckNow(); }
  Logger& logger() { return *dependencies_.logger; }

  absl::Status Shutdown(const std::function<void()>& stop_background, const std::function<void(absl::Duration)>& wait) {
    absl::MutexLock lock(&shutdown_mutex_);
    if (!shutdown_result_.has_value()) shutdown_result_ = ShutdownOnce(stop_background, wait);
    return *shutdown_result_;
  }

 private:
  absl::Status MakeServices(const MethodTable& table) {
    DOCKET_RETURN_IF_ERROR(table.Check());
    for (const std::string& name : table.services()) {
      std::vector<std::unique_ptr<ServedMethod>> methods;
      for (const MethodHandler& handler : table.handlers()) {
        if (handler.path.substr(0, handler.path.rfind('/')) != name) continue;
        DOCKET_ASSIGN_OR_RETURN(std::unique_ptr<ServedMethod> method,
                                ServedMethod::Compile(handler, *dependencies_.metrics));
        methods.push_back(std::move(method));
      }
      services_.push_back(std::make_unique<MethodService>(std::move(methods), state_));
      service_names_.push_back(name);
    }
    return absl::OkStatus();
  }

  absl::Status Listen() {
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (options_.tls.has_value()) {
      DOCKET_ASSIGN_OR_RETURN(credentials, MakeServerCredentials(*options_.tls));
    }
    PrepareProcess();
    if (options_.reflection) DOCKET_RETURN_IF_ERROR(SwitchOnReflection());
    grpc::ServerBuilder builder;
    SetConnectionOptions(options_, builder);
    builder.AddListeningPort(options_.address, credentials, &port_);
    for (const auto& service : services_) builder.RegisterService(service.get());
    builder.RegisterCallbackGenericService(&unknown_methods_);
    grpc_server_ = builder.BuildAndStart();
    if (grpc_server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", options_.address, ": the address is in use or not allowed"));
    }
    return absl::OkStatus();
  }

  void Observe() {
    const auto observe = [this](const char* name, const char* help, std::function<double()> read) {
      observations_.push_back(dependencies_.metrics->Observe(name, help, {}, std::move(read)));
    };
    observe("docket_rpc_queue_length", "Calls that wait for a worker.", [this] { return state_.workers().queued(); });
    observe("docket_rpc_busy_workers", "Workers that serve a call.", [this] { return state_.workers().busy(); });
    observe("docket_rpc_in_flight", "Calls taken on and not finished.", [this] { return state_.in_flight().count(); });
    observe("docket_rpc_streams", "Server-streaming calls that are open.", [this] { return state_.stream_count(); });
  }

  void Publish(bool ready) {
    grpc::HealthCheckServiceInterface* health = grpc_server_->GetHealthCheckService();
    health->SetServingStatus("", ready);
    for (const std::string& name : service_names_) health->SetServingStatus(name, ready);
  }

  absl::Status ShutdownOnce(const std::function<void()>& stop_background,
                            const std::function<void(absl::Duration)>& wait) {
    if (grpc_server_ == nullptr) return absl::OkStatus();
    health_->Stop();
    grpc_server_->GetHealthCheckService()->Shutdown();
    if (options_.drain_delay > absl::ZeroDuration()) wait(options_.drain_delay);
    if (stop_background) stop_background();

    InFlight& calls = state_.in_flight();
    calls.Close();
    bool ended = calls.WaitUntilEmpty(absl::Now() + options_.shutdown_grace);
    if (!ended) {
      calls.CancelAll();
      ended = calls.WaitUntilEmpty(absl::Now() + options_.cancel_grace);
    }
    // A call that is never answered would keep gRPC from ending.
    if (!ended) calls.AnswerAll(state_.Refusal());
    grpc_server_->Shutdown(absl::ToChronoTime(absl::Now() + kFlushGrace));
    observations_.clear();
    // Joining waits for handlers however long they take, so it is for those that have ended.
    if (!ended || !health_->WaitForProbe(absl::Now() + options_.cancel_grace)) {
      return absl::DeadlineExceededError("a handler still runs although it was cancelled");
    }
    DrainWorkers();
    return absl::OkStatus();
  }

  void DrainWorkers() {
    state_.workers().Drain(absl::InfiniteFuture());
    state_.streams().Drain(absl::InfiniteFuture());
  }

  const ServerOptions options_;
  const ServerDependencies dependencies_;
  ServerState state_;
  UnknownMethods unknown_methods_;
  std::vector<std::unique_ptr<MethodService>> services_;
  std::vector<std::string> service_names_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> grpc_server_;
  std::unique_ptr<HealthMonitor> health_;
  std::vector<std::unique_ptr<Metrics::Observation>> observations_;
  absl::Mutex shutdown_mutex_;
  std::optional<absl::Status> shutdown_result_ ABSL_GUARDED_BY(shutdown_mutex_);
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, MethodTable table,
                                                      ServerDependencies dependencies) {
  DOCKET_RETURN_IF_ERROR(CheckOptions(options, dependencies));
  auto impl = std::make_unique<Impl>(options, dependencies);
  DOCKET_RETURN_IF_ERROR(impl->Start(std::move(table)));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

int Server::port() const { return impl_->port(); }
bool Server::CheckReadiness() { return impl_->CheckReadiness(); }
absl::Status Server::Shutdown(std::function<void()> stop_background) {
  return impl_->Shutdown(stop_background, absl::SleepFor);
}

int Server::RunUntilSignal(std::function<void()> stop_background) {
  const sigset_t signals = EndSignals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  impl_->logger().Info("shutting down", {{"signal", signal}});
  const absl::Status status = impl_->Shutdown(stop_background, WaitUnlessSignalled);
  if (status.ok()) {
    impl_->logger().Info("shut down");
    return 0;
  }
  impl_->logger().Error("shutdown is cut short", {{"error", status.message()}});
  // Destructors would wait for threads that do not end.
  std::_Exit(1);
}

void PrepareProcess() {
  static absl::once_flag once;
  absl::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
#ifdef NDEBUG
    // Debian builds Abseil with its deadlock detector on, which every lock of ours and of gRPC pays for: a tenth of a
    // call.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  });
}

void BlockSignals() {
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A reader of the log that goes away must not take the process with it.
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace docket::rpc
