#include <atomic>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/rpc/served_calls.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

// One unary call. Owned by the task that serves it; whoever destroys it unserved thereby refuses it.
//
// gRPC's objects (context, reactor, reply) live until Finish and may be gone right after. Either the worker or, at a
// hard stop, AnswerNow finishes, whoever claims it first; the worker may run on behind a finished call and must not
// notice.
class UnaryCall final : public InFlight::Call, public ReplySink {
 public:
  UnaryCall(const ServedMethod& method, ServerState& state, grpc::CallbackServerContext* context,
            const grpc::ByteBuffer& request, grpc::ByteBuffer* reply)
      : method_(method),
        state_(state),
        context_(context),
        reactor_(context->DefaultReactor()),
        reply_(reply),
        request_(request) {
    state_.in_flight().Add(this);
  }

  ~UnaryCall() override {
    Answer(state_.Refusal());
    state_.in_flight().Remove(this);
  }

  grpc::ServerUnaryReactor* reactor() { return reactor_; }
  // Whether the caller is known; has answered otherwise.
  bool Identify() {
    const absl::Status status = state_.ReadFacts(*context_, /*streaming=*/false, &facts_);
    if (!status.ok()) Answer(status);
    return status.ok();
  }

  void Run() {
    const absl::Time now = absl::Now();
    method_.metrics().Waited(now - facts_.arrival);
    if (IsCancelled())
      return Answer(Error(absl::StatusCode::kCancelled, Reason::REASON_CANCELLED, "the caller went away"));
    if (facts_.deadline - now < kLeastUsefulTime) {
      return Answer(Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                          "too little time was left when the call's turn came"));
    }
    Answer(method_.Serve(
        facts_, request_, [this] { return IsCancelled(); }, state_.logger(), *this));
  }

  bool Put(const google::protobuf::Message& reply) override {
    const size_t size = reply.ByteSizeLong();
    if (size > static_cast<size_t>(state_.options().max_message_bytes)) {
      too_large_ = size;
      return false;
    }
    result_ = SerializeMessage(reply);
    return true;
  }

  void AnswerNow(const absl::Status& status) override { Answer(status); }

 private:
  bool IsCancelled() {
    if (state_.in_flight().cancelled()) return true;
    absl::MutexLock lock(&mutex_);
    return finished_ || context_->IsCancelled();
  }

  void Answer(absl::Status status) {
    if (answered_.exchange(true)) return;
    if (status.ok() && too_large_ > 0) status = state_.ReplyTooLarge(too_large_);
    const grpc::Status wire = state_.Conclude(method_, facts_, status);
    if (status.ok()) reply_->Swap(&result_);
    {
      absl::MutexLock lock(&mutex_);
      finished_ = true;
    }
    reactor_->Finish(wire);
  }

  const ServedMethod& method_;
  ServerState& state_;
  grpc::CallbackServerContext* const context_;
  grpc::ServerUnaryReactor* const reactor_;
  grpc::ByteBuffer* const reply_;
  CallFacts facts_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer result_;
  std::atomic<size_t> too_large_{0};
  std::atomic<bool> answered_{false};
  absl::Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerUnaryReactor* TakeUnaryCall(const ServedMethod& method, ServerState& state,
                                        grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
                                        grpc::ByteBuffer* reply) {
  auto call = std::make_unique<UnaryCall>(method, state, context, request, reply);
  grpc::ServerUnaryReactor* const reactor = call->reactor();
  // A call that is not taken in is destroyed, which answers it.
  if (call->Identify() && !state.in_flight().closed())
    state.workers().TrySubmit([call = std::move(call)] { call->Run(); });
  return reactor;
}

}  // namespace docket::rpc
