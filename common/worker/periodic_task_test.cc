#include "common/worker/periodic_task.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class PeriodicTaskTest : public ::testing::Test {
 protected:
  PeriodicTaskTest()
      : fd_(memfd_create("log", 0)),
        clock_(absl::FromUnixSeconds(1741064767)),
        log_(fd_, Severity::kInfo, "test", clock_) {}
  ~PeriodicTaskTest() override { close(fd_); }

  // A task that does not run by itself within any test's life.
  std::unique_ptr<PeriodicTask> Task(PeriodicTask::Step step) {
    return std::make_unique<PeriodicTask>(
        PeriodicTaskOptions{
            .name = "count things", .interval = absl::Hours(10000), .max_start_delay = absl::Hours(10000)},
        std::move(step), clock_, log_);
  }

  std::string LogText() const {
    std::string text(static_cast<size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }

  const int fd_;
  FakeClock clock_;
  Logger log_;
};

// Counts, and lets a test wait for a count.
class Count {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++value_;
  }
  bool Reaches(int value) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return value_ >= value; };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Seconds(60));
  }

 private:
  absl::Mutex mutex_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_F(PeriodicTaskTest, RunOnceDoesTheWorkAndRemembersHowItWent) {
  absl::Status result = absl::OkStatus();
  const auto task = Task([&] { return result; });
  EXPECT_EQ(task->last_success(), std::nullopt);
  EXPECT_EQ(task->name(), "count things");

  EXPECT_TRUE(task->RunOnce().ok());
  EXPECT_THAT(task->last_success(), Optional(absl::FromUnixSeconds(1741064767)));

  clock_.Advance(absl::Minutes(1));
  result = absl::UnavailableError("no database");
  EXPECT_EQ(task->RunOnce(), result);
  EXPECT_THAT(task->last_success(), Optional(absl::FromUnixSeconds(1741064767)));
  EXPECT_EQ(task->runs(), 2);
  EXPECT_EQ(task->failures(), 1);
  EXPECT_THAT(
      LogText(),
      HasSubstr(R"("message":"periodic task failed","task":"count things","error":"UNAVAILABLE: no database")"));

  result = absl::OkStatus();
  EXPECT_TRUE(task->RunOnce().ok());
  EXPECT_THAT(task->last_success(), Optional(absl::FromUnixSeconds(1741064767 + 60)));
}

TEST_F(PeriodicTaskTest, WakeRunsItNowAndAFailureDoesNotEndIt) {
  Count runs;
  const auto task = Task([&] {
    runs.Add();
    return absl::InternalError("always");
  });
  task->Start();
  for (int i = 1; i <= 20; ++i) {
    task->Wake();
    ASSERT_TRUE(runs.Reaches(i));
  }
  task->Stop();
  EXPECT_GE(task->failures(), 20);
}

TEST_F(PeriodicTaskTest, AWakeBeforeTheStartIsNotForgotten) {
  Count runs;
  const auto task = Task([&] {
    runs.Add();
    return absl::OkStatus();
  });
  task->Wake();
  task->Wake();
  task->Start();
  EXPECT_TRUE(runs.Reaches(1));
  task->Stop();
  EXPECT_EQ(task->runs(), 1);
}

TEST_F(PeriodicTaskTest, AStepThatWakesGoesOnAtOnce) {
  Count runs;
  std::unique_ptr<PeriodicTask> task;
  int left = 10;
  task = Task([&] {
    runs.Add();
    if (--left > 0) task->Wake();
    return absl::OkStatus();
  });
  task->Wake();
  task->Start();
  EXPECT_TRUE(runs.Reaches(10));
  task->Stop();
  EXPECT_EQ(task->runs(), 10);
}

TEST_F(PeriodicTaskTest, RunsByItselfAgainAndAgain) {
  Count runs;
  PeriodicTask task(
      {.name = "tick", .interval = absl::Milliseconds(1), .jitter = 1.0},
      [&] {
        runs.Add();
        return absl::OkStatus();
      },
      clock_, log_);
  task.Start();
  task.Start();
  EXPECT_TRUE(runs.Reaches(20));
}

TEST_F(PeriodicTaskTest, StopEndsThePauseAndNothingRunsAfterwards) {
  std::atomic<int> runs{0};
  const auto task = Task([&] {
    ++runs;
    return absl::OkStatus();
  });
  task->Start();
  task->Stop();
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(task->RunOnce().code(), absl::StatusCode::kCancelled);
  task->Wake();
  task->Start();
  task->Run();
  task->Stop();
  EXPECT_EQ(runs, 0);
}

TEST_F(PeriodicTaskTest, StopWaitsForTheRunInProgress) {
  absl::Notification in_step;
  absl::Notification release;
  std::atomic<bool> done{false};
  const auto task = Task([&] {
    in_step.Notify();
    release.WaitForNotification();
    done = true;
    return absl::OkStatus();
  });
  task->Wake();
  task->Start();
  in_step.WaitForNotification();
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    task->Stop();
    EXPECT_TRUE(done);
    stopped = true;
  });
  EXPECT_FALSE(stopped);
  release.Notify();
  stopper.join();
  EXPECT_EQ(task->runs(), 1);
}

TEST_F(PeriodicTaskTest, RunsNeverOverlap) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  const auto task = Task([&] {
    const int now = ++inside;
    if (now > most) most = now;
    std::this_thread::yield();
    --inside;
    return absl::OkStatus();
  });
  task->Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        task->Wake();
        EXPECT_TRUE(task->RunOnce().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  task->Stop();
  EXPECT_EQ(most, 1);
  EXPECT_GE(task->runs(), 400);
}

TEST_F(PeriodicTaskTest, RunBlocksUntilStopped) {
  Count runs;
  const auto task = Task([&] {
    runs.Add();
    return absl::OkStatus();
  });
  std::thread runner([&] { task->Run(); });
  task->Wake();
  EXPECT_TRUE(runs.Reaches(1));
  task->Stop();
  runner.join();
}

}  // namespace
}  // namespace docket
