#include "common/worker/periodic_task.h"

#include <algorithm>
#include <utility>

namespace docket {

PeriodicTask::PeriodicTask(PeriodicTaskOptions options, Step step, Clock& clock, Logger& log)
    : options_{std::move(options.name), std::max(options.interval, absl::Milliseconds(1)),
               std::clamp(options.jitter, 0.0, 1.0), std::max(options.max_start_delay, absl::ZeroDuration())},
      clock_(clock),
      log_(log),
      step_(std::move(step)) {}

PeriodicTask::~PeriodicTask() { Stop(); }

absl::Status PeriodicTask::RunOnce() {
  absl::MutexLock run_lock(&run_mutex_);
  {
    absl::MutexLock lock(&mutex_);
    if (stop_) return absl::CancelledError("the task is stopped");
  }
  const absl::Status status = step_();
  if (!status.ok()) {
    log_.Error("periodic task failed",
               {{"task", options_.name}, {"error", status.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  }
  absl::MutexLock lock(&mutex_);
  ++runs_;
  if (status.ok()) {
    last_success_ = clock_.Now();
  } else {
    ++failures_;
  }
  return status;
}

void PeriodicTask::Run() {
  {
    absl::MutexLock lock(&mutex_);
    ++running_loops_;
  }
  bool first = true;
  while (Pause(first)) {
    first = false;
    RunOnce().IgnoreError();
  }
  absl::MutexLock lock(&mutex_);
  --running_loops_;
}

void PeriodicTask::Start() {
  absl::MutexLock thread_lock(&thread_mutex_);
  if (started_) return;
  started_ = true;
  thread_ = std::thread([this] { Run(); });
}

bool PeriodicTask::Pause(bool first) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration pause =
      first
          ? std::min(options_.interval, options_.max_start_delay) * absl::Uniform(random_, 0.0, 1.0)
          : options_.interval * absl::Uniform(absl::IntervalClosed, random_, 1 - options_.jitter, 1 + options_.jitter);
  mutex_.AwaitWithTimeout(absl::Condition(this, &PeriodicTask::IsPauseOver), pause);
  wake_ = false;
  return !stop_;
}

void PeriodicTask::Wake() {
  absl::MutexLock lock(&mutex_);
  wake_ = true;
}

void PeriodicTask::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  absl::MutexLock thread_lock(&thread_mutex_);
  if (thread_.joinable()) thread_.join();
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &PeriodicTask::HasNoLoop));
  }
  // A RunOnce() of another thread.
  absl::MutexLock run_lock(&run_mutex_);
}

std::optional<absl::Time> PeriodicTask::last_success() const {
  absl::MutexLock lock(&mutex_);
  return last_success_;
}

int64_t PeriodicTask::runs() const {
  absl::MutexLock lock(&mutex_);
  return runs_;
}

int64_t PeriodicTask::failures() const {
  absl::MutexLock lock(&mutex_);
  return failures_;
}

}  // namespace docket
