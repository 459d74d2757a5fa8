#include "common/worker/worker_pool.h"

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

// A worker held inside a task until released.
class HeldWorker {
 public:
  explicit HeldWorker(WorkerPool& pool) {
    EXPECT_TRUE(pool.TrySubmit([this] {
      started_.Notify();
      release_.WaitForNotification();
    }));
    started_.WaitForNotification();
  }
  void Release() { release_.Notify(); }

 private:
  absl::Notification started_;
  absl::Notification release_;
};

TEST(WorkerPoolTest, RunsEverythingThatItTakes) {
  std::atomic<int> run{0};
  int taken = 0;
  {
    WorkerPool pool({.threads = 3, .queue_limit = 10});
    for (int i = 0; i < 10000; ++i) {
      if (pool.TrySubmit([&run] { ++run; })) ++taken;
    }
  }
  EXPECT_GE(taken, 10);
  EXPECT_EQ(run, taken);
}

TEST(WorkerPoolTest, OneWorkerKeepsTheOrder) {
  std::vector<int> order;
  {
    WorkerPool pool({.threads = 1, .queue_limit = 7});
    for (int i = 0; i < 1000; ++i) {
      while (!pool.TrySubmit([&order, i] { order.push_back(i); })) std::this_thread::yield();
    }
  }
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[i], i);
}

TEST(WorkerPoolTest, RefusesAtOnceWhenTheQueueIsFull) {
  WorkerPool pool({.threads = 1, .queue_limit = 3});
  HeldWorker held(pool);
  std::atomic<int> run{0};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.TrySubmit([&run] { ++run; }));
  EXPECT_EQ(pool.queued(), 3);
  EXPECT_EQ(pool.busy(), 1);
  EXPECT_FALSE(pool.TrySubmit([&run] { ++run; }));
  EXPECT_EQ(pool.queued(), 3);
  held.Release();
  EXPECT_EQ(pool.Drain(absl::InfiniteFuture()), 0);
  EXPECT_EQ(run, 3);
  EXPECT_EQ(pool.queued(), 0);
  EXPECT_EQ(pool.busy(), 0);
}

TEST(WorkerPoolTest, AllWorkersWorkAtOnce) {
  constexpr int kThreads = 8;
  WorkerPool pool({.threads = kThreads, .queue_limit = kThreads});
  // Ends only if as many tasks as there are threads run at the same time: every submission has to wake one more worker.
  for (int round = 0; round < 200; ++round) {
    auto* barrier = new absl::Barrier(kThreads + 1);
    const auto meet = [barrier] {
      if (barrier->Block()) delete barrier;
    };
    for (int i = 0; i < kThreads; ++i) {
      while (!pool.TrySubmit(meet)) std::this_thread::yield();
    }
    meet();
  }
}

TEST(WorkerPoolTest, NeverLosesAWakeUp) {
  WorkerPool pool({.threads = 4, .queue_limit = 4});
  for (int round = 0; round < 20000; ++round) {
    absl::BlockingCounter done(2);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.TrySubmit([&done] { done.DecrementCount(); }));
    done.Wait();
    // A worker counts down inside the task, so both may still hold a place for a moment; with four workers there is
    // room.
  }
}

TEST(WorkerPoolTest, ManySubmittersAndAStopAtAnyMoment) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> run{0};
    std::atomic<int> taken{0};
    WorkerPool pool({.threads = 2, .queue_limit = 16});
    std::vector<std::thread> submitters;
    for (int t = 0; t < 3; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < 300; ++i) {
          if (pool.TrySubmit([&run] { ++run; })) ++taken;
        }
      });
    }
    pool.Drain(absl::InfiniteFuture());
    const int at_drain = run;
    for (std::thread& submitter : submitters) submitter.join();
    EXPECT_EQ(run, at_drain) << "nothing runs after Drain";
    EXPECT_EQ(run, taken) << "nothing taken in is lost";
  }
}

TEST(WorkerPoolTest, DrainFinishesTheQueueAndRefusesMore) {
  WorkerPool pool({.threads = 1, .queue_limit = 100});
  HeldWorker held(pool);
  std::atomic<int> run{0};
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.TrySubmit([&run] { ++run; }));
  std::thread drainer([&] { EXPECT_EQ(pool.Drain(absl::InfiniteFuture()), 0); });
  // Once draining has begun the pool refuses; until then it may take another task.
  int extra = 0;
  while (pool.TrySubmit([&run] { ++run; })) {
    ++extra;
    ASSERT_LE(extra, 50);
    std::this_thread::yield();
    if (extra == 50) break;
  }
  held.Release();
  drainer.join();
  EXPECT_EQ(run, 50 + extra);
  EXPECT_FALSE(pool.TrySubmit([] {}));
  EXPECT_EQ(pool.Drain(absl::InfiniteFuture()), 0);
}

TEST(WorkerPoolTest, PastItsDeadlineDrainDestroysWhatHasNotBegun) {
  // Tells in its destructor that it was destroyed, as a call that owes an answer would.
  struct Answer {
    explicit Answer(std::atomic<int>& count) : answered(count) {}
    ~Answer() { ++answered; }
    std::atomic<int>& answered;
  };
  std::atomic<int> answered{0};
  std::atomic<int> run{0};
  WorkerPool pool({.threads = 1, .queue_limit = 100});
  auto held = std::make_unique<HeldWorker>(pool);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pool.TrySubmit([&run, answer = std::make_unique<Answer>(answered)] { ++run; }));
  }
  // The held task ends only after the others were destroyed.
  ASSERT_TRUE(answered == 0);
  std::thread releaser([&] {
    while (answered < 20) std::this_thread::yield();
    held->Release();
  });
  EXPECT_EQ(pool.Drain(absl::InfinitePast()), 20);
  releaser.join();
  EXPECT_EQ(run, 0);
  EXPECT_EQ(answered, 20);
}

TEST(WorkerPoolTest, CallsTheHooksInEachThread) {
  absl::Mutex mutex;
  std::set<std::thread::id> started;
  std::set<std::thread::id> stopped;
  std::set<std::thread::id> ran;
  {
    absl::Barrier* barrier = new absl::Barrier(4);
    WorkerPool pool({.threads = 4,
                     .queue_limit = 4,
                     .on_thread_start =
                         [&] {
                           absl::MutexLock lock(&mutex);
                           started.insert(std::this_thread::get_id());
                         },
                     .on_thread_stop =
                         [&] {
                           absl::MutexLock lock(&mutex);
                           stopped.insert(std::this_thread::get_id());
                         }});
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(pool.TrySubmit([&, barrier] {
        {
          absl::MutexLock lock(&mutex);
          EXPECT_TRUE(started.contains(std::this_thread::get_id()));
          ran.insert(std::this_thread::get_id());
        }
        if (barrier->Block()) delete barrier;
      }));
    }
  }
  EXPECT_EQ(started.size(), 4u);
  EXPECT_EQ(ran, started);
  EXPECT_EQ(stopped, started);
}

TEST(WorkerPoolTest, ATaskMaySubmitAnother) {
  WorkerPool pool({.threads = 2, .queue_limit = 4});
  absl::Notification done;
  std::function<void(int)> chain = [&](int left) {
    if (left == 0) {
      done.Notify();
    } else {
      ASSERT_TRUE(pool.TrySubmit([&chain, left] { chain(left - 1); }));
    }
  };
  chain(1000);
  done.WaitForNotification();
}

TEST(WorkerPoolTest, SenselessOptionsBecomeTheLeastThatWorks) {
  WorkerPool pool({.threads = -3, .queue_limit = 0});
  EXPECT_EQ(pool.threads(), 1);
  EXPECT_EQ(pool.queue_limit(), 1);
  absl::Notification done;
  EXPECT_TRUE(pool.TrySubmit([&done] { done.Notify(); }));
  done.WaitForNotification();
}

}  // namespace
}  // namespace docket
