#include "services/audit/ingest/bounded_clock.h"

#include <chrono>

namespace docket::audit {

absl::Duration SystemSteadyTime() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

absl::Time BoundedClock::Now() {
  const absl::Time now = clock_.Now();
  const absl::Duration steady = steady_();
  absl::MutexLock lock(&mutex_);
  if (!known_.has_value()) return now;
  const absl::Time expected = known_->time + (steady - known_->steady);
  return now > expected + kClockTolerance ? expected : now;
}

void BoundedClock::Learn(absl::Time time) {
  const absl::Duration steady = steady_();
  absl::MutexLock lock(&mutex_);
  known_ = Known{.time = time, .steady = steady};
}

}  // namespace docket::audit
