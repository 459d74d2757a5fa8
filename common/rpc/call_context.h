// What a handler knows about the call that it serves, beside the request.
//
//   absl::StatusOr<Request> GetRequest(const CallContext& context, const GetRequestRequest& request) {
//     DOCKET_ASSIGN_OR_RETURN(Row row, store_.Load(request.name(), context.deadline()));
//     ...
//   }
//
// The adapter makes it once the caller is known to be allowed; a test makes one itself:
//
//   CallContext context({.principal = alice, .request = &request});
#ifndef DOCKET_COMMON_RPC_CALL_CONTEXT_H_
#define DOCKET_COMMON_RPC_CALL_CONTEXT_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/trace_context.h"
#include "docket/common/v1/principal.pb.h"
#include "google/protobuf/message.h"

namespace docket {
class Logger;
}

namespace docket::rpc {

// Belongs to one call and is used by the thread that serves it; where it is answered later, by one after the other.
class CallContext {
 public:
  // Every part has a default that suits a test.
  struct Options {
    common::v1::Principal principal;
    // Full name without the leading slash: `docket.request.v1.RequestService/CreateRequest`.
    std::string method;
    absl::Time deadline = absl::InfiniteFuture();
    TraceContext trace = TraceContext::New();
    // The request of the call, for request_id and fingerprint; must outlive the context. May be nullptr.
    const google::protobuf::Message* request = nullptr;
    // Organisation of the resource that the call is about; empty: the principal's.
    std::string organization;
    // Whether the caller is gone. Must be cheap and safe to call at any time during the call.
    std::function<bool()> is_cancelled;
    // nullptr: a logger that writes nowhere.
    Logger* logger = nullptr;
  };

  explicit CallContext(Options options);
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;

  const common::v1::Principal& principal() const { return options_.principal; }
  // When the answer must be there. Never infinite when made by the adapter.
  absl::Time deadline() const { return options_.deadline; }
  const std::string& method() const { return options_.method; }
  const TraceContext& trace() const { return options_.trace; }
  absl::string_view trace_id() const { return options_.trace.trace_id(); }
  // `organizations/acme`: of the resource that the call is about; of the caller where it is about none.
  // `organizations/-` only where one of Docket's services calls a method that belongs to no organisation.
  const std::string& organization() const { return options_.organization; }
  // The request's `request_id`; empty where it has none. Of a mutating method it is a UUID.
  const std::string& request_id() const { return request_id_; }
  // SHA-256 (32 bytes, raw) of the request in its canonical serialisation: equal requests have equal fingerprints.
  // Computed when first asked for. All zero bytes where there is no request.
  const std::string& fingerprint() const;

  // The caller hung up or the server is stopping: whatever is done now, nobody will read.
  bool IsCancelled() const { return options_.is_cancelled && options_.is_cancelled(); }
  // OK while the answer still has a reader: CANCELLED once cancelled, DEADLINE_EXCEEDED once the time is up. Loops ask
  // it once per round.
  absl::Status CheckAlive() const;

  Logger& logger() const { return *options_.logger; }

 private:
  Options options_;
  std::string request_id_;
  mutable std::string fingerprint_;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_CALL_CONTEXT_H_
