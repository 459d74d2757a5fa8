// Errors on the wire: absl::Status with Docket's payloads (common/status/error.h) to grpc::Status with a
// google.rpc.Status in its details, and back.
//
// What leaves a service always carries ErrorInfo {reason, domain, metadata} and LocalizedMessages in zh-CN and en.
// INTERNAL, UNKNOWN and DATA_LOSS tell the client nothing but the trace id; their text belongs to the log.
// RESOURCE_EXHAUSTED and UNAVAILABLE carry RetryInfo, 1 s where nothing better is known. Payloads of other types stay
// inside.
//
// Everything is bounded so that the trailers stay under gRPC's 8 KiB: the message at 1 KiB, the details at 4 KiB.
// BadRequest gives way first, violations from the end, and ErrorInfo.metadata["violations_omitted"] says how many are
// missing.
#ifndef DOCKET_COMMON_RPC_WIRE_H_
#define DOCKET_COMMON_RPC_WIRE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace docket::rpc {

// The error as any transport sends it (the gateway's HTTP side renders it as JSON). `domain` is `docket.request` and
// the like; an error that names a domain already, because another service made it, keeps it.
google::rpc::Status ToRpcStatus(const absl::Status& status, absl::string_view domain, absl::string_view trace_id);

// The same for gRPC. OK stays OK.
grpc::Status ToWire(const absl::Status& status, absl::string_view domain, absl::string_view trace_id);

// What a client got, with the payloads in place again. A failure that the gRPC library itself reports (connection
// refused, deadline) carries no details and gets the reason that fits: BACKEND_UNAVAILABLE, DEADLINE_EXCEEDED, ...
absl::Status FromWire(const grpc::Status& status);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_WIRE_H_
