// What handing a task to the pool costs: tasks per second with one and two submitters, and the time of one hand-over.
#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "benchmark/benchmark.h"
#include "common/worker/worker_pool.h"

namespace docket {
namespace {

constexpr int kTasks = 100000;

void SubmitAll(WorkerPool& pool, absl::BlockingCounter& done, std::atomic<int>& run, int count) {
  for (int i = 0; i < count; ++i) {
    while (!pool.TrySubmit([&done, &run] {
      if (run.fetch_add(1, std::memory_order_relaxed) + 1 == kTasks) done.DecrementCount();
    })) {
      std::this_thread::yield();
    }
  }
}

// Trivial tasks, submitted as fast as the queue takes them. Arguments: worker threads, submitting threads, queue limit.
void BM_Throughput(benchmark::State& state) {
  WorkerPool pool({.threads = static_cast<int>(state.range(0)), .queue_limit = static_cast<int>(state.range(2))});
  const int submitters = static_cast<int>(state.range(1));
  for (auto _ : state) {
    absl::BlockingCounter done(1);
    std::atomic<int> run{0};
    std::vector<std::thread> threads;
    for (int i = 1; i < submitters; ++i) {
      threads.emplace_back([&] { SubmitAll(pool, done, run, kTasks / submitters); });
    }
    SubmitAll(pool, done, run, kTasks / submitters);
    done.Wait();
    for (std::thread& thread : threads) thread.join();
  }
  state.SetItemsProcessed(state.iterations() * kTasks);
}
BENCHMARK(BM_Throughput)->ArgsProduct({{1, 2, 16}, {1, 2}, {64, 4096}})->UseRealTime()->Unit(benchmark::kMillisecond);

// One task at a time, waited for: the latency that the pool adds to a call on an idle service.
void BM_HandOver(benchmark::State& state) {
  WorkerPool pool({.threads = static_cast<int>(state.range(0)), .queue_limit = 64});
  for (auto _ : state) {
    absl::Notification done;
    pool.TrySubmit([&done] { done.Notify(); });
    done.WaitForNotification();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_HandOver)->Arg(1)->Arg(16)->UseRealTime();

}  // namespace
}  // namespace docket

BENCHMARK_MAIN();
