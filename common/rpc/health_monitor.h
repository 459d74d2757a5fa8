// Finds out again and again whether a process can do its work. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_HEALTH_MONITOR_H_
#define DOCKET_COMMON_RPC_HEALTH_MONITOR_H_

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/worker/periodic_task.h"
#include "common/worker/worker_pool.h"

namespace docket::rpc {

// Runs a probe through the worker pool, so that workers that are all stuck show as well, and publishes changes. Not
// ready until the first success; not ready again after two failures in a row, so that one slow moment does not take a
// replica away.
class HealthMonitor {
 public:
  // All must outlive the monitor. `publish` is called with the first finding and whenever it changes, one call at a
  // time.
  HealthMonitor(WorkerPool& workers, std::function<absl::Status()> probe, absl::Duration interval,
                std::function<void(bool)> publish, Clock& clock, Logger& logger);
  ~HealthMonitor();

  // Probes now, then every `interval`.
  void Start();
  // Probes now and returns whether the process is ready.
  bool CheckNow();
  // No more probes, no more publishing. Does not wait for one that hangs.
  void Stop();
  // False when a probe still runs at `deadline`.
  bool WaitForProbe(absl::Time deadline);

 private:
  // A probe on its way through the pool; shared, since it may outlast the monitor's patience.
  struct Probe;

  absl::Status RunProbe();
  absl::Status AwaitProbe(Probe& probe);
  void Record(const absl::Status& status);

  WorkerPool& workers_;
  const std::function<absl::Status()> probe_;
  const absl::Duration patience_;
  const std::function<void(bool)> publish_;

  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Probe> running_ ABSL_GUARDED_BY(mutex_);

  // Last: its thread uses the above.
  PeriodicTask task_;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_HEALTH_MONITOR_H_
