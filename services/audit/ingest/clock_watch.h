// Compares this process's clock with the database's, which all processes share.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_CLOCK_WATCH_H_
#define DOCKET_SERVICES_AUDIT_INGEST_CLOCK_WATCH_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/ingest/bounded_clock.h"

namespace docket::audit {

// Thread-safe.
class ClockWatch {
 public:
  struct Parts {
    mysql::Pool* pool = nullptr;
    // The process's, as it is.
    Clock* clock = nullptr;
    BoundedClock* bounded = nullptr;
    Logger* logger = nullptr;
    // Unique for each start of a process.
    std::string replica;
    // Enters an event into the log.
    std::function<absl::Status(event::v1::Event event, absl::Time deadline)> record;
  };
  explicit ClockWatch(Parts parts) : parts_(std::move(parts)) {}

  // Looks at both clocks and tells the bounded one what the database says. When they come to be more than
  // kClockTolerance apart, a ClockAnomaly is recorded, once until they are within half of it again; where recording
  // fails the next look tries again. Errors are those of the database and of recording.
  absl::Status Check(absl::Time deadline);

  // Whether the clocks agreed at the last look; true before the first.
  bool sound() const;

 private:
  struct Anomaly {
    event::v1::Event event;
    bool recorded = false;
  };

  // The process's clock less the database's.
  absl::StatusOr<absl::Duration> Measure(absl::Time deadline);
  event::v1::Event AnomalyEvent(absl::Duration difference) const;

  const Parts parts_;
  // Held during a look.
  absl::Mutex look_mutex_;
  mutable absl::Mutex mutex_;
  std::optional<Anomaly> anomaly_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_CLOCK_WATCH_H_
