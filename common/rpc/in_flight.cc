#include "common/rpc/in_flight.h"

namespace docket::rpc {

void InFlight::Add(Call* call) {
  absl::MutexLock lock(&mutex_);
  call->previous_ = nullptr;
  call->next_ = first_;
  if (first_ != nullptr) first_->previous_ = call;
  first_ = call;
  count_.fetch_add(1, std::memory_order_relaxed);
}

void InFlight::Remove(Call* call) {
  absl::MutexLock lock(&mutex_);
  (call->previous_ == nullptr ? first_ : call->previous_->next_) = call->next_;
  if (call->next_ != nullptr) call->next_->previous_ = call->previous_;
  count_.fetch_sub(1, std::memory_order_relaxed);
}

void InFlight::CancelAll() {
  cancelled_.store(true, std::memory_order_release);
  absl::MutexLock lock(&mutex_);
  for (Call* call = first_; call != nullptr; call = call->next_) call->CancelNow();
}

void InFlight::AnswerAll(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  for (Call* call = first_; call != nullptr; call = call->next_) call->AnswerNow(status);
}

bool InFlight::WaitUntilEmpty(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return first_ == nullptr; };
  return mutex_.AwaitWithDeadline(absl::Condition(&empty), deadline);
}

}  // namespace docket::rpc
