#include "common/worker/worker_pool.h"

#include <algorithm>
#include <utility>

namespace docket {

WorkerPool::WorkerPool(WorkerPoolOptions options)
    : threads_(std::max(options.threads, 1)),
      queue_limit_(std::max(options.queue_limit, 1)),
      on_thread_start_(std::move(options.on_thread_start)),
      on_thread_stop_(std::move(options.on_thread_stop)),
      ring_(static_cast<size_t>(queue_limit_)) {
  for (int i = 0; i < threads_; ++i) beds_.push_back(std::make_unique<Bed>());
  absl::MutexLock lock(&join_mutex_);
  for (const auto& bed : beds_) workers_.emplace_back([this, &bed = *bed] { Work(bed); });
}

WorkerPool::~WorkerPool() { Drain(absl::InfiniteFuture()); }

bool WorkerPool::TrySubmit(Task task) {
  Bed* wake = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || size_ == ring_.size()) return false;
    ring_[(head_ + size_) % ring_.size()] = std::move(task);
    queued_.store(static_cast<int>(++size_), std::memory_order_relaxed);
    wake = ClaimWake();
  }
  // Outside the lock, so that the worker does not wake only to wait for it.
  if (wake != nullptr) wake->changed.Signal();
  return true;
}

// One worker at a time is on its way to the queue, and when it has a task it calls the next one if there is more to do:
// waking a worker for every task costs far more than short tasks do.
WorkerPool::Bed* WorkerPool::ClaimWake() {
  if (waking_ || asleep_.empty() || size_ == 0) return nullptr;
  waking_ = true;
  Bed* const bed = asleep_.back();
  asleep_.pop_back();
  bed->called = true;
  return bed;
}

void WorkerPool::Sleep(Bed& bed) {
  bed.called = false;
  asleep_.push_back(&bed);
  while (!bed.called && !stopping_) bed.changed.Wait(&mutex_);
  if (bed.called) {
    waking_ = false;
  } else {
    asleep_.erase(std::find(asleep_.begin(), asleep_.end(), &bed));
  }
}

void WorkerPool::Work(Bed& bed) {
  if (on_thread_start_) on_thread_start_();
  mutex_.Lock();
  for (;;) {
    while (size_ == 0 && !stopping_) Sleep(bed);
    if (size_ == 0) break;
    Task task = std::move(ring_[head_]);
    head_ = (head_ + 1) % ring_.size();
    queued_.store(static_cast<int>(--size_), std::memory_order_relaxed);
    if (size_ == 0 && stopping_) empty_.SignalAll();
    busy_.fetch_add(1, std::memory_order_relaxed);
    Bed* const wake = ClaimWake();
    mutex_.Unlock();
    if (wake != nullptr) wake->changed.Signal();
    std::move(task)();
    // What the task captured goes before it counts as done.
    task = nullptr;
    busy_.fetch_sub(1, std::memory_order_relaxed);
    mutex_.Lock();
  }
  mutex_.Unlock();
  if (on_thread_stop_) on_thread_stop_();
}

int WorkerPool::Drain(absl::Time deadline) {
  absl::MutexLock join_lock(&join_mutex_);
  std::vector<Task> dropped;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& bed : beds_) bed->changed.Signal();
    while (size_ > 0) {
      if (empty_.WaitWithDeadline(&mutex_, deadline)) break;
    }
    for (; size_ > 0; --size_) {
      dropped.push_back(std::move(ring_[head_]));
      head_ = (head_ + 1) % ring_.size();
    }
    queued_.store(0, std::memory_order_relaxed);
  }
  const int count = static_cast<int>(dropped.size());
  dropped.clear();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  return count;
}

}  // namespace docket
