// Where time comes from. Code that asks what time it is takes a Clock, so that tests decide.
#ifndef DOCKET_COMMON_CLOCK_CLOCK_H_
#define DOCKET_COMMON_CLOCK_CLOCK_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace docket {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;
  // Microseconds since the Unix epoch: the unit in which every table and event keeps time.
  int64_t NowMicros() { return absl::ToUnixMicros(Now()); }
};

// The system's clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() override;
};

// A clock that stands until it is moved.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_(now) {}
  absl::Time Now() override;
  void Set(absl::Time now);
  void Advance(absl::Duration by);

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket

#endif  // DOCKET_COMMON_CLOCK_CLOCK_H_
