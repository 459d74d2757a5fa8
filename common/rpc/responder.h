// The answer that a call still owes, for handlers that do not wait for it themselves: a write that is to share its
// transaction with others, say (common/mysql/commit_queue.h).
//
//   void RequestService::CreateRequest(const rpc::CallContext& context, const v1::CreateRequestRequest& call,
//                                      rpc::Responder<v1::Request> responder) {
//     absl::StatusOr<Draft> draft = DraftOf(context, call);
//     if (!draft.ok()) return responder.Answer(draft.status());
//     queue_.Submit(*std::move(draft), context.deadline(),
//                   [responder = std::move(responder)](absl::StatusOr<v1::Request> made) mutable {
//                     responder.Answer(made);
//                   });
//   }
#ifndef DOCKET_COMMON_RPC_RESPONDER_H_
#define DOCKET_COMMON_RPC_RESPONDER_H_

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace docket::rpc {

// A call without an answer, its types forgotten. One that is destroyed without an answer is refused.
class PendingCall {
 public:
  virtual ~PendingCall() = default;
  // Once. `reply` is there where `status` is OK.
  virtual void AnswerWith(const absl::Status& status, const google::protobuf::Message* reply) = 0;
  // `task`, which owns the call, runs in a worker; or is destroyed where none has room.
  virtual void RunInWorker(absl::AnyInvocable<void()> task) = 0;
};

// Answers one call, once, from any thread. The call's context and request stay until it is destroyed, not longer: a
// handler that gives its responder away may not look at them any more.
template <typename Reply>
class Responder {
 public:
  explicit Responder(std::unique_ptr<PendingCall> call) : call_(std::move(call)) {}

  void Answer(const absl::StatusOr<Reply>& reply) { call_->AnswerWith(reply.status(), reply.ok() ? &*reply : nullptr); }

  // Goes on in one of the server's workers, where it may block. Where there is no room the call is refused with
  // RESOURCE_EXHAUSTED / OVERLOADED, or UNAVAILABLE / SHUTTING_DOWN when the server ends, and `rest` does not run.
  void Resume(absl::AnyInvocable<void(Responder)> rest) && {
    PendingCall& call = *call_;
    call.RunInWorker([call = std::move(call_), rest = std::move(rest)]() mutable { rest(Responder(std::move(call))); });
  }

 private:
  std::unique_ptr<PendingCall> call_;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_RESPONDER_H_
