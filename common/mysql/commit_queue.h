// Group commit for callers that do not wait: independent writes that are there at the same moment share one
// transaction, and each is told what became of it.
//
//   CommitQueue<NewRequest, Receipt> queue(
//       {.max_items = 256, .max_bytes = 1 << 20, .bytes = [](const NewRequest& item) { return item.document.size(); }},
//       [&](const std::vector<NewRequest*>& batch, absl::Time deadline, std::vector<absl::StatusOr<Receipt>>& results)
//       {
//         return RunInTransaction(pool, deadline, [&](Transaction& tx) { return store.Insert(tx, batch, results); });
//       });
//   queue.Submit(std::move(item), context.deadline(), [call](absl::StatusOr<Receipt> receipt) { call.Answer(receipt);
//   });
//
// Against group_commit.h, whose callers sleep until their batch is committed, it spares a thread for each of them and
// two changes of threads for each item. It has threads of its own: one tells the callers of a batch while another
// commits the next one. What a batch function is and does, commit_batch.h tells.
#ifndef DOCKET_COMMON_MYSQL_COMMIT_QUEUE_H_
#define DOCKET_COMMON_MYSQL_COMMIT_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/commit_batch.h"

namespace docket::mysql {

// Thread-safe.
template <typename Item, typename Result>
class CommitQueue {
 public:
  using CommitBatch = typename BatchCommitter<Item, Result>::Function;
  // Told what became of an item. It may be called before Submit returns, holds others up while it runs, and so neither
  // blocks nor throws.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>)>;

  // Starts the threads.
  CommitQueue(GroupCommitOptions<Item> options, CommitBatch commit)
      : options_(std::move(options)), committer_(std::move(commit), options_.max_commit_time) {
    for (int i = 0; i <= options_.max_batches; ++i) threads_.emplace_back([this] { Work(); });
  }
  // After everybody was told.
  ~CommitQueue() {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // DEADLINE_EXCEEDED for an item whose deadline has passed when its turn comes: it is not written. One whose batch is
  // under way by then is written or not, as `done` is told.
  void Submit(Item item, absl::Time deadline, Done done) {
    const size_t bytes = options_.bytes(item);
    {
      absl::MutexLock lock(&mutex_);
      if (queue_.size() < options_.max_waiting && waiting_bytes_ + bytes <= options_.max_waiting_bytes) {
        waiting_bytes_ += bytes;
        queue_.push_back({std::move(item), deadline, bytes, std::move(done)});
        return;
      }
    }
    done(TooManyWaiting());
  }

  GroupCommitStats stats() const {
    absl::MutexLock lock(&mutex_);
    GroupCommitStats stats = stats_;
    stats.waiting = static_cast<int>(queue_.size());
    return stats;
  }

 private:
  struct Entry {
    Item item;
    absl::Time deadline;
    size_t bytes = 0;
    Done done;
  };

  bool HasBatch() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !queue_.empty() && batches_under_way_ < options_.max_batches;
  }
  bool MayGoOn() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return HasBatch() || ending_; }

  void Work() {
    absl::MutexLock lock(&mutex_);
    for (;;) {
      mutex_.Await(absl::Condition(this, &CommitQueue::MayGoOn));
      // What is left when it ends is for those that have a batch under way.
      if (!HasBatch()) return;
      RunBatch();
    }
  }

  // Takes the next batch, commits it without the lock and tells its callers when the next one may begin.
  void RunBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<Entry> batch = TakeBatch();
    ++batches_under_way_;
    mutex_.Unlock();

    const absl::Time now = absl::Now();
    const auto late =
        std::stable_partition(batch.begin(), batch.end(), [now](const Entry& entry) { return entry.deadline > now; });
    const size_t in_time = static_cast<size_t>(late - batch.begin());
    std::vector<Item*> items;
    absl::Time deadline = absl::InfinitePast();
    for (size_t i = 0; i < in_time; ++i) {
      items.push_back(&batch[i].item);
      deadline = std::max(deadline, batch[i].deadline);
    }
    std::vector<absl::StatusOr<Result>> results;
    const int64_t singles = items.empty() ? 0 : committer_.Commit(items, deadline, results);

    mutex_.Lock();
    --batches_under_way_;
    if (!items.empty()) ++stats_.batches;
    stats_.items += static_cast<int64_t>(items.size());
    stats_.singles += singles;
    mutex_.Unlock();
    for (size_t i = 0; i < batch.size(); ++i) {
      batch[i].done(i < in_time ? std::move(results[i]) : absl::StatusOr<Result>(WaitedTooLong()));
    }
    // Callers' resources go without the lock.
    batch.clear();
    mutex_.Lock();
  }

  std::vector<Entry> TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t count = options_.NextBatch(
        queue_.size(), [this](size_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return queue_[i].bytes; });
    std::vector<Entry> batch;
    batch.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      waiting_bytes_ -= queue_.front().bytes;
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return batch;
  }

  const GroupCommitOptions<Item> options_;
  const BatchCommitter<Item, Result> committer_;

  mutable absl::Mutex mutex_;
  std::deque<Entry> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int batches_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  GroupCommitStats stats_ ABSL_GUARDED_BY(mutex_);

  // Last: they use the above. Written by the constructor, joined by the destructor.
  std::vector<std::thread> threads_;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_COMMIT_QUEUE_H_
