// One call by gRPC's own client, for what is not measured.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "tests/bench/load.h"

namespace docket::bench {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

std::unique_ptr<grpc::ClientContext> MakeContext(const LoadOptions& options) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
  if (!options.token.empty()) context->AddMetadata("authorization", "Bearer " + options.token);
  if (!options.principal.empty()) context->AddMetadata("docket-principal-bin", options.principal);
  return context;
}

// A connection that is shared with no other channel.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const LoadOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.ca.empty()) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = options.ca;
    credentials = grpc::SslCredentials(tls);
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(options.target, credentials, arguments);
  if (!channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kTimeout)))
    return absl::UnavailableError(absl::StrCat("cannot connect to ", options.target));
  return channel;
}

}  // namespace

absl::Status CallOnce(const LoadOptions& options, const google::protobuf::Message& request,
                      google::protobuf::Message& reply) {
  DOCKET_ASSIGN_OR_RETURN(auto channel, Connect(options));
  const auto context = MakeContext(options);
  const grpc::Slice slice(request.SerializeAsString());
  grpc::ByteBuffer body(&slice, 1);
  grpc::ByteBuffer answer;
  grpc::Status status;
  absl::Notification done;
  grpc::GenericStub(channel).UnaryCall(context.get(), options.path, grpc::StubOptions(), &body, &answer,
                                       [&](grpc::Status result) {
                                         status = std::move(result);
                                         done.Notify();
                                       });
  done.WaitForNotification();
  if (!status.ok()) return absl::UnknownError(absl::StrCat(status.error_code(), " ", status.error_message()));
  grpc::Slice bytes;
  if (!answer.DumpToSingleSlice(&bytes).ok() || !reply.ParseFromArray(bytes.begin(), static_cast<int>(bytes.size())))
    return absl::InternalError("the reply cannot be read");
  return absl::OkStatus();
}

}  // namespace docket::bench
