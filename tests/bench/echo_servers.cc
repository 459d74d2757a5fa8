#include "tests/bench/echo_servers.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/server_callback.h>
#include <unistd.h>

#include <fstream>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/method_table.h"
#include "common/rpc/server.h"
#include "common/status/error.h"
#include "docket/request/v1/catalog_service.pb.h"

namespace docket::bench {
namespace {

using request::v1::GetSystemRequest;
using request::v1::System;

// What protoc's gRPC plugin would generate for a service of this one method.
class BareService final : public grpc::Service {
 public:
  BareService() {
    AddMethod(new grpc::internal::RpcServiceMethod(kEchoPath, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodCallback(0, new grpc::internal::CallbackUnaryHandler<GetSystemRequest, System>(
                              [](grpc::CallbackServerContext* context, const GetSystemRequest* request, System* reply) {
                                reply->set_name(request->name());
                                auto* reactor = context->DefaultReactor();
                                reactor->Finish(grpc::Status::OK);
                                return reactor;
                              }));
  }
};

void WritePort(const std::string& file, int port) {
  std::ofstream(file + ".new") << port << "\n";
  std::rename((file + ".new").c_str(), file.c_str());
}

template <typename Reply, typename Request>
absl::StatusOr<Reply> NothingHere(const rpc::CallContext&, const Request&) {
  return docket::NotFoundError("nothing");
}

}  // namespace

absl::Status ServeBareEcho(const std::string& port_file) {
  BareService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError("cannot listen");
  WritePort(port_file, port);
  absl::Notification().WaitForNotification();
  return absl::OkStatus();
}

absl::Status ServeAdapterEcho(const std::string& port_file) {
  SystemClock clock;
  Logger logger(STDERR_FILENO, Severity::kWarning, "bench", clock);
  Metrics metrics;
  rpc::MethodTable table;
  table.Unary("docket.request.v1.CatalogService/GetSystem",
              [](const rpc::CallContext&, const GetSystemRequest& request) -> absl::StatusOr<System> {
                System system;
                system.set_name(request.name());
                return system;
              });
  table.Unary("docket.request.v1.CatalogService/CreateSystem", NothingHere<System, request::v1::CreateSystemRequest>);
  table.Unary("docket.request.v1.CatalogService/UpdateSystem", NothingHere<System, request::v1::UpdateSystemRequest>);
  table.Unary("docket.request.v1.CatalogService/RetireSystem", NothingHere<System, request::v1::RetireSystemRequest>);
  table.Unary("docket.request.v1.CatalogService/ReinstateSystem",
              NothingHere<System, request::v1::ReinstateSystemRequest>);
  table.Unary("docket.request.v1.CatalogService/AnalyzeImpact",
              NothingHere<request::v1::AnalyzeImpactResponse, request::v1::AnalyzeImpactRequest>);
  table.Unary("docket.request.v1.CatalogService/ListSystems",
              NothingHere<request::v1::ListSystemsResponse, request::v1::ListSystemsRequest>);
  table.Unary("docket.request.v1.CatalogService/ListInstalledVersions",
              NothingHere<request::v1::ListInstalledVersionsResponse, request::v1::ListInstalledVersionsRequest>);
  auto server = rpc::Server::Start(
      {.service = "request", .address = "127.0.0.1:0", .insecure = true, .workers = 4, .queue_limit = 4096},
      std::move(table), {.logger = &logger, .metrics = &metrics, .clock = &clock});
  if (!server.ok()) return server.status();
  WritePort(port_file, (*server)->port());
  absl::Notification().WaitForNotification();
  return absl::OkStatus();
}

}  // namespace docket::bench
