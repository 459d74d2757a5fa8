#include "common/rpc/server_state.h"

#include <grpc/grpc_security_constants.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/caller.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::rpc {
namespace {

absl::string_view ToView(grpc::string_ref text) { return {text.data(), text.size()}; }

std::vector<std::string> Properties(const grpc::AuthContext& auth, const char* name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : auth.FindPropertyValues(name)) values.emplace_back(value.data(), value.size());
  return values;
}

Peer PeerOf(const grpc::CallbackServerContext& context, bool insecure) {
  Peer peer;
  peer.insecure = insecure;
  if (insecure) return peer;
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  peer.dns_names = Properties(*auth, GRPC_PEER_DNS_PROPERTY_NAME);
  peer.uris = Properties(*auth, GRPC_PEER_URI_PROPERTY_NAME);
  return peer;
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Time now, absl::Duration unset,
                      absl::Duration longest) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return now + unset;
  return std::min(absl::FromChrono(deadline), now + longest);
}

Severity SeverityOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return Severity::kError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return Severity::kWarning;
    case absl::StatusCode::kOk:
      return Severity::kDebug;
    default:
      return Severity::kInfo;
  }
}

absl::Status Overloaded() {
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                              "the service has more waiting than it may hold"),
                        absl::Seconds(1));
}

}  // namespace

ServerState::ServerState(const ServerOptions& options, Logger& logger)
    : options_(options),
      domain_("docket." + options.service),
      logger_(logger),
      overloaded_(Overloaded()),
      overloaded_wire_(ToWire(overloaded_, domain_, "")),
      workers_({.threads = options.workers,
                .queue_limit = options.queue_limit,
                .on_thread_start = options.on_thread_start,
                .on_thread_stop = options.on_thread_stop}),
      streams_({.threads = options.max_streams,
                .queue_limit = options.max_streams,
                .on_thread_start = options.on_thread_start,
                .on_thread_stop = options.on_thread_stop}) {}

bool ServerState::TryAcquireStream() {
  if (stream_count_.fetch_add(1, std::memory_order_relaxed) < options_.max_streams) return true;
  ReleaseStream();
  return false;
}

absl::Status ServerState::ReadFacts(const grpc::CallbackServerContext& context, bool streaming,
                                    CallFacts* facts) const {
  facts->arrival = absl::Now();
  facts->deadline =
      DeadlineOf(context, facts->arrival, streaming ? options_.max_stream_deadline : options_.default_deadline,
                 streaming ? options_.max_stream_deadline : options_.max_deadline);
  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find(kTraceparentKey); found != metadata.end()) {
    if (const auto parent = TraceContext::Parse(ToView(found->second))) facts->trace = parent->NewSpan();
  }
  absl::InlinedVector<absl::string_view, 1> stamped;
  const auto [begin, end] = metadata.equal_range(kPrincipalKey);
  for (auto it = begin; it != end; ++it) stamped.push_back(ToView(it->second));
  DOCKET_ASSIGN_OR_RETURN(facts->principal,
                          IdentifyCaller(PeerOf(context, options_.insecure), stamped, options_.trusted_peers));
  return absl::OkStatus();
}

absl::Status ServerState::ReplyTooLarge(size_t bytes) const {
  return Error(absl::StatusCode::kResourceExhausted, Reason::REASON_MESSAGE_TOO_LARGE,
               absl::StrCat("the answer would have ", bytes, " bytes, ", options_.max_message_bytes,
                            " is the most; ask for less at a time"),
               {{"limit_bytes", absl::StrCat(options_.max_message_bytes)}});
}

absl::Status ServerState::Refusal() const {
  if (!in_flight_.closed()) return overloaded_;
  return Error(absl::StatusCode::kUnavailable, Reason::REASON_SHUTTING_DOWN, "the service is shutting down");
}

grpc::Status ServerState::Conclude(const ServedMethod& method, const CallFacts& facts, const absl::Status& status) {
  const absl::Duration took = absl::Now() - facts.arrival;
  method.metrics().Answered(status.code(), took);
  LogCall(method, facts, status, took);
  if (status.ok()) return grpc::Status::OK;
  if (status == overloaded_) return overloaded_wire_;
  return ToWire(status, domain_, facts.trace.trace_id());
}

void ServerState::LogCall(const ServedMethod& method, const CallFacts& facts, const absl::Status& status,
                          absl::Duration took) {
  const Severity severity = SeverityOf(status.code());
  if (!logger_.Enabled(severity)) return;
  const absl::string_view path = absl::string_view(method.path()).substr(1);
  const double milliseconds = absl::ToDoubleMilliseconds(took);
  if (status.ok()) {
    logger_.Log(severity, "call served",
                {{"method", path},
                 {"principal", facts.principal.name()},
                 {"duration_ms", milliseconds},
                 TraceId(facts.trace.trace_id())});
    return;
  }
  // One constant message per code, so that the logger's limit on repetitions does not let one kind hide another.
  logger_.Log(severity, CodeName(status.code()) + " answered to a call",
              {{"method", path},
               {"code", CodeName(status.code())},
               {"reason", ReasonName(GetReason(status))},
               {"error", status.message()},
               {"principal", facts.principal.name()},
               {"organization", facts.principal.organization()},
               {"duration_ms", milliseconds},
               TraceId(facts.trace.trace_id())});
}

}  // namespace docket::rpc
