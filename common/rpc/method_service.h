// The grpc::Service of one proto service, made of registered handlers. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_METHOD_SERVICE_H_
#define DOCKET_COMMON_RPC_METHOD_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/rpc/served_calls.h"
#include "common/rpc/served_method.h"
#include "common/rpc/server_state.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/service_type.h"

namespace docket::rpc {

// Built of the same pieces as generated code, with messages left as bytes: they are parsed by the worker, not in gRPC's
// thread.
class MethodService final : public grpc::Service {
 public:
  MethodService(std::vector<std::unique_ptr<ServedMethod>> methods, ServerState& state);

 private:
  const std::vector<std::unique_ptr<ServedMethod>> methods_;
};

// Answers whatever no service takes: UNIMPLEMENTED / UNKNOWN_METHOD.
class UnknownMethods final : public grpc::CallbackGenericService {
 public:
  explicit UnknownMethods(std::string domain) : domain_(std::move(domain)) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

 private:
  const std::string domain_;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_METHOD_SERVICE_H_
