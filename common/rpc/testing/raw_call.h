// Unary calls below the typed client, for what that would not send. For the tests of rpc.
#ifndef DOCKET_COMMON_RPC_TESTING_RAW_CALL_H_
#define DOCKET_COMMON_RPC_TESTING_RAW_CALL_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <string>

#include "common/rpc/client.h"

namespace docket::rpc::testing {

// Sends `request` as it is and waits. `path` is `docket.rpctest.v1.EchoService/Echo`; `reply`, where given, gets the
// bytes.
inline grpc::Status RawCall(Channel& channel, const std::string& path, const std::string& request,
                            grpc::ClientContext* context, std::string* reply = nullptr) {
  grpc::GenericStub stub(channel.Next());
  grpc::CompletionQueue queue;
  grpc::Slice request_slice(request);
  const grpc::ByteBuffer request_buffer(&request_slice, 1);
  grpc::ByteBuffer reply_buffer;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(context, "/" + path, request_buffer, &queue);
  call->StartCall();
  call->Finish(&reply_buffer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice reply_slice;
  if (status.ok() && reply != nullptr && reply_buffer.DumpToSingleSlice(&reply_slice).ok()) {
    reply->assign(reinterpret_cast<const char*>(reply_slice.begin()), reply_slice.size());
  }
  return status;
}

}  // namespace docket::rpc::testing

#endif  // DOCKET_COMMON_RPC_TESTING_RAW_CALL_H_
