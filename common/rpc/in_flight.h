// The calls that a server has taken on and not finished. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_IN_FLIGHT_H_
#define DOCKET_COMMON_RPC_IN_FLIGHT_H_

#include <atomic>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace docket::rpc {

// Thread-safe. How a server ends: Close, wait, CancelAll, wait, AnswerAll.
class InFlight {
 public:
  // A call. It is in the list from Add to Remove and must not be destroyed in between.
  class Call {
   public:
    virtual ~Call() = default;
    // Frees a handler that waits for its client.
    virtual void CancelNow() {}
    // Answers the caller unless that has been done, while the handler still runs.
    virtual void AnswerNow(const absl::Status& status) = 0;

   private:
    friend class InFlight;
    Call* previous_ = nullptr;
    Call* next_ = nullptr;
  };

  InFlight() = default;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  void Add(Call* call);
  void Remove(Call* call);

  // From here on new calls are refused and streams end.
  void Close() { closed_.store(true, std::memory_order_release); }
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  // From here on every call counts as cancelled.
  void CancelAll();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // Answers every call that is left. Their handlers go on, unheard.
  void AnswerAll(const absl::Status& status);

  // False when `deadline` (of the system's clock) came first.
  bool WaitUntilEmpty(absl::Time deadline);

  int count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> closed_{false};
  std::atomic<bool> cancelled_{false};
  std::atomic<int> count_{0};
  absl::Mutex mutex_;
  Call* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_IN_FLIGHT_H_
