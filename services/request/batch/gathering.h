// The elements of a batch on their way, for single calls that answer later: all are begun at once, so that they share
// transactions with each other and with whoever else is there, and the batch is answered once each of them was.
//
//   Gather(context, call.requests(), rules, std::move(responder),
//          [this](const auto& element, const auto& single, auto answer) {
//            requests_.SubmitRequest(element, single, std::move(answer));
//          });
//
// No thread waits for them. What elements have left to do in a worker (to look up a first answer, to record a refusal)
// waits until all others have come, and is then done in one worker, one after the other. So a batch never has more than
// one worker and has none while it waits: batches cannot keep each other from ending, however many there are.
#ifndef DOCKET_SERVICES_REQUEST_BATCH_GATHERING_H_
#define DOCKET_SERVICES_REQUEST_BATCH_GATHERING_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/call_context.h"
#include "common/rpc/responder.h"
#include "common/status/error.h"
#include "docket/request/v1/request.pb.h"
#include "docket/request/v1/request_batch_service.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/repeated_field.h"
#include "services/request/batch/element_service.h"
#include "services/request/item_call_service.h"

namespace docket::request {

// Lives as long as one of its elements is on its way.
template <typename Single, typename Reply>
class Gathering : public std::enable_shared_from_this<Gathering<Single, Reply>> {
 public:
  // Begins the call of one element.
  using Begin = absl::FunctionRef<void(const rpc::CallContext&, const Single&, rpc::Responder<v1::Request>)>;

  // The context must live as long as the responder's call does.
  Gathering(const rpc::CallContext& batch, int size, rpc::Responder<Reply> responder)
      : batch_(batch), responder_(std::move(responder)), elements_(size), under_way_(size + 1) {}

  void Start(const google::protobuf::RepeatedPtrField<Single>& calls, const ElementRules& rules, Begin begin) {
    for (int i = 0; i < calls.size(); ++i) {
      Element& element = elements_[i];
      element.call = calls.Get(i);
      const absl::Status wrong = rules.Complete(batch_, i, &element.call);
      if (wrong.ok()) {
        element.context.emplace(ItemCall(batch_, &element.call));
      } else {
        element.result = ResultOf(wrong, "", batch_.trace_id());
      }
    }
    // Not before all were looked at, so that they arrive together.
    for (Element& element : elements_) {
      if (!element.context.has_value()) {
        Arrive();
        continue;
      }
      begin(*element.context, element.call,
            rpc::Responder<v1::Request>(std::make_unique<ElementCall>(this->shared_from_this(), element)));
    }
    Arrive();
  }

 private:
  using Task = absl::AnyInvocable<void()>;

  struct Element {
    Single call;
    // Nothing where the call is wrong.
    std::optional<rpc::CallContext> context;
    absl::StatusOr<v1::RequestResult> result = InternalError("an element ended without an answer");
  };

  // The answer that an element still owes. Its context and call stay with the gathering.
  class ElementCall final : public rpc::PendingCall {
   public:
    ElementCall(std::shared_ptr<Gathering> gathering, Element& element)
        : gathering_(std::move(gathering)), element_(element) {}
    ~ElementCall() override {
      if (!answered_) gathering_->Arrive();
    }

    void AnswerWith(const absl::Status& status, const google::protobuf::Message* reply) override {
      answered_ = true;
      if (status.ok()) {
        element_.result = ResultOf(static_cast<const v1::Request&>(*reply));
      } else {
        element_.result = ResultOf(status, NamedBy(element_.call), gathering_->batch_.trace_id());
      }
      gathering_->Arrive();
    }

    void RunInWorker(absl::AnyInvocable<void()> task) override {
      // The task owns this call, and may be gone before the gathering is done with it.
      const std::shared_ptr<Gathering> gathering = gathering_;
      gathering->Arrive(std::move(task));
    }

   private:
    const std::shared_ptr<Gathering> gathering_;
    Element& element_;
    bool answered_ = false;
  };

  // One more has come: it is answered, or has this left to do in a worker.
  void Arrive(Task rest = nullptr) {
    std::vector<Task> rests;
    {
      absl::MutexLock lock(&mutex_);
      if (rest) rests_.push_back(std::move(rest));
      if (--under_way_ > 0) return;
      rests.swap(rests_);
      under_way_ = static_cast<int>(rests.size());
    }
    // Nothing is under way, so nobody else is here.
    if (rests.empty()) return Answer();
    rpc::Responder<Reply> responder = *std::move(responder_);
    responder_.reset();
    // Where no worker has room that answers the batch, and what is left is destroyed.
    std::move(responder).Resume(
        [gathering = this->shared_from_this(), rests = std::move(rests)](rpc::Responder<Reply> later) mutable {
          gathering->responder_.emplace(std::move(later));
          gathering->Run(std::move(rests));
        });
  }

  void Run(std::vector<Task> rests) {
    for (Task& rest : rests) {
      // What nobody will read is left for when the batch is repeated.
      if (absl::Status alive = batch_.CheckAlive(); alive.ok()) {
        rest();
      } else {
        absl::MutexLock lock(&mutex_);
        gave_up_ = std::move(alive);
      }
      rest = nullptr;
    }
  }

  void Answer() {
    // Refused for want of a worker, and so answered.
    if (!responder_.has_value()) return;
    absl::Status gave_up;
    {
      absl::MutexLock lock(&mutex_);
      gave_up = gave_up_;
    }
    if (!gave_up.ok()) return responder_->Answer(gave_up);
    Reply reply;
    for (Element& element : elements_) {
      if (!element.result.ok()) return responder_->Answer(element.result.status());
      *reply.add_results() = *std::move(element.result);
    }
    responder_->Answer(reply);
  }

  const rpc::CallContext& batch_;
  // Whoever brings the last element, or runs what is left of some, has it to themselves.
  std::optional<rpc::Responder<Reply>> responder_;
  // As many for as long as it lives; each belongs to whoever has its call.
  std::vector<Element> elements_;

  absl::Mutex mutex_;
  // Elements that have not come, and the start of them all.
  int under_way_ ABSL_GUARDED_BY(mutex_);
  std::vector<Task> rests_ ABSL_GUARDED_BY(mutex_);
  absl::Status gave_up_ ABSL_GUARDED_BY(mutex_);
};

template <typename Single, typename Reply>
void Gather(const rpc::CallContext& batch, const google::protobuf::RepeatedPtrField<Single>& calls,
            const ElementRules& rules, rpc::Responder<Reply> responder,
            typename Gathering<Single, Reply>::Begin begin) {
  std::make_shared<Gathering<Single, Reply>>(batch, calls.size(), std::move(responder))->Start(calls, rules, begin);
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_BATCH_GATHERING_H_
