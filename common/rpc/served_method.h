// One method of a running server, with all that can be computed before the first call. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_SERVED_METHOD_H_
#define DOCKET_COMMON_RPC_SERVED_METHOD_H_

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/access/method_access.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/call_metrics.h"
#include "common/rpc/method_table.h"
#include "common/rpc/trace_context.h"
#include "common/validation/validator.h"
#include "docket/common/v1/principal.pb.h"
#include "google/protobuf/arena.h"
#include "grpcpp/support/byte_buffer.h"

namespace docket::rpc {

// What is known of a call before its request is read.
struct CallFacts {
  common::v1::Principal principal;
  TraceContext trace = TraceContext::New();
  absl::Time arrival;
  absl::Time deadline;
};

// A request that passed every check, with all that its handler gets to see.
class OpenedRequest {
 public:
  OpenedRequest();
  OpenedRequest(const OpenedRequest&) = delete;
  OpenedRequest& operator=(const OpenedRequest&) = delete;

 private:
  friend class ServedMethod;
  // Most requests fit; what does not takes further blocks from the heap.
  static constexpr size_t kArenaBlockBytes = 4096;

  alignas(std::max_align_t) std::array<char, kArenaBlockBytes> block_;
  google::protobuf::Arena arena_;
  google::protobuf::Message* message_ = nullptr;
  std::optional<CallContext> context_;
};

// Immutable but for its metrics.
class ServedMethod {
 public:
  // INTERNAL where the contract's rules are wrong.
  static absl::StatusOr<std::unique_ptr<ServedMethod>> Compile(MethodHandler handler, Metrics& metrics);

  // The whole way of a call, in the thread that may block: role, parsing, organisation, rules, handler. Whatever the
  // handler throws becomes INTERNAL. Errors are as the handler made them; the wire is the caller's business.
  absl::Status Serve(CallFacts& facts, grpc::ByteBuffer& request, std::function<bool()> is_cancelled, Logger& logger,
                     ReplySink& replies) const;

  // The same in two steps where the handler answers later: all up to the handler, and the handler. `opened` is to live
  // as long as the call.
  bool answers_later() const { return handler_.invoke_later != nullptr; }
  absl::Status Open(CallFacts& facts, grpc::ByteBuffer& request, std::function<bool()> is_cancelled, Logger& logger,
                    OpenedRequest& opened) const;
  void Invoke(const OpenedRequest& opened, Logger& logger, std::unique_ptr<PendingCall> call) const;

  // With the leading slash, as gRPC names it.
  const std::string& path() const { return access_.path; }
  bool server_streaming() const { return access_.server_streaming; }
  MethodMetrics& metrics() const { return *metrics_; }

 private:
  ServedMethod(MethodHandler handler, MethodAccess access, Validator validator, Metrics& metrics);

  absl::Status CheckRequest(const common::v1::Principal& principal, const google::protobuf::Message& request,
                            std::string* organization) const;
  // Whether the request_id that the method asks for is one.
  bool IsIdentified(const google::protobuf::Message& request) const;

  const MethodHandler handler_;
  const MethodAccess access_;
  const Validator validator_;
  const std::unique_ptr<MethodMetrics> metrics_;
  // Of a mutating method; nullptr where it has none.
  const google::protobuf::FieldDescriptor* request_id_ = nullptr;
  bool request_id_required_ = false;
};

// A reply or request as gRPC carries it. Sending fails only for want of memory.
bool ParseMessage(grpc::ByteBuffer& bytes, google::protobuf::Message* message);
grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_SERVED_METHOD_H_
