#include "common/rpc/testing/test_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/sync_stream.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/wire.h"

namespace docket::rpc::testing {
namespace {

using google::protobuf::MessageLite;

// A fixture has no way to return an error, and a test without a server has no point.
template <typename T>
T OrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "test server: %s\n", value.status().ToString().c_str());
  std::abort();
}

}  // namespace

common::v1::Principal Person(absl::string_view organization, absl::string_view person,
                             std::initializer_list<common::v1::Role> roles) {
  common::v1::Principal principal;
  principal.set_organization(absl::StrCat("organizations/", organization));
  principal.set_name(absl::StrCat("organizations/", organization, "/people/", person));
  for (const common::v1::Role role : roles) principal.add_roles(role);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_JWT);
  return principal;
}

common::v1::Principal DocketService(absl::string_view service) {
  common::v1::Principal principal;
  principal.set_organization("organizations/-");
  principal.set_name(absl::StrCat("services/", service));
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return principal;
}

struct TestStream::State {
  std::string path;
  std::shared_ptr<grpc::Channel> channel;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<MessageLite>> reader;
  bool finished = false;
};

TestStream::TestStream(Channel& channel, absl::string_view path, const CallOptions& options,
                       const google::protobuf::Message& request)
    : state_(std::make_unique<State>()) {
  state_->path = absl::StrCat("/", path);
  state_->channel = channel.Next();
  FillClientContext(options, &state_->context);
  const grpc::internal::RpcMethod method(state_->path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
  state_->reader.reset(grpc::internal::ClientReaderFactory<MessageLite>::Create<MessageLite>(
      state_->channel.get(), method, &state_->context, request));
}

TestStream::~TestStream() {
  if (state_->finished) return;
  Cancel();
  state_->reader->Finish();
}

bool TestStream::Read(google::protobuf::Message* reply) { return state_->reader->Read(reply); }
void TestStream::Cancel() { state_->context.TryCancel(); }

absl::Status TestStream::Finish() {
  state_->finished = true;
  return FromWire(state_->reader->Finish());
}

struct TestServer::State {
  SystemClock clock;
  Logger logger{STDERR_FILENO, Severity::kError, "test", clock};
  Metrics metrics;
  std::unique_ptr<Server> server;
  std::shared_ptr<Channel> channel;
};

TestServer::TestServer(MethodTable table, ServerOptions options) : state_(std::make_unique<State>()) {
  if (options.service.empty()) options.service = "test";
  options.address = "127.0.0.1:0";
  options.insecure = true;
  options.drain_delay = absl::ZeroDuration();
  state_->server =
      OrExit(Server::Start(std::move(options), std::move(table),
                           {.logger = &state_->logger, .metrics = &state_->metrics, .clock = &state_->clock}));
  state_->channel =
      OrExit(MakeChannel({.target = absl::StrCat("127.0.0.1:", state_->server->port()), .insecure = true}));
}

TestServer::~TestServer() = default;

Server& TestServer::server() { return *state_->server; }
Channel& TestServer::channel() { return *state_->channel; }
Metrics& TestServer::metrics() { return state_->metrics; }

std::unique_ptr<TestStream> TestServer::Stream(absl::string_view path,
                                               const std::optional<common::v1::Principal>& principal,
                                               const google::protobuf::Message& request, absl::Duration timeout) {
  const CallOptions options{.deadline = absl::Now() + timeout, .principal = principal};
  return std::make_unique<TestStream>(channel(), path, options, request);
}

}  // namespace docket::rpc::testing
