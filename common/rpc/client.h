// Typed calls to another service without generated stubs.
//
//   absl::StatusOr<std::shared_ptr<rpc::Channel>> channel = rpc::MakeChannel(
//       {.target = "dns:///evaluation:7002", .service = "evaluation", .tls = files});
//   absl::StatusOr<CheckGateResponse> answer = rpc::Call<CheckGateResponse>(
//       **channel, "docket.evaluation.v1.GateService/CheckGate", rpc::CallOptions::Within(context, absl::Seconds(2)),
//       request);
//
// Errors come back as the other service made them, payloads included (see wire.h). Calls block: never call from a gRPC
// thread.
#ifndef DOCKET_COMMON_RPC_CLIENT_H_
#define DOCKET_COMMON_RPC_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/call_context.h"
#include "common/rpc/tls.h"
#include "common/rpc/trace_context.h"
#include "docket/common/v1/principal.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace docket::rpc {

struct ChannelOptions {
  // `dns:///evaluation:7002`, `127.0.0.1:7002`. All addresses of a name are used in turn.
  std::string target;
  // Whose certificate the server must present: `evaluation`.
  std::string service;
  // Certificates, or `insecure` for tests. One of the two must be chosen.
  std::optional<TlsFiles> tls;
  bool insecure = false;
  // HTTP/2 connections per address.
  int connections = 1;
  int max_message_bytes = 4 * 1024 * 1024;
  // Services whose calls are tried again (at most 3 times in all, UNAVAILABLE only, throttled): of these, the methods
  // that change nothing or carry a request_id. Leave empty where a caller retries already: one layer retries, not two.
  std::vector<const google::protobuf::ServiceDescriptor*> retry;
};

// Connections to one service. Thread-safe.
class Channel {
 public:
  explicit Channel(std::vector<std::shared_ptr<grpc::Channel>> connections);
  ~Channel();
  // The connections in turn.
  const std::shared_ptr<grpc::Channel>& Next();
  // Waits until every connection stands; false when `deadline` came first. For start-up and tests.
  bool WaitForConnected(absl::Time deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Connects lazily: an unreachable target shows at the first call. Fails on unreadable certificates only.
absl::StatusOr<std::shared_ptr<Channel>> MakeChannel(const ChannelOptions& options);

struct CallOptions {
  // When the caller stops waiting. Every call has a deadline.
  absl::Time deadline;
  // On whose behalf; unset: the calling service itself, as its certificate says.
  std::optional<common::v1::Principal> principal;
  // Whose trace the call belongs to; unset: a new one.
  std::optional<TraceContext> trace;

  // Within a call that is being served: its trace, and its deadline or `limit` from now, whichever comes first. The
  // call is the service's own.
  static CallOptions Within(const CallContext& context, absl::Duration limit);
  // The same on behalf of the caller, who then needs the permission over there.
  static CallOptions OnBehalfOfCaller(const CallContext& context, absl::Duration limit);
  // Outside any call, e.g. a periodic worker.
  static CallOptions After(absl::Duration limit);
};

// Puts deadline, principal and trace into the context of a call that is made by other means.
void FillClientContext(const CallOptions& options, grpc::ClientContext* context);

// `path` is `docket.evaluation.v1.GateService/CheckGate`.
absl::Status CallInto(Channel& channel, absl::string_view path, const CallOptions& options,
                      const google::protobuf::Message& request, google::protobuf::Message* reply);

template <typename Reply>
absl::StatusOr<Reply> Call(Channel& channel, absl::string_view path, const CallOptions& options,
                           const google::protobuf::Message& request) {
  Reply reply;
  absl::Status status = CallInto(channel, path, options, request, &reply);
  if (!status.ok()) return status;
  return reply;
}

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_CLIENT_H_
