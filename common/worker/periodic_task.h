// Work that is done again and again: relays, sweeps, expiries.
//
//   PeriodicTask sweep({.name = "expire approvals", .interval = absl::Seconds(30)},
//                      [&] { return approvals.ExpireOverdue(clock.Now()); }, clock, log);
//   sweep.Start();
//
// The step is a plain function that tests call, directly or through RunOnce(); nothing in a test needs to sleep.
#ifndef DOCKET_COMMON_WORKER_PERIODIC_TASK_H_
#define DOCKET_COMMON_WORKER_PERIODIC_TASK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"

namespace docket {

struct PeriodicTaskOptions {
  // Lower-case words, for the log and metrics: "expire approvals".
  std::string name;
  // From the end of one run to the start of the next; at least a millisecond.
  absl::Duration interval = absl::Seconds(10);
  // Each pause is drawn from interval × [1 - jitter, 1 + jitter], so that replicas do not move in step. 0 to 1.
  double jitter = 0.2;
  // The first run comes after a pause drawn from [0, min(interval, max_start_delay)], so that restarted processes do
  // not all begin at once.
  absl::Duration max_start_delay = absl::Seconds(5);
};

// Thread-safe. Runs never overlap. A step that fails is logged and tried again after the interval; it never ends the
// task.
class PeriodicTask {
 public:
  using Step = absl::AnyInvocable<absl::Status()>;

  // `clock` and `log` must outlive the task.
  PeriodicTask(PeriodicTaskOptions options, Step step, Clock& clock, Logger& log);
  // Stops.
  ~PeriodicTask();
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  // Does the work now, in this thread, after a run in progress; returns what the step returned. CANCELLED after Stop().
  // Must not be called from the step.
  absl::Status RunOnce();

  // Does the work at its times until Stop(). Start() does the same in a thread of its own; it works once.
  void Run();
  void Start();

  // Ends the pause, or the one after the run in progress. A step that left work behind calls it to go on at once. Calls
  // between two runs count as one; one before Run() makes the first run immediate.
  void Wake();

  // Ends the pause, waits for the run in progress and joins. No run begins afterwards. Must not be called from the
  // step.
  void Stop();

  const std::string& name() const { return options_.name; }
  // When the step last returned OK, by the clock; nothing before it did.
  std::optional<absl::Time> last_success() const;
  int64_t runs() const;
  int64_t failures() const;

 private:
  // Waits; false when it is time to end.
  bool Pause(bool first);
  bool IsPauseOver() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return wake_ || stop_; }
  bool HasNoLoop() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_loops_ == 0; }

  const PeriodicTaskOptions options_;
  Clock& clock_;
  Logger& log_;

  absl::Mutex run_mutex_;  // Held during a run. Taken before mutex_.
  Step step_ ABSL_GUARDED_BY(run_mutex_);

  mutable absl::Mutex mutex_;
  bool wake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  int running_loops_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t runs_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<absl::Time> last_success_ ABSL_GUARDED_BY(mutex_);
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex thread_mutex_;
  bool started_ ABSL_GUARDED_BY(thread_mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(thread_mutex_);
};

}  // namespace docket

#endif  // DOCKET_COMMON_WORKER_PERIODIC_TASK_H_
