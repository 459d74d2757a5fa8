// A fixed number of threads that do blocking work, behind a queue that never grows beyond its limit.
//
//   WorkerPool pool({.threads = 16, .queue_limit = 64, .on_thread_start = [&] { driver.ThreadInit(); }});
//   if (!pool.TrySubmit([call] { call->Run(); })) call->Finish(overloaded);
//   ...
//   pool.Drain(absl::Now() + absl::Seconds(10));
#ifndef DOCKET_COMMON_WORKER_WORKER_POOL_H_
#define DOCKET_COMMON_WORKER_WORKER_POOL_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace docket {

struct WorkerPoolOptions {
  // At least 1; as many as database connections is a good start.
  int threads = 16;
  // Tasks that may wait, not counting those that run. At least 1; a small multiple of `threads` keeps waiting short.
  int queue_limit = 64;
  // Called in each worker's thread before its first and after its last task; empty: nothing.
  std::function<void()> on_thread_start;
  std::function<void()> on_thread_stop;
};

// Thread-safe. Tasks start in the order in which they were taken in, and the worker that rested last works first: what
// it needs is still near its processor, and those that are not needed sleep on.
class WorkerPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  // Starts the threads.
  explicit WorkerPool(WorkerPoolOptions options);
  // Drains without a limit of time.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Takes the task in, or returns false at once, the task untouched by any worker, where the queue is full or the pool
  // is draining. Never blocks for longer than a lock. A task must not throw: that ends the process.
  bool TrySubmit(Task task);

  // Refuses new tasks, lets the queued ones finish, then joins the threads. Where `deadline` (of the system's clock)
  // passes first, tasks that have not begun are destroyed without being run; those that run are waited for, however
  // long they take. A task that owes somebody an answer gives it in the destructor of what it captured. Returns how
  // many tasks were destroyed. Must not be called from a task; a second call waits for the first and returns 0.
  int Drain(absl::Time deadline);

  // For metrics, exact at some moment of the call: tasks that wait, tasks that run, and the options.
  int queued() const { return queued_.load(std::memory_order_relaxed); }
  int busy() const { return busy_.load(std::memory_order_relaxed); }
  int threads() const { return threads_; }
  int queue_limit() const { return queue_limit_; }

 private:
  // A worker's place to sleep.
  struct Bed {
    absl::CondVar changed;
    // Of the pool, under its mutex.
    bool called = false;
  };

  void Work(Bed& bed);
  // Sleeps until there may be something to do.
  void Sleep(Bed& bed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The sleeping worker that the caller has to signal, after unlocking; nullptr: none.
  Bed* ClaimWake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int threads_;
  const int queue_limit_;
  const std::function<void()> on_thread_start_;
  const std::function<void()> on_thread_stop_;
  std::atomic<int> queued_{0};
  std::atomic<int> busy_{0};

  absl::Mutex mutex_;
  absl::CondVar empty_;
  // A ring of queue_limit places, so that the hot path never allocates.
  std::vector<Task> ring_ ABSL_GUARDED_BY(mutex_);
  size_t head_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the workers asleep, who lay down last at the end; and whether one was called and has not arrived yet.
  std::vector<Bed*> asleep_ ABSL_GUARDED_BY(mutex_);
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // One for each worker, for as long as the pool: who calls a worker may still hold its bed when that one is done.
  std::vector<std::unique_ptr<Bed>> beds_;
  absl::Mutex join_mutex_;
  std::vector<std::thread> workers_ ABSL_GUARDED_BY(join_mutex_);
};

}  // namespace docket

#endif  // DOCKET_COMMON_WORKER_WORKER_POOL_H_
