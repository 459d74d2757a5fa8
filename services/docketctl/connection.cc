#include "services/docketctl/connection.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/sync_stream.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/process/config_file.h"
#include "common/rpc/trace_context.h"
#include "common/rpc/wire.h"
#include "common/status/status_macros.h"
#include "grpc/health/v1/health.pb.h"
#include "services/docketctl/contract.h"

namespace docket::ctl {
namespace {

constexpr int kMaxMessageBytes = 64 * 1024 * 1024;

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

absl::Status FromBuffer(grpc::ByteBuffer* buffer, google::protobuf::Message* message) {
  grpc::ProtoBufferReader reader(buffer);
  if (message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the answer is no ", message->GetDescriptor()->full_name()));
}

// gRPC says CANCELLED when the server's process ends while a call that nobody here cancelled is on its way.
absl::Status ErrorOf(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::CANCELLED && status.error_details().empty()) {
    return rpc::FromWire({grpc::StatusCode::UNAVAILABLE, "the server ended the call without an answer"});
  }
  return rpc::FromWire(status);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(const Arguments& arguments) {
  if (arguments.Has("insecure")) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  if (arguments.Has("ca")) {
    DOCKET_ASSIGN_OR_RETURN(options.pem_root_certs, process::ReadFile(arguments.Get("ca")));
  }
  if (arguments.Has("certificate")) {
    DOCKET_ASSIGN_OR_RETURN(options.pem_cert_chain, process::ReadFile(arguments.Get("certificate")));
    DOCKET_ASSIGN_OR_RETURN(options.pem_private_key, process::ReadFile(arguments.Get("key")));
  }
  return grpc::SslCredentials(options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Arguments& arguments) {
  DOCKET_ASSIGN_OR_RETURN(const absl::Duration timeout, arguments.GetDuration("timeout", absl::Seconds(10)));
  DOCKET_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(arguments));
  grpc::ChannelArguments channel_arguments;
  channel_arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  channel_arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  // A gateway that restarts is found again within a second.
  channel_arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  channel_arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  if (arguments.Has("server-name")) channel_arguments.SetSslTargetNameOverride(arguments.Get("server-name"));
  auto channel = grpc::CreateCustomChannel(arguments.Get("address", "127.0.0.1:7400"), credentials, channel_arguments);
  return std::unique_ptr<Connection>(new Connection(std::move(channel), arguments, timeout));
}

Connection::Connection(std::shared_ptr<grpc::Channel> channel, const Arguments& arguments, absl::Duration timeout)
    : channel_(std::move(channel)),
      tokens_(arguments.Get("tokens")),
      token_file_(arguments.Get("token-file")),
      as_(arguments.Get("as")),
      timeout_(timeout) {}

absl::StatusOr<std::string> Connection::TokenOf(absl::string_view who) const {
  const std::string person(who.empty() ? absl::string_view(as_) : who);
  if (!person.empty() && tokens_.empty()) return absl::InvalidArgumentError("--tokens=DIR is needed to act as someone");
  if (absl::StrContains(person, "..")) return absl::InvalidArgumentError("--as: write ORG/PERSON");
  const std::string file = person.empty() ? token_file_ : absl::StrCat(tokens_, "/", person, ".jwt");
  DOCKET_ASSIGN_OR_RETURN(const std::string token, process::ReadSecret(file));
  // A line end of another system's would make metadata that cannot be sent.
  return std::string(absl::StripAsciiWhitespace(token));
}

absl::Status Connection::Call(const google::protobuf::MethodDescriptor& method, absl::string_view who,
                              const google::protobuf::Message& request, google::protobuf::Message* reply) {
  DOCKET_ASSIGN_OR_RETURN(const std::string token, TokenOf(who));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  context.AddMetadata("traceparent", rpc::TraceContext::New().ToString());
  const std::string path = PathOf(method);
  const grpc::internal::RpcMethod rpc(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, channel_);
  grpc::ByteBuffer answer;
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall(channel_.get(), rpc, &context, ToBuffer(request), &answer);
  if (!status.ok()) return ErrorOf(status);
  return FromBuffer(&answer, reply);
}

absl::Status Connection::Stream(const google::protobuf::MethodDescriptor& method, absl::string_view who,
                                const google::protobuf::Message& request,
                                const std::function<bool(const google::protobuf::Message&)>& receive) {
  DOCKET_ASSIGN_OR_RETURN(const std::string token, TokenOf(who));
  grpc::ClientContext context;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  context.AddMetadata("traceparent", rpc::TraceContext::New().ToString());
  const std::string path = PathOf(method);
  const grpc::internal::RpcMethod rpc(path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING, channel_);
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel_.get(), rpc, &context, ToBuffer(request)));
  grpc::ByteBuffer buffer;
  bool wanted = true;
  absl::Status parsed;
  while (wanted && reader->Read(&buffer)) {
    const auto message = NewMessage(method.output_type());
    parsed = FromBuffer(&buffer, message.get());
    wanted = parsed.ok() && receive(*message);
  }
  if (!wanted) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!parsed.ok()) return parsed;
  return wanted ? ErrorOf(status) : absl::OkStatus();
}

absl::Status Connection::CheckHealth(const std::string& service) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  const grpc::internal::RpcMethod rpc("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC, channel_);
  grpc::ByteBuffer answer;
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall(channel_.get(), rpc, &context, ToBuffer(request), &answer);
  if (!status.ok()) return ErrorOf(status);
  grpc::health::v1::HealthCheckResponse response;
  DOCKET_RETURN_IF_ERROR(FromBuffer(&answer, &response));
  if (response.status() == grpc::health::v1::HealthCheckResponse::SERVING) return absl::OkStatus();
  return absl::UnavailableError("not serving");
}

}  // namespace docket::ctl
