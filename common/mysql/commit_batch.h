// What group_commit.h and commit_queue.h have in common: how a batch is cut and how it is committed.
//
// The batch function gets every item of the batch and one result per item to fill in. It returns
//   OK     the batch is committed; each caller gets its result, which may be an error of that item alone (a duplicate,
//          say);
//   error  nothing is committed. When the database is to blame (UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED,
//          ABORTED or CANCELLED), every caller gets the error. Else some item is bad: each is run alone, as a batch of
//          one, and each caller gets what became of its own; so one bad item fails nobody else.
// It may be called for the same item twice (in a batch, then alone), but never at the same time, and may run in several
// threads at once when max_batches > 1.
#ifndef DOCKET_COMMON_MYSQL_COMMIT_BATCH_H_
#define DOCKET_COMMON_MYSQL_COMMIT_BATCH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/error.h"

namespace docket::mysql {

template <typename Item>
struct GroupCommitOptions {
  // A batch holds at least one item, and no more than either limit.
  size_t max_items = 256;
  size_t max_bytes = size_t{1} << 20;
  std::function<size_t(const Item&)> bytes = [](const Item&) { return sizeof(Item); };
  // Items queued beyond either are refused with RESOURCE_EXHAUSTED / OVERLOADED.
  size_t max_waiting = 4096;
  size_t max_waiting_bytes = size_t{64} << 20;
  // Batches under way at once; 2 keep the database busy while results are handed out.
  int max_batches = 1;
  // A batch's deadline is the latest of its items', at most this far away.
  absl::Duration max_commit_time = absl::Seconds(10);

  // How many of `waiting` items, whose sizes `size_of` knows, make the next batch.
  size_t NextBatch(size_t waiting, absl::FunctionRef<size_t(size_t)> size_of) const {
    size_t count = 0;
    for (size_t total = 0; count < std::min(waiting, max_items); ++count) {
      total += size_of(count);
      if (count > 0 && total > max_bytes) break;
    }
    return count;
  }
};

struct GroupCommitStats {
  int64_t batches = 0;
  int64_t items = 0;
  // Items that were run alone after their batch failed.
  int64_t singles = 0;
  int waiting = 0;
};

inline absl::Status TooManyWaiting() {
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                              "too many writes are waiting for a commit"),
                        absl::Milliseconds(200));
}

inline absl::Status WaitedTooLong() {
  return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
               "the deadline passed while the write waited for its commit");
}

// Thread-safe.
template <typename Item, typename Result>
class BatchCommitter {
 public:
  using Results = std::vector<absl::StatusOr<Result>>;
  using Function = std::function<absl::Status(const std::vector<Item*>& batch, absl::Time deadline, Results& results)>;

  BatchCommitter(Function commit, absl::Duration max_commit_time)
      : commit_(std::move(commit)), max_commit_time_(max_commit_time) {}

  // Fills one result per item; returns how many were run alone. `deadline` is the latest of theirs.
  int64_t Commit(const std::vector<Item*>& items, absl::Time deadline, Results& results) const {
    deadline = std::min(deadline, absl::Now() + max_commit_time_);
    absl::Status status = CommitTogether(items, deadline, results);
    if (status.ok()) return 0;
    if (items.size() == 1 || !SomeItemIsBad(status)) {
      results.assign(items.size(), absl::StatusOr<Result>(status));
      return 0;
    }
    results.clear();
    for (Item* item : items) {
      Results result;
      status = CommitTogether({item}, deadline, result);
      results.push_back(status.ok() ? std::move(result[0]) : absl::StatusOr<Result>(status));
    }
    return static_cast<int64_t>(items.size());
  }

 private:
  absl::Status CommitTogether(const std::vector<Item*>& items, absl::Time deadline, Results& results) const {
    results.clear();
    for (size_t i = 0; i < items.size(); ++i) {
      results.emplace_back(InternalError("a batch left an item without a result"));
    }
    absl::Status status = CommitWithoutExceptions(items, deadline, results);
    if (status.ok() && results.size() != items.size())
      return InternalError("a batch changed the number of its results");
    return status;
  }

  // One that got out would leave those without an answer who wait for this batch.
  absl::Status CommitWithoutExceptions(const std::vector<Item*>& items, absl::Time deadline, Results& results) const {
    try {
      return commit_(items, deadline, results);
    } catch (const std::exception& exception) {
      return InternalError(absl::StrCat("exception: ", exception.what()));
    }
  }

  static bool SomeItemIsBad(const absl::Status& status) {
    switch (status.code()) {
      case absl::StatusCode::kUnavailable:
      case absl::StatusCode::kResourceExhausted:
      case absl::StatusCode::kDeadlineExceeded:
      case absl::StatusCode::kAborted:
      case absl::StatusCode::kCancelled:
        return false;
      default:
        return true;
    }
  }

  const Function commit_;
  const absl::Duration max_commit_time_;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_COMMIT_BATCH_H_
