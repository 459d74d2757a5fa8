// Two batches under way at once: one is inserted while the one before it still has to commit.
#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "services/audit/log_appender.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;
using tests::IsOk;

constexpr absl::Duration kPatience = absl::Seconds(20);

class LogOverlapTest : public LogTest {
 protected:
  // Appends `first` in a thread of its own and holds it at `point`; once it is there appends `second`, and lets the
  // first go on once the second has come to `awaited`.
  void AppendTogether(const std::vector<event::v1::Event>& first, const std::string& point,
                      const std::vector<event::v1::Event>& second, const std::string& awaited) {
    awaited_ = awaited;
    absl::Notification held;
    std::atomic<bool> hold{true};
    log_->appender.WatchPoints([&](absl::string_view reached) {
      if (held.HasBeenNotified() && reached == awaited_ && !second_came_.HasBeenNotified()) second_came_.Notify();
      if (reached != point || !hold.exchange(false)) return;
      held.Notify();
      EXPECT_TRUE(second_came_.WaitForNotificationWithTimeout(kPatience));
      if (meanwhile_) meanwhile_();
    });
    std::thread other([&] { first_ = OrExit(log_->appender.Append(first, Soon()), "first"); });
    ASSERT_TRUE(held.WaitForNotificationWithTimeout(kPatience));
    second_ = OrExit(log_->appender.Append(second, Soon()), "second");
    other.join();
    EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  }
  std::set<int64_t> Indexes() const {
    std::set<int64_t> indexes;
    for (const LogAppender::Verdicts* verdicts : {&first_, &second_}) {
      for (const DeliveryResult& verdict : *verdicts) {
        EXPECT_EQ(verdict.verdict(), DeliveryResult::VERDICT_ACCEPTED) << verdict.reason();
        indexes.insert(verdict.log_index());
      }
    }
    return indexes;
  }

  std::unique_ptr<LogProcess> log_ = NewProcess();
  std::string awaited_;
  absl::Notification second_came_;
  // Called before the first goes on.
  std::function<void()> meanwhile_;
  LogAppender::Verdicts first_;
  LogAppender::Verdicts second_;
};

TEST_F(LogOverlapTest, OneIsInsertedWhileTheOneBeforeCommits) {
  Grow(*log_, 254);
  AppendTogether(NewEvents(3), "tiles inserted", NewEvents(300), "entries inserted");
  EXPECT_EQ(first_[0].log_index(), 254);
  EXPECT_EQ(second_[0].log_index(), 257);
  EXPECT_EQ(Indexes().size(), 303u);
  ExpectWholeTree(557);
  Grow(*log_, 3);
  ExpectWholeTree(560);
}

TEST_F(LogOverlapTest, WhereTheOneBeforeFailsBothAreWrittenAnew) {
  Grow(*log_, 254);
  // As somebody does who takes the lease over.
  meanwhile_ = [this] { db_.Run({"UPDATE tree_state SET epoch = epoch + 1 WHERE id = 0"}); };
  AppendTogether(NewEvents(300), "entries inserted", NewEvents(300), "entries inserted");
  EXPECT_EQ(Indexes().size(), 600u);
  EXPECT_EQ(*Indexes().begin(), 254);
  EXPECT_EQ(*Indexes().rbegin(), 853);
  ExpectWholeTree(854);
}

// What is made upon a batch that cannot be committed any more fails as well; that must come to an end by itself, with
// callers coming all the time.
TEST_F(LogOverlapTest, CallersSeeNothingOfFailures) {
  constexpr int kThreads = 6, kCalls = 12, kEvents = 80, kFailures = 10;
  std::vector<std::vector<event::v1::Event>> calls;
  for (int i = 0; i < kThreads * kCalls; ++i) calls.push_back(NewEvents(kEvents));
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int c = 0; c < kCalls; ++c)
        EXPECT_THAT(log_->appender.Append(calls[static_cast<size_t>(t * kCalls + c)], Soon()), IsOk());
      ++done;
    });
  }
  int failures = 0;
  for (int64_t size = 0; done < kThreads && failures < kFailures;) {
    const int64_t now = db_.Count("SELECT size FROM tree_state");
    if (now < size) continue;
    db_.Run({"UPDATE tree_state SET epoch = epoch + 1 WHERE id = 0"});
    ++failures;
    size = now + kThreads * kCalls * kEvents / kFailures / 2;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(failures, 2);
  ExpectWholeTree(kThreads * kCalls * kEvents);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
}

TEST_F(LogOverlapTest, AnEventThatIsInBothIsAnEntryOnce) {
  const std::vector<event::v1::Event> events = NewEvents(3);
  AppendTogether(events, "tiles inserted", {NewEvent(), events[1]}, "waiting for the batch before");
  EXPECT_EQ(second_[0].verdict(), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(second_[0].log_index(), 3);
  EXPECT_EQ(second_[1].verdict(), DeliveryResult::VERDICT_DUPLICATE);
  EXPECT_EQ(second_[1].log_index(), 1);
  ExpectWholeTree(4);
}

}  // namespace
}  // namespace docket::audit
