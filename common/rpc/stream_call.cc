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

// A client that reads gets its last reply and a proper end when the time is up; one that does not is cut off.
constexpr absl::Duration kWriteGrace = absl::Seconds(1);

// One server-streaming call. Shared by the task that serves it and by gRPC, which lets go in OnDone; the last one
// deletes it.
class StreamCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public InFlight::Call, public ReplySink {
 public:
  StreamCall(const ServedMethod& method, ServerState& state, grpc::CallbackServerContext* context,
             const grpc::ByteBuffer& request)
      : method_(method), state_(state), context_(context), request_(request) {
    state_.in_flight().Add(this);
  }

  bool Identify() {
    const absl::Status status = state_.ReadFacts(*context_, /*streaming=*/true, &facts_);
    if (!status.ok()) Answer(status);
    return status.ok();
  }

  void Run() {
    method_.metrics().Waited(absl::Now() - facts_.arrival);
    Answer(method_.Serve(
        facts_, request_, [this] { return IsGone(); }, state_.logger(), *this));
  }

  // The task is done with the call, served or not.
  void LetGo() {
    Answer(state_.Refusal());
    state_.in_flight().Remove(this);
    Release();
  }

  bool Put(const google::protobuf::Message& reply) override {
    const size_t size = reply.ByteSizeLong();
    absl::MutexLock lock(&mutex_);
    if (finished_ || IsGoneLocked()) return false;
    if (size > static_cast<size_t>(state_.options().max_message_bytes)) {
      too_large_ = size;
      return false;
    }
    buffer_ = SerializeMessage(reply);
    writing_ = true;
    // Not inlined by gRPC in a thread of ours, so OnWriteDone does not come back into this lock.
    StartWrite(&buffer_);
    if (!mutex_.AwaitWithDeadline(absl::Condition(this, &StreamCall::IsIdle), facts_.deadline + kWriteGrace)) {
      context_->TryCancel();
      mutex_.Await(absl::Condition(this, &StreamCall::IsIdle));
    }
    return write_ok_;
  }

  // A write that waits for a slow client comes back at once.
  void CancelNow() override {
    absl::MutexLock lock(&mutex_);
    if (writing_) context_->TryCancel();
  }

  void AnswerNow(const absl::Status& status) override {
    CancelNow();
    Answer(status);
  }

 private:
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !writing_; }
  bool IsGoneLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return cancelled_ || state_.in_flight().closed() || facts_.deadline <= absl::Now();
  }
  bool IsGone() {
    absl::MutexLock lock(&mutex_);
    return finished_ || IsGoneLocked();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    write_ok_ = ok;
    // OnCancel comes as well, but it may come later than the handler asks.
    cancelled_ = cancelled_ || !ok;
  }
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  void OnDone() override { Release(); }

  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  void Answer(absl::Status status) {
    if (answered_.exchange(true)) return;
    if (too_large_ > 0) status = state_.ReplyTooLarge(too_large_);
    // A handler that was told to stop may return anything; a cut stream must not look like a complete one.
    const bool refused = !status.ok() && status.code() != absl::StatusCode::kCancelled;
    if (!refused && state_.in_flight().closed()) status = state_.Refusal();
    if (!refused && facts_.deadline <= absl::Now()) {
      status = Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                     "the time for this call is over");
    }
    const grpc::Status wire = state_.Conclude(method_, facts_, status);
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &StreamCall::IsIdle));
    finished_ = true;
    Finish(wire);
  }

  const ServedMethod& method_;
  ServerState& state_;
  grpc::CallbackServerContext* const context_;
  CallFacts facts_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer buffer_;
  std::atomic<size_t> too_large_{0};
  std::atomic<int> references_{2};
  std::atomic<bool> answered_{false};
  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool write_ok_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

// Lets go of a call and of the room that it took, run or not.
class StreamTask {
 public:
  StreamTask(StreamCall* call, ServerState& state) : call_(call), state_(&state) {}
  StreamTask(StreamTask&& other) noexcept : call_(std::exchange(other.call_, nullptr)), state_(other.state_) {}
  StreamTask& operator=(StreamTask&&) = delete;
  ~StreamTask() {
    if (call_ == nullptr) return;
    state_->ReleaseStream();
    call_->LetGo();
  }
  void operator()() { call_->Run(); }

 private:
  StreamCall* call_;
  ServerState* state_;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* TakeStreamCall(const ServedMethod& method, ServerState& state,
                                                           grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer& request) {
  auto* const call = new StreamCall(method, state, context, request);
  if (!call->Identify() || state.in_flight().closed() || !state.TryAcquireStream()) {
    call->LetGo();
  } else {
    state.streams().TrySubmit(StreamTask(call, state));
  }
  return call;
}

}  // namespace docket::rpc
