// Calls on their way through a server: from gRPC's thread to a worker and back. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_SERVED_CALLS_H_
#define DOCKET_COMMON_RPC_SERVED_CALLS_H_

#include "common/rpc/served_method.h"
#include "common/rpc/server_state.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace docket::rpc {

// Take a call on in gRPC's thread; both return at once. `method` and `state` outlive the call.
grpc::ServerUnaryReactor* TakeUnaryCall(const ServedMethod& method, ServerState& state,
                                        grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
                                        grpc::ByteBuffer* reply);
grpc::ServerWriteReactor<grpc::ByteBuffer>* TakeStreamCall(const ServedMethod& method, ServerState& state,
                                                           grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer& request);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_SERVED_CALLS_H_
