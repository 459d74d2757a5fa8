// A gRPC server whose handlers are the plain functions of a MethodTable.
//
//   int main(int argc, char** argv) {
//     rpc::BlockSignals();                                   // before any thread exists
//     ...
//     rpc::MethodTable table;
//     request_service.Register(table);
//     absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start(
//         {.service = "request", .address = "0.0.0.0:7001", .tls = files, .readiness_probe = [&] { return pool.Ping();
//         }}, std::move(table), {.logger = &logger, .metrics = &metrics, .clock = &clock});
//     if (!server.ok()) { ... return 1; }
//     return (*server)->RunUntilSignal([&] { relay.Stop(); });
//   }
//
// A call's path: gRPC's callback thread counts it, finds out who calls and queues it, or answers RESOURCE_EXHAUSTED /
// OVERLOADED at once when the queue is full. A worker drops it when it is cancelled or has less than 20 ms left, parses
// it, checks access and rules, runs the handler and answers. gRPC's threads never block, so a busy service still
// answers.
#ifndef DOCKET_COMMON_RPC_SERVER_H_
#define DOCKET_COMMON_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/method_table.h"
#include "common/rpc/tls.h"

namespace docket {
class Clock;
class Logger;
class Metrics;
}  // namespace docket

namespace docket::rpc {

struct ServerOptions {
  // `request`: the domain of its errors is `docket.request`.
  std::string service;
  // `host:port`; port 0 takes a free one (see Server::port). A port in use is an error: ports are never shared.
  std::string address;
  // Certificates, or `insecure`, which trusts whoever connects and is for tests and benches. One of the two must be
  // chosen.
  std::optional<TlsFiles> tls;
  bool insecure = false;
  // Services whose certificates may call, and pass on a principal.
  std::vector<std::string> trusted_peers = {"gateway", "request", "evaluation", "scheduling", "audit"};

  // Threads that run unary handlers; about as many as database connections.
  int workers = 16;
  // Calls that may wait for a worker. Beyond it: RESOURCE_EXHAUSTED.
  int queue_limit = 64;
  // Run in each handler thread before its first and after its last call, e.g. a database driver's hooks.
  std::function<void()> on_thread_start;
  std::function<void()> on_thread_stop;
  // Server-streaming calls at a time, each on its own thread.
  int max_streams = 32;
  int max_message_bytes = 4 * 1024 * 1024;

  // Deadline of a call that brings none, and the longest that a unary call or a stream may have.
  absl::Duration default_deadline = absl::Seconds(10);
  absl::Duration max_deadline = absl::Seconds(60);
  absl::Duration max_stream_deadline = absl::Hours(1);

  // Connections are closed gracefully after this time so that clients spread over replicas anew.
  absl::Duration max_connection_age = absl::Minutes(5);
  absl::Duration max_connection_age_grace = absl::Seconds(30);

  // Whether this process can do its work, e.g. whether the database answers. Run through the worker pool, so that stuck
  // workers show. Nothing set: ready while workers run. One that does not return within 90 % of `probe_interval` has
  // failed; it takes two failures in a row to become not ready, and one success to be ready again.
  std::function<absl::Status()> readiness_probe;
  absl::Duration probe_interval = absl::Seconds(5);

  // gRPC server reflection; off in production.
  bool reflection = false;

  // Time between NOT_SERVING and refusing new calls, so that balancers look away first.
  absl::Duration drain_delay = absl::Seconds(3);
  // Time that calls in progress get at shutdown before they are cancelled, and then to notice that.
  absl::Duration shutdown_grace = absl::Seconds(10);
  absl::Duration cancel_grace = absl::Seconds(5);
};

// What the server uses of its process. All must outlive it.
struct ServerDependencies {
  Logger* logger = nullptr;
  Metrics* metrics = nullptr;
  Clock* clock = nullptr;
};

class Server {
 public:
  // Listens and serves. Mistakes of the table, the options or the contract, and an address that cannot be bound, are
  // errors.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, MethodTable table,
                                                       ServerDependencies dependencies);
  // Shuts down first where that has not been done.
  ~Server();

  int port() const;
  // Runs the readiness probe now and publishes what it says. True: ready.
  bool CheckReadiness();

  // NOT_SERVING, then `drain_delay` later `stop_background` (periodic tasks, relays: no new passes), then no new calls,
  // `shutdown_grace` for those in progress, the rest cancelled and answered UNAVAILABLE / SHUTTING_DOWN, workers
  // joined. Returns OK, or DEADLINE_EXCEEDED where a handler or the probe still runs `cancel_grace` after that. Later
  // calls return what the first did.
  absl::Status Shutdown(std::function<void()> stop_background = nullptr);

  // Waits for SIGTERM or SIGINT, then shuts down; a second signal skips what is left of the drain delay. Returns the
  // exit code: 0, or 1 where a handler would not end, in which case the process exits on the spot, since its threads
  // cannot be joined.
  int RunUntilSignal(std::function<void()> stop_background = nullptr);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Blocks SIGTERM and SIGINT in this thread and all that it starts, so that RunUntilSignal receives them. First thing in
// main.
void BlockSignals();

// Switches that hold for the whole process: gRPC's health service, and Abseil's search for lock cycles off. Once,
// before the first server that is not a Server is built; Server::Start does it itself.
void PrepareProcess();

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_SERVER_H_
