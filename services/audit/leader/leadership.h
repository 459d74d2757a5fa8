// A process's part in leading: the clock that the log's time comes from, the lease, and the tasks that keep both.
//
//   Leadership leadership({…});
//   LogAppender appender(pool, store, guard, leadership.clock(), origin);
//   leadership.RecordWith(…);
//   PeriodicTask scrub({…}, leadership.lease().AtLeader(step), …);
//   leadership.Start();
#ifndef DOCKET_SERVICES_AUDIT_LEADER_LEADERSHIP_H_
#define DOCKET_SERVICES_AUDIT_LEADER_LEADERSHIP_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/mysql/pool.h"
#include "common/worker/periodic_task.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/ingest/bounded_clock.h"
#include "services/audit/ingest/clock_watch.h"
#include "services/audit/leader/leader_lease.h"

namespace docket::audit {

// Metrics: docket_audit_leading and docket_audit_clock_sound, 1 or 0.
class Leadership {
 public:
  struct Parts {
    mysql::Pool* pool = nullptr;
    // The process's, as it is.
    Clock* clock = nullptr;
    Logger* logger = nullptr;
    Metrics* metrics = nullptr;
    // Unique for each start of a process.
    std::string replica;
  };
  // All parts must outlive it.
  explicit Leadership(Parts parts);

  // For everything that gives the log its time.
  Clock& clock() { return clock_; }
  LeaderLease& lease() { return lease_; }

  // How an anomaly of the clock gets into the log. Before Start.
  void RecordWith(std::function<absl::Status(event::v1::Event event, absl::Time deadline)> record) {
    record_ = std::move(record);
  }

  // Looks at the clocks and takes the lease where it is free, then goes on with both in the background.
  void Start();
  // Ends that and gives the lease back.
  void Stop();

  // One look, and one step of the lease, in the caller's thread.
  absl::Status LookAtClocks();
  absl::Status HoldLead();

 private:
  const Parts parts_;
  BoundedClock clock_;
  std::function<absl::Status(event::v1::Event, absl::Time)> record_;
  ClockWatch watch_;
  LeaderLease lease_;
  Metrics::Gauge& leading_;
  Metrics::Gauge& sound_;
  PeriodicTask watch_task_;
  PeriodicTask lease_task_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEADER_LEADERSHIP_H_
