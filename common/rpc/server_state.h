// What all calls of a server share. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_SERVER_STATE_H_
#define DOCKET_COMMON_RPC_SERVER_STATE_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/logger.h"
#include "common/rpc/in_flight.h"
#include "common/rpc/served_method.h"
#include "common/rpc/server.h"
#include "common/worker/worker_pool.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace docket::rpc {

// A worker that gets to a call with less time than this left does not begin.
inline constexpr absl::Duration kLeastUsefulTime = absl::Milliseconds(20);

class ServerState {
 public:
  ServerState(const ServerOptions& options, Logger& logger);
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  const ServerOptions& options() const { return options_; }
  Logger& logger() { return logger_; }
  InFlight& in_flight() { return in_flight_; }
  WorkerPool& workers() { return workers_; }
  WorkerPool& streams() { return streams_; }

  // Room for one more stream; every true is given back with ReleaseStream.
  bool TryAcquireStream();
  void ReleaseStream() { stream_count_.fetch_sub(1, std::memory_order_relaxed); }
  int stream_count() const { return stream_count_.load(std::memory_order_relaxed); }

  // Who calls, until when, in which trace. Runs in gRPC's threads: cheap and never blocking.
  absl::Status ReadFacts(const grpc::CallbackServerContext& context, bool streaming, CallFacts* facts) const;

  // What a call gets that is not served: SHUTTING_DOWN when the server ends, else OVERLOADED.
  absl::Status Refusal() const;
  // What becomes of a reply of more bytes than a message may have.
  absl::Status ReplyTooLarge(size_t bytes) const;

  // Turns a call's end into what goes on the wire, counts it and logs it.
  grpc::Status Conclude(const ServedMethod& method, const CallFacts& facts, const absl::Status& status);

 private:
  void LogCall(const ServedMethod& method, const CallFacts& facts, const absl::Status& status, absl::Duration took);

  const ServerOptions options_;
  const std::string domain_;
  Logger& logger_;
  // Made once: a flood is answered without making an error each time.
  const absl::Status overloaded_;
  const grpc::Status overloaded_wire_;
  InFlight in_flight_;
  std::atomic<int> stream_count_{0};
  // Last: their threads use the above.
  WorkerPool workers_;
  WorkerPool streams_;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_SERVER_STATE_H_
