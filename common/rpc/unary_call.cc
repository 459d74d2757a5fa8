#include <atomic>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/rpc/served_calls.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

// One unary call. Owned by the task that serves it, or the handler that answers it later; whoever destroys it unserved
// thereby refuses it.
//
// gRPC's objects (context, reactor, reply) live until Finish and may be gone right after. Either the worker or, at a
// hard stop, AnswerNow finishes, whoever claims it first; the worker may run on behind a finished call and must not
// notice.
class UnaryCall final : public InFlight::Call, public ReplySink, public PendingCall {
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
    if (!answered_) Answer(Unanswered());
    state_.in_flight().Remove(this);
  }

  grpc::ServerUnaryReactor* reactor() { return reactor_; }
  // Whether the caller is known; has answered otherwise.
  bool Identify() {
    const absl::Status status = state_.ReadFacts(*context_, /*streaming=*/false, &facts_);
    if (!status.ok()) Answer(status);
    return status.ok();
  }

  static void Run(std::unique_ptr<UnaryCall> call) {
    UnaryCall& self = *call;
    const absl::Status useful = self.Begin();
    if (!useful.ok()) return self.Answer(useful);
    const auto is_cancelled = [&self] { return self.IsCancelled(); };
    Logger& logger = self.state_.logger();
    if (!self.method_.answers_later())
      return self.Answer(self.method_.Serve(self.facts_, self.request_, is_cancelled, logger, self));
    self.opened_ = std::make_unique<OpenedRequest>();
    const absl::Status opened = self.method_.Open(self.facts_, self.request_, is_cancelled, logger, *self.opened_);
    if (!opened.ok()) return self.Answer(opened);
    self.handed_over_ = true;
    self.method_.Invoke(*self.opened_, logger, std::move(call));
  }

  void AnswerWith(const absl::Status& status, const google::protobuf::Message* reply) override {
    if (reply != nullptr) Put(*reply);
    Answer(status);
  }

  void RunInWorker(absl::AnyInvocable<void()> task) override {
    handed_over_ = false;
    state_.workers().TrySubmit([this, task = std::move(task)]() mutable {
      handed_over_ = true;
      task();
    });
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
  // Once a handler has it, it is the handler that owes the answer.
  absl::Status Unanswered() const {
    if (handed_over_ && !state_.in_flight().closed()) return InternalError("a handler ended without an answer");
    return state_.Refusal();
  }

  // Whether serving it is of any use, now that its turn has come.
  absl::Status Begin() {
    const absl::Time now = absl::Now();
    method_.metrics().Waited(now - facts_.arrival);
    if (IsCancelled()) return Error(absl::StatusCode::kCancelled, Reason::REASON_CANCELLED, "the caller went away");
    if (facts_.deadline - now < kLeastUsefulTime) {
      return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                   "too little time was left when the call's turn came");
    }
    return absl::OkStatus();
  }

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
  // What a handler that answers later still looks at, and whether it has the call.
  std::unique_ptr<OpenedRequest> opened_;
  bool handed_over_ = false;
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
    state.workers().TrySubmit([call = std::move(call)]() mutable { UnaryCall::Run(std::move(call)); });
  return reactor;
}

}  // namespace docket::rpc
