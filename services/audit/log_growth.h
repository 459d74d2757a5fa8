// How long the log is, for those who wait for more.
#ifndef DOCKET_SERVICES_AUDIT_LOG_GROWTH_H_
#define DOCKET_SERVICES_AUDIT_LOG_GROWTH_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace docket::audit {

// Thread-safe.
class LogGrowth {
 public:
  // The log is at least that long.
  void Announce(uint64_t size) {
    absl::MutexLock lock(&mutex_);
    if (size > size_) size_ = size;
  }
  // Waits until the log is longer than `size`, but no longer than `limit`. Returns what is known of its length.
  uint64_t WaitBeyond(uint64_t size, absl::Duration limit) {
    absl::MutexLock lock(&mutex_);
    const auto longer = [this, size]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return size_ > size; };
    mutex_.AwaitWithTimeout(absl::Condition(&longer), limit);
    return size_;
  }

 private:
  absl::Mutex mutex_;
  uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_GROWTH_H_
