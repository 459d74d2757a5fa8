#include "common/rpc/client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_method.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/access/method_access.h"
#include "common/rpc/caller.h"
#include "common/rpc/wire.h"
#include "common/status/status_macros.h"

namespace docket::rpc {
namespace {

// Whether a second try of the method does no harm.
bool MayRepeat(const google::protobuf::MethodDescriptor* method) {
  if (method->client_streaming() || method->server_streaming()) return false;
  const bool mutates = method->options().GetExtension(common::v1::access).mutates();
  return !mutates || method->input_type()->FindFieldByName("request_id") != nullptr;
}

// gRPC's service config: which address of a name to use, and which calls to try again.
std::string ServiceConfig(const std::vector<const google::protobuf::ServiceDescriptor*>& retry) {
  std::vector<std::string> names;
  for (const google::protobuf::ServiceDescriptor* service : retry) {
    for (int i = 0; i < service->method_count(); ++i) {
      if (!MayRepeat(service->method(i))) continue;
      names.push_back(absl::StrCat(R"({"service":")", service->full_name(), R"(","method":")",
                                   service->method(i)->name(), R"("})"));
    }
  }
  std::string config = R"({"loadBalancingConfig":[{"round_robin":{}}])";
  if (!names.empty()) {
    absl::StrAppend(
        &config, R"(,"retryThrottling":{"maxTokens":10,"tokenRatio":0.1},"methodConfig":[{"name":[)",
        absl::StrJoin(names, ","),
        R"(],"retryPolicy":{"maxAttempts":3,"initialBackoff":"0.1s","maxBackoff":"1s","backoffMultiplier":2,)",
        R"("retryableStatusCodes":["UNAVAILABLE"]}}])");
  }
  return config + "}";
}

grpc::ChannelArguments Arguments(const ChannelOptions& options, int connection) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig(options.retry));
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, options.retry.empty() ? 0 : 1);
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A restarted peer is found again soon.
  // The least time that an attempt to connect is given, TLS included: on a busy machine a handshake takes longer than
  // it should.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3'000);
  // Peers are on our own network; a proxy from the environment is meant for others.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Channels with equal arguments would share their connections.
  arguments.SetInt("docket.connection", connection);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (options.tls.has_value()) arguments.SetSslTargetNameOverride(CertificateNameOf(options.service));
  return arguments;
}

}  // namespace

struct Channel::State {
  std::vector<std::shared_ptr<grpc::Channel>> connections;
  std::atomic<size_t> next{0};
};

Channel::Channel(std::vector<std::shared_ptr<grpc::Channel>> connections) : state_(std::make_unique<State>()) {
  state_->connections = std::move(connections);
}

Channel::~Channel() = default;

const std::shared_ptr<grpc::Channel>& Channel::Next() {
  if (state_->connections.size() == 1) return state_->connections[0];
  return state_->connections[state_->next.fetch_add(1, std::memory_order_relaxed) % state_->connections.size()];
}

bool Channel::WaitForConnected(absl::Time deadline) {
  return std::all_of(state_->connections.begin(), state_->connections.end(),
                     [deadline](const std::shared_ptr<grpc::Channel>& channel) {
                       return channel->WaitForConnected(absl::ToChronoTime(deadline));
                     });
}

absl::StatusOr<std::shared_ptr<Channel>> MakeChannel(const ChannelOptions& options) {
  if (options.target.empty()) return absl::InvalidArgumentError("channel options: target is not set");
  if (options.tls.has_value() == options.insecure) {
    return absl::InvalidArgumentError("channel options: either tls or insecure must be chosen");
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options.tls.has_value()) {
    if (options.service.empty()) return absl::InvalidArgumentError("channel options: service is not set");
    DOCKET_ASSIGN_OR_RETURN(credentials, MakeChannelCredentials(*options.tls));
  }
  std::vector<std::shared_ptr<grpc::Channel>> connections;
  for (int i = 0; i < std::max(1, options.connections); ++i) {
    connections.push_back(grpc::CreateCustomChannel(options.target, credentials, Arguments(options, i)));
  }
  return std::make_shared<Channel>(std::move(connections));
}

CallOptions CallOptions::Within(const CallContext& context, absl::Duration limit) {
  return {.deadline = std::min(context.deadline(), absl::Now() + limit), .trace = context.trace()};
}

CallOptions CallOptions::OnBehalfOfCaller(const CallContext& context, absl::Duration limit) {
  CallOptions options = Within(context, limit);
  options.principal = context.principal();
  return options;
}

CallOptions CallOptions::After(absl::Duration limit) { return {.deadline = absl::Now() + limit}; }

void FillClientContext(const CallOptions& options, grpc::ClientContext* context) {
  context->set_deadline(absl::ToChronoTime(options.deadline));
  if (options.principal.has_value()) context->AddMetadata(kPrincipalKey, options.principal->SerializeAsString());
  context->AddMetadata(kTraceparentKey, options.trace.value_or(TraceContext::New()).ToString());
}

absl::Status CallInto(Channel& channel, absl::string_view path, const CallOptions& options,
                      const google::protobuf::Message& request, google::protobuf::Message* reply) {
  using google::protobuf::MessageLite;
  grpc::ClientContext context;
  FillClientContext(options, &context);
  const std::string name = absl::StrCat("/", path);
  const grpc::internal::RpcMethod method(name.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Status status = grpc::internal::BlockingUnaryCall<MessageLite, MessageLite>(channel.Next().get(), method,
                                                                                          &context, request, reply);
  if (status.error_code() == grpc::StatusCode::CANCELLED && status.error_details().empty()) {
    // Nobody cancels this call here. gRPC reports it so when the peer's process ends while the call is on its way.
    return FromWire({grpc::StatusCode::UNAVAILABLE, "the peer ended the call without an answer"});
  }
  return FromWire(status);
}

}  // namespace docket::rpc
