// Group commit: independent writes that wait at the same moment share one transaction.
//
//   GroupCommitter<NewRequest, Receipt> committer(
//       {.max_items = 256, .max_bytes = 1 << 20, .bytes = [](const NewRequest& item) { return item.document.size(); }},
//       [&](const std::vector<NewRequest*>& batch, absl::Time deadline, std::vector<absl::StatusOr<Receipt>>& results)
//       {
//         return RunInTransaction(pool, deadline, [&](Transaction& tx) { return store.Insert(tx, batch, results); });
//       });
//   absl::StatusOr<Receipt> receipt = committer.Submit(std::move(item), context.deadline);
//
// Submit blocks the calling worker until its item's batch is committed. There is no thread and no timer: a caller that
// finds fewer than `max_batches` batches under way takes what is queued, commits it and goes; the next batch fills
// meanwhile. So a lone caller pays nothing, and the busier it gets the larger the batches grow.
//
// What a batch function is and does, commit_batch.h tells.
#ifndef DOCKET_COMMON_MYSQL_GROUP_COMMIT_H_
#define DOCKET_COMMON_MYSQL_GROUP_COMMIT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/mysql/commit_batch.h"
#include "common/status/error.h"

namespace docket::mysql {

// Thread-safe. Must outlive every Submit.
template <typename Item, typename Result>
class GroupCommitter {
 public:
  using CommitBatch = typename BatchCommitter<Item, Result>::Function;

  GroupCommitter(GroupCommitOptions<Item> options, CommitBatch commit)
      : options_(std::move(options)), committer_(std::move(commit), options_.max_commit_time) {}
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  // DEADLINE_EXCEEDED when the deadline passes first: an item still queued is withdrawn and not written, one whose
  // batch is under way may be written or not (as with any deadline on a write, the caller's own key tells). A caller
  // that commits a batch stays until it is done, at most max_commit_time.
  absl::StatusOr<Result> Submit(Item item, absl::Time deadline) {
    auto entry = std::make_shared<Entry>(std::move(item), deadline, options_.bytes);
    {
      absl::MutexLock lock(&mutex_);
      if (queue_.size() >= options_.max_waiting || waiting_bytes_ + entry->bytes > options_.max_waiting_bytes)
        return TooManyWaiting();
      waiting_bytes_ += entry->bytes;
      queue_.push_back(entry);
    }
    for (;;) {
      {
        absl::MutexLock lock(&mutex_);
        while (batches_under_way_ < options_.max_batches && entry->state == State::kQueued) Lead();
        if (entry->state == State::kDone) return std::move(entry->result);
      }
      if (!entry->Wait(deadline)) {
        absl::MutexLock lock(&mutex_);
        if (entry->state != State::kDone) return Abandon(*entry);
      }
    }
  }

  GroupCommitStats stats() const {
    absl::MutexLock lock(&mutex_);
    GroupCommitStats stats = stats_;
    stats.waiting = static_cast<int>(queue_.size());
    return stats;
  }

 private:
  enum class State { kQueued, kRunning, kDone };

  struct Entry {
    Entry(Item item_value, absl::Time item_deadline, const std::function<size_t(const Item&)>& size)
        : item(std::move(item_value)), deadline(item_deadline), bytes(size(item)) {}
    Item item;
    const absl::Time deadline;
    const size_t bytes;
    // Of the committer, under its mutex.
    State state = State::kQueued;
    absl::StatusOr<Result> result = InternalError("a batch left an item without a result");

    // Its caller sleeps here and not on the committer's mutex, which a whole batch would wake up to queue for.
    void Wake() {
      absl::MutexLock lock(&mutex);
      woken = true;
      changed.Signal();
    }
    // False when the deadline passed first.
    bool Wait(absl::Time until) {
      absl::MutexLock lock(&mutex);
      while (!woken) {
        if (changed.WaitWithDeadline(&mutex, until)) break;
      }
      return std::exchange(woken, false);
    }

   private:
    absl::Mutex mutex;
    absl::CondVar changed;
    bool woken ABSL_GUARDED_BY(mutex) = false;
  };
  using Entries = std::vector<std::shared_ptr<Entry>>;

  // Takes the next batch, commits it without the lock, hands out the results and calls the next leader.
  void Lead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Entries batch = TakeBatch();
    ++batches_under_way_;
    if (batches_under_way_ < options_.max_batches) CallNextLeader();
    ++stats_.batches;
    stats_.items += static_cast<int64_t>(batch.size());
    mutex_.Unlock();
    std::vector<absl::StatusOr<Result>> results;
    const int64_t singles = Commit(batch, results);
    mutex_.Lock();
    stats_.singles += singles;
    --batches_under_way_;
    for (size_t i = 0; i < batch.size(); ++i) {
      batch[i]->result = std::move(results[i]);
      batch[i]->state = State::kDone;
    }
    CallNextLeader();
    mutex_.Unlock();
    for (const auto& entry : batch) entry->Wake();
    mutex_.Lock();
  }

  Entries TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t count = options_.NextBatch(
        queue_.size(), [this](size_t i) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return queue_[i]->bytes; });
    Entries batch;
    for (size_t i = 0; i < count; ++i) {
      queue_.front()->state = State::kRunning;
      waiting_bytes_ -= queue_.front()->bytes;
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return batch;
  }

  void CallNextLeader() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!queue_.empty()) queue_.front()->Wake();
  }

  // Fills one result per entry; returns how many were run alone.
  int64_t Commit(const Entries& batch, std::vector<absl::StatusOr<Result>>& results) const {
    std::vector<Item*> items;
    absl::Time deadline = absl::InfinitePast();
    for (const auto& entry : batch) {
      items.push_back(&entry->item);
      deadline = std::max(deadline, entry->deadline);
    }
    return committer_.Commit(items, deadline, results);
  }

  absl::Status Abandon(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (entry.state == State::kQueued) {
      const bool was_first = queue_.front().get() == &entry;
      waiting_bytes_ -= entry.bytes;
      std::erase_if(queue_, [&](const std::shared_ptr<Entry>& queued) { return queued.get() == &entry; });
      // The call to lead may have come together with the end of its time.
      if (was_first && batches_under_way_ < options_.max_batches) CallNextLeader();
    }
    return WaitedTooLong();
  }

  const GroupCommitOptions<Item> options_;
  const BatchCommitter<Item, Result> committer_;

  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<Entry>> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int batches_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  GroupCommitStats stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_GROUP_COMMIT_H_
