// The clock that the log's time comes from: the system's, unless that runs ahead of the database's.
//
// A time that was once written too late can never be taken back, since the log's time does not run backwards; one that
// is too early repairs itself. So of the two clocks the earlier one counts where they disagree: a clock that jumps
// ahead does not poison the log, whichever of them it is. Between two looks at the database its clock is carried on by
// one that nobody can set.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_BOUNDED_CLOCK_H_
#define DOCKET_SERVICES_AUDIT_INGEST_BOUNDED_CLOCK_H_

#include <functional>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"

namespace docket::audit {

// How far the clocks may be apart.
inline constexpr absl::Duration kClockTolerance = absl::Seconds(5);

// Time since some moment, which never jumps.
using SteadyTime = std::function<absl::Duration()>;
// The system's.
absl::Duration SystemSteadyTime();

// Thread-safe.
class BoundedClock final : public Clock {
 public:
  // `clock` must outlive it.
  explicit BoundedClock(Clock& clock, SteadyTime steady = SystemSteadyTime)
      : clock_(clock), steady_(std::move(steady)) {}

  // The system's time; the database's, as far as it is known, where the system's is more than kClockTolerance ahead.
  absl::Time Now() override;

  // The database says it is `time` now.
  void Learn(absl::Time time);

 private:
  struct Known {
    absl::Time time;
    absl::Duration steady;
  };

  Clock& clock_;
  const SteadyTime steady_;
  absl::Mutex mutex_;
  std::optional<Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_BOUNDED_CLOCK_H_
