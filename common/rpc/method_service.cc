#include "common/rpc/method_service.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using grpc::ByteBuffer;

class UnknownMethodReactor final : public grpc::ServerGenericBidiReactor {
 public:
  UnknownMethodReactor(const std::string& domain, const std::string& method) {
    Finish(ToWire(Error(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD,
                        absl::StrCat("there is no method ", method)),
                  domain, ""));
  }
  void OnDone() override { delete this; }
};

}  // namespace

MethodService::MethodService(std::vector<std::unique_ptr<ServedMethod>> methods, ServerState& state)
    : methods_(std::move(methods)) {
  for (size_t i = 0; i < methods_.size(); ++i) {
    const ServedMethod& method = *methods_[i];
    // gRPC keeps the name's address; the method lives as long as this service.
    if (method.server_streaming()) {
      AddMethod(new grpc::internal::RpcServiceMethod(method.path().c_str(), grpc::internal::RpcMethod::SERVER_STREAMING,
                                                     nullptr));
      MarkMethodRawCallback(static_cast<int>(i),
                            new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
                                [&method, &state](grpc::CallbackServerContext* context, const ByteBuffer* request) {
                                  return TakeStreamCall(method, state, context, *request);
                                }));
    } else {
      AddMethod(
          new grpc::internal::RpcServiceMethod(method.path().c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(static_cast<int>(i), new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
                                                     [&method, &state](grpc::CallbackServerContext* context,
                                                                       const ByteBuffer* request, ByteBuffer* reply) {
                                                       return TakeUnaryCall(method, state, context, *request, reply);
                                                     }));
    }
  }
}

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new UnknownMethodReactor(domain_, context->method());
}

}  // namespace docket::rpc
