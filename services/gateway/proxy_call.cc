#include "services/gateway/proxy_call.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/access_check.h"
#include "common/rpc/trace_context.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"

namespace docket::gateway {
namespace {

constexpr char kDomain[] = "docket.gateway";
// The services' own limit; see rpc::ServerOptions.
constexpr size_t kMaxMessageBytes = 4 * 1024 * 1024;
constexpr char kPrincipalKey[] = "docket-principal-bin";

absl::string_view MetadataValue(const grpc::GenericCallbackServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? absl::string_view() : absl::string_view(found->second.data(), found->second.size());
}

std::string Flatten(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

// Refusals by a service's adapter, before any handler ran, are the gateway's to report; what a handler refuses, the
// service records itself. A role that the backend asks for beyond the contract's is a handler's rule: the adapter's was
// checked here.
bool RefusedBeforeHandler(const MethodAccess& method, const absl::Status& status) {
  return status.code() == absl::StatusCode::kPermissionDenied &&
         GetReason(status) == Reason::REASON_OTHER_ORGANIZATION && !method.resource_field.empty();
}

absl::Status MessageTooLarge(absl::StatusCode code, absl::string_view text) {
  return Error(code, Reason::REASON_MESSAGE_TOO_LARGE, text, {{"limit_bytes", absl::StrCat(kMaxMessageBytes)}});
}

// The library's text names addresses and sockets; callers get ours.
absl::Status InOurWords(const grpc::Status& status, bool cancelled_by_caller, const std::string& backend) {
  switch (status.error_code()) {
    case grpc::StatusCode::CANCELLED:
      if (cancelled_by_caller)
        return Error(absl::StatusCode::kCancelled, Reason::REASON_CANCELLED, "the caller went away");
      // What gRPC reports when the backend's process ends while the call is on its way.
      return Error(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE,
                   absl::StrCat("the ", backend, " service ended the call without an answer"));
    case grpc::StatusCode::UNAVAILABLE:
      return Error(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE,
                   absl::StrCat("the ", backend, " service does not answer"));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                   "the time for this call is over");
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return MessageTooLarge(
          absl::StatusCode::kResourceExhausted,
          absl::StrCat("the answer of the ", backend, " service is larger than 4 MiB; ask for less"));
    case grpc::StatusCode::UNIMPLEMENTED:
      return Error(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD,
                   absl::StrCat("the ", backend, " service does not know this method yet"));
    default:
      return InternalError(status.error_message());
  }
}

// The whole life of one call. It belongs to itself: the server's side, the client's side and the alarm each hold a
// share, and the last one to finish deletes it.
class ProxyCall final : public grpc::ServerGenericBidiReactor {
 public:
  ProxyCall(Door& door, grpc::GenericCallbackServerContext* context)
      : door_(door), server_context_(context), start_(absl::Now()), path_(context->method()) {
    const auto parent = rpc::TraceContext::Parse(MetadataValue(*context, "traceparent"));
    trace_ = parent.has_value() ? parent->NewSpan() : rpc::TraceContext::New();
    context->AddInitialMetadata("docket-trace-id", std::string(trace_.trace_id()));
    if (absl::Status admitted = Admit(); !admitted.ok()) {
      Refuse(admitted);
      return;
    }
    LimitTime();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok && IsCancelled()) {
      Refuse(Error(absl::StatusCode::kCancelled, Reason::REASON_CANCELLED, "the caller went away"));
      return;
    }
    if (!ok) {
      Refuse(
          Error(absl::StatusCode::kInvalidArgument, Reason::REASON_MALFORMED_MESSAGE, "the call carries no message"));
      return;
    }
    if (request_.Length() > kMaxMessageBytes) {
      Refuse(MessageTooLarge(absl::StatusCode::kInvalidArgument,
                             absl::StrCat("the message has ", request_.Length(), " bytes; 4 MiB is the most")));
      return;
    }
    if (absl::Status allowed = CheckRole(*route_->access, principal_); !allowed.ok()) {
      Report(allowed);
      Refuse(allowed);
      return;
    }
    Forward();
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    if (client_context_ != nullptr) client_context_->TryCancel();
  }

  void OnWriteDone(bool ok) override {
    if (stream_ != nullptr) stream_->Written(ok);
  }

  void OnDone() override {
    {
      absl::MutexLock lock(&mutex_);
      done_ = true;
    }
    if (alarm_.has_value()) alarm_->Cancel();
    // From here on the door may be gone: the backend's side may outlive the server by a moment.
    place_.reset();
    Release();
  }

 private:
  // The backend's side of a server-streaming call: one message in flight at a time, so a slow caller slows the backend
  // down.
  class Stream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Stream(ProxyCall* call) : call_(call) {}
    void Begin() {
      // Reads are started from the server's side, outside this reactor's own reactions; the hold keeps OnDone away
      // until the last one.
      AddHold();
      StartCall();
      StartWriteLast(&call_->request_, grpc::WriteOptions());
      StartRead(&message_);
    }
    void OnReadDone(bool ok) override {
      if (ok) {
        call_->StartWrite(&message_);
      } else {
        // The backend has nothing more to say; its status comes with OnDone.
        RemoveHold();
      }
    }
    void Written(bool ok) {
      if (ok) {
        StartRead(&message_);
      } else {
        call_->client_context_->TryCancel();
        RemoveHold();
      }
    }
    void OnDone(const grpc::Status& status) override {
      call_->FinishWith(status);
      call_->Release();
    }

   private:
    ProxyCall* const call_;
    grpc::ByteBuffer message_;
  };

  // Who calls, what, and whether there is room.
  absl::Status Admit() {
    auto route = door_.FindRoute(path_);
    if (!route.ok()) {
      ReportUnknownMethod(route.status());
      return route.status();
    }
    route_ = *route;
    auto principal = door_.Authenticate(MetadataValue(*server_context_, "authorization"), server_context_->peer());
    if (!principal.ok()) return principal.status();
    principal_ = *std::move(principal);
    auto place = door_.Enter(principal_.name());
    if (!place.ok()) return place.status();
    place_ = *std::move(place);
    return absl::OkStatus();
  }

  // Sets the time at which the call ends at the latest. A caller with a deadline of its own ends its call itself; one
  // without, or with a later one, could hold its place for ever by sending no request or reading no answer.
  void LimitTime() {
    const DoorLimits& limits = door_.limits();
    const bool streaming = route_->access->server_streaming;
    const auto asked = server_context_->deadline();
    const bool unlimited = asked == std::chrono::system_clock::time_point::max();
    deadline_ = start_ + (streaming   ? limits.max_stream_deadline
                          : unlimited ? limits.default_deadline
                                      : limits.max_deadline);
    if (!unlimited && absl::FromChrono(asked) <= deadline_) {
      deadline_ = absl::FromChrono(asked);
      return;
    }
    shares_.fetch_add(1, std::memory_order_relaxed);
    alarm_.emplace();
    alarm_->Set(absl::ToChronoTime(deadline_), [this](bool expired) {
      if (expired) {
        absl::MutexLock lock(&mutex_);
        if (!done_) server_context_->TryCancel();
      }
      Release();
    });
  }

  bool IsCancelled() {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

  void Forward() {
    auto backend = door_.FindBackend(*route_);
    if (!backend.ok()) {
      Refuse(backend.status());
      return;
    }
    {
      absl::MutexLock lock(&mutex_);
      client_context_ = std::make_unique<grpc::ClientContext>();
      if (cancelled_) client_context_->TryCancel();
    }
    client_context_->set_deadline(absl::ToChronoTime(deadline_ - door_.limits().margin));
    client_context_->AddMetadata(kPrincipalKey, principal_.SerializeAsString());
    client_context_->AddMetadata("traceparent", trace_.ToString());
    stub_ = std::make_unique<grpc::GenericStub>((*backend)->channel->Next());
    shares_.fetch_add(1, std::memory_order_relaxed);
    if (route_->access->server_streaming) {
      stream_ = std::make_unique<Stream>(this);
      stub_->PrepareBidiStreamingCall(client_context_.get(), path_, grpc::StubOptions(), stream_.get());
      stream_->Begin();
    } else {
      stub_->UnaryCall(client_context_.get(), path_, grpc::StubOptions(), &request_, &response_,
                       [this](grpc::Status status) {
                         FinishWith(status);
                         Release();
                       });
    }
  }

  void FinishWith(const grpc::Status& status) {
    if (status.ok()) {
      Count(0);
      if (route_->access->server_streaming) {
        Finish(grpc::Status::OK);
      } else {
        StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
      }
      return;
    }
    // What the library made on the way to the backend is put into our words; what the backend made passes as it is.
    if (status.error_details().empty()) {
      Refuse(InOurWords(status, IsCancelled(), route_->backend));
      return;
    }
    if (const absl::Status error = rpc::FromWire(status); RefusedBeforeHandler(*route_->access, error)) Report(error);
    Count(status.error_code());
    Finish(status);
  }

  void Refuse(const absl::Status& status) {
    Count(static_cast<int>(status.code()));
    Finish(rpc::ToWire(status, kDomain, trace_.trace_id()));
  }

  void Report(const absl::Status& status) {
    door_.denials().Report({.principal = principal_,
                            .method = route_->access,
                            .path = path_,
                            .trace_id = std::string(trace_.trace_id()),
                            .status = status,
                            .request = Flatten(request_)});
  }

  // Somebody who is known tries what is not offered, such as writing into the log.
  void ReportUnknownMethod(const absl::Status& status) {
    auto principal = door_.Authenticate(MetadataValue(*server_context_, "authorization"), server_context_->peer());
    if (!principal.ok()) return;
    door_.denials().Report({.principal = *std::move(principal),
                            .path = path_,
                            .trace_id = std::string(trace_.trace_id()),
                            .status = status});
  }

  void Count(int code) { door_.Count(route_ == nullptr ? "" : path_, code, absl::Now() - start_); }

  void Release() {
    if (shares_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  Door& door_;
  grpc::GenericCallbackServerContext* const server_context_;
  const absl::Time start_;
  absl::Time deadline_;
  const std::string path_;
  rpc::TraceContext trace_ = rpc::TraceContext::New();
  const Route* route_ = nullptr;
  common::v1::Principal principal_;
  std::unique_ptr<Door::Place> place_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::unique_ptr<grpc::GenericStub> stub_;
  std::unique_ptr<Stream> stream_;
  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  // Made once, under the mutex, before the call is forwarded; read without it afterwards.
  std::unique_ptr<grpc::ClientContext> client_context_;
  // Set only where the caller's own deadline does not end the call in time.
  std::optional<grpc::Alarm> alarm_;
  std::atomic<int> shares_{1};
};

}  // namespace

grpc::ServerGenericBidiReactor* ProxyService::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new ProxyCall(door_, context);
}

}  // namespace docket::gateway
