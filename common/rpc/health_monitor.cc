#include "common/rpc/health_monitor.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

constexpr int kFailuresToUnready = 2;

absl::Status Run(const std::function<absl::Status()>& probe) {
  try {
    return probe ? probe() : absl::OkStatus();
  } catch (const std::exception& exception) {
    return InternalError(absl::StrCat("exception: ", exception.what()));
  } catch (...) {
    return InternalError("exception of an unknown type");
  }
}

}  // namespace

struct HealthMonitor::Probe {
  absl::Mutex mutex;
  bool done ABSL_GUARDED_BY(mutex) = false;
  bool abandoned ABSL_GUARDED_BY(mutex) = false;
  absl::Status status ABSL_GUARDED_BY(mutex) = absl::UnavailableError("the probe was never run");

  void Finish(absl::Status result) {
    absl::MutexLock lock(&mutex);
    if (done) return;
    done = true;
    status = std::move(result);
  }
};

HealthMonitor::HealthMonitor(WorkerPool& workers, std::function<absl::Status()> probe, absl::Duration interval,
                             std::function<void(bool)> publish, Clock& clock, Logger& logger)
    : workers_(workers),
      probe_(std::move(probe)),
      patience_(0.9 * interval),
      publish_(std::move(publish)),
      task_(
          {.name = "probe readiness", .interval = interval}, [this] { return RunProbe(); }, clock, logger) {}

HealthMonitor::~HealthMonitor() { Stop(); }

void HealthMonitor::Start() {
  task_.RunOnce().IgnoreError();
  task_.Start();
}

bool HealthMonitor::CheckNow() {
  task_.RunOnce().IgnoreError();
  absl::MutexLock lock(&mutex_);
  return ready_ && !stopped_;
}

void HealthMonitor::Stop() {
  std::shared_ptr<Probe> running;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    running = running_;
  }
  if (running != nullptr) {
    absl::MutexLock lock(&running->mutex);
    running->abandoned = true;
  }
  task_.Stop();
}

bool HealthMonitor::WaitForProbe(absl::Time deadline) {
  std::shared_ptr<Probe> running;
  {
    absl::MutexLock lock(&mutex_);
    running = running_;
  }
  if (running == nullptr) return true;
  absl::MutexLock lock(&running->mutex);
  return running->mutex.AwaitWithDeadline(absl::Condition(&running->done), deadline);
}

absl::Status HealthMonitor::RunProbe() {
  std::shared_ptr<Probe> probe;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return absl::OkStatus();
    probe = running_;
  }
  absl::Status status;
  if (probe != nullptr) {
    // One probe at a time: those that hang must not fill the pool.
    status = AwaitProbe(*probe);
  } else {
    probe = std::make_shared<Probe>();
    {
      absl::MutexLock lock(&mutex_);
      if (stopped_) return absl::OkStatus();
      running_ = probe;
    }
    // A task that the pool destroys unrun releases the waiter, too.
    std::shared_ptr<void> unrun(nullptr,
                                [probe](void*) { probe->Finish(absl::UnavailableError("the probe was not run")); });
    const bool taken = workers_.TrySubmit([run = probe_, probe, unrun = std::move(unrun)] { probe->Finish(Run(run)); });
    // Refused, it is over at once: the waiting only fetches that it was not run.
    status = AwaitProbe(*probe);
    if (!taken) status = absl::ResourceExhaustedError("no room for the probe among the waiting calls");
  }
  Record(status);
  return status;
}

absl::Status HealthMonitor::AwaitProbe(Probe& probe) {
  absl::Status status;
  {
    absl::MutexLock lock(&probe.mutex);
    const auto over = [&probe]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(probe.mutex) { return probe.done || probe.abandoned; };
    probe.mutex.AwaitWithTimeout(absl::Condition(&over), patience_);
    if (!probe.done) return absl::DeadlineExceededError("the probe did not come back in time");
    status = probe.status;
  }
  absl::MutexLock lock(&mutex_);
  running_ = nullptr;
  return status;
}

void HealthMonitor::Record(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return;
  failures_ = status.ok() ? 0 : failures_ + 1;
  const bool ready = status.ok() || (ready_ && failures_ < kFailuresToUnready);
  if (published_ && ready == ready_) return;
  ready_ = ready;
  published_ = true;
  publish_(ready);
}

}  // namespace docket::rpc
