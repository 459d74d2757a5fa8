#include "services/gateway/proxy_call.h"

#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/access/access_check.h"
#include "common/rpc/trace_context.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"

namespace docket::gateway {
namespace {

constexpr char kDomain[] = "docket.gateway";
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

// Refusals by a service's adapter, before any handler ran, are the gateway's to report; what a handler refuses, the service
// records itself.
bool RefusedBeforeHandler(const absl::Status& status) {
  const Reason reason = GetReason(status);
  return reason == Reason::REASON_ROLE_REQUIRED || reason == Reason::REASON_OTHER_ORGANIZATION;
}

// The whole life of one call. It belongs to itself: the server's side and the client's side each hold a share, and the last one to finish
// deletes it.
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
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Refuse(Error(absl::StatusCode::kInvalidArgument, Reason::REASON_MALFORMED_MESSAGE, "the call carries no message"));
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

  void OnDone() override { Release(); }

 private:
  // The backend's side of a server-streaming call: one message in flight at a time, so a slow caller slows the backend down.
  class Stream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Stream(ProxyCall* call) : call_(call) {}
    void Begin() {
      // Reads are started from the server's side, outside this reactor's own reactions; the hold keeps OnDone away until the last one.
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
    if (!route.ok()) return route.status();
    route_ = *route;
    auto principal = door_.Authenticate(MetadataValue(*server_context_, "authorization"), server_context_->peer());
    if (!principal.ok()) return principal.status();
    principal_ = *std::move(principal);
    auto place = door_.Enter(principal_.name());
    if (!place.ok()) return place.status();
    place_ = *std::move(place);
    return absl::OkStatus();
  }

  std::chrono::system_clock::time_point Deadline() const {
    const DoorLimits& limits = door_.limits();
    const bool streaming = route_->access->server_streaming;
    absl::Time deadline = absl::FromChrono(server_context_->deadline());
    if (deadline > start_ + absl::Hours(24 * 365)) deadline = start_ + (streaming ? limits.max_stream_deadline : limits.default_deadline);
    deadline = std::min(deadline, start_ + (streaming ? limits.max_stream_deadline : limits.max_deadline));
    return absl::ToChronoTime(deadline - limits.margin);
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
    client_context_->set_deadline(Deadline());
    client_context_->AddMetadata(kPrincipalKey, principal_.SerializeAsString());
    client_context_->AddMetadata("traceparent", trace_.ToString());
    stub_ = std::make_unique<grpc::GenericStub>((*backend)->channel->Next());
    shares_.fetch_add(1, std::memory_order_relaxed);
    if (route_->access->server_streaming) {
      stream_ = std::make_unique<Stream>(this);
      stub_->PrepareBidiStreamingCall(client_context_.get(), path_, grpc::StubOptions(), stream_.get());
      stream_->Begin();
    } else {
      stub_->UnaryCall(client_context_.get(), path_, grpc::StubOptions(), &request_, &response_, [this](grpc::Status status) {
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
    const absl::Status error = rpc::FromWire(status);
    if (error.code() == absl::StatusCode::kPermissionDenied && RefusedBeforeHandler(error)) Report(error);
    // What the backend made passes as it is; what the library made on the way to it is put into our words.
    Count(status.error_code());
    Finish(status.error_details().empty() ? rpc::ToWire(error, kDomain, trace_.trace_id()) : status);
  }

  void Refuse(const absl::Status& status) {
    Count(static_cast<int>(status.code()));
    Finish(rpc::ToWire(status, kDomain, trace_.trace_id()));
  }

  void Report(const absl::Status& status) {
    door_.denials().Report({.principal = principal_,
                            .method = route_->access,
                            .trace_id = std::string(trace_.trace_id()),
                            .status = status,
                            .request = Flatten(request_)});
  }

  void Count(int code) { door_.Count(route_ == nullptr ? "" : path_, code, absl::Now() - start_); }

  void Release() {
    if (shares_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  Door& door_;
  grpc::GenericCallbackServerContext* const server_context_;
  const absl::Time start_;
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
  // Made once, under the mutex, before the call is forwarded; read without it afterwards.
  std::unique_ptr<grpc::ClientContext> client_context_;
  std::atomic<int> shares_{1};
};

}  // namespace

grpc::ServerGenericBidiReactor* ProxyService::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new ProxyCall(door_, context);
}

}  // namespace docket::gateway
