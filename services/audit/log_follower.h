// The newest entries, read once for all who follow the log.
//
// Whoever waits first reads for all: as many tails as there are, each commit is read from the database once, and while
// nobody follows, nothing is read. Entries are remembered up to a number, a size and an age; who is slower than that
// reads the database itself. Nothing here is waited for by appending.
//
// What is redacted must not be shown from memory. The process that redacts calls Forget() right after; the others
// forget all they remember when they read the entry that tells of it, which comes into the log within seconds. Should
// that entry be late, max_age is the bound.
#ifndef DOCKET_SERVICES_AUDIT_LOG_FOLLOWER_H_
#define DOCKET_SERVICES_AUDIT_LOG_FOLLOWER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"

namespace docket::audit {

// An entry as all see it.
struct FollowedEntry {
  uint64_t index = 0;
  Projection found_by;
  v1::LogEntry shown;
  size_t bytes = 0;
  absl::Time read_time;
};

struct LogFollowerLimits {
  size_t max_entries = 4096;
  size_t max_bytes = size_t{32} << 20;
  // What another process redacted is shown for that long at most, should nothing in the log tell of it sooner.
  absl::Duration max_age = absl::Seconds(30);
  // Readers of the database at a time, beside the one that reads for all: appending must find connections.
  int max_catching_up = 4;
};

// Thread-safe.
class LogFollower {
 public:
  // All must outlive it.
  LogFollower(const LogStore& store, const LogView& view, LogGrowth& growth, LogFollowerLimits limits = {});

  using Entries = std::vector<std::shared_ptr<const FollowedEntry>>;
  // Entries from `next` on, in order and without a gap, at most `limit`; none where `next` is not there yet. Nothing:
  // they are not remembered any more.
  std::optional<Entries> Take(uint64_t next, size_t limit);

  // Waits until the entry `next` is there, but no longer than `limit`; `known_size` entries are there already. Returns
  // how many entries there are, as far as is known.
  uint64_t Await(uint64_t next, uint64_t known_size, absl::Duration limit);

  // Payloads were taken away: nothing that was read before this call is given out after it.
  void Forget();

  // How many entries there are at least.
  uint64_t end() {
    absl::MutexLock lock(&mutex_);
    return end_;
  }

  // Takes part in the bounded number of those who read the database for themselves, while it lives.
  class CatchUp {
   public:
    explicit CatchUp(LogFollower& follower);
    ~CatchUp();
    CatchUp(const CatchUp&) = delete;
    CatchUp& operator=(const CatchUp&) = delete;

   private:
    LogFollower& follower_;
  };

 private:
  // Reads what follows `end`, waiting for it. Only one thread does at a time.
  void ReadOn(uint64_t end, absl::Duration limit);
  void Remember(Entries entries, uint64_t begin) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOld(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t begin() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return end_ - remembered_.size(); }

  const LogStore& store_;
  const LogView& view_;
  LogGrowth& growth_;
  const LogFollowerLimits limits_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  // The entries before `end_`.
  std::deque<std::shared_ptr<const FollowedEntry>> remembered_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  // How often Forget() was called: what is being read meanwhile may be from before.
  uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the one that reads.
  absl::Time next_look_ = absl::InfinitePast();

  absl::Mutex catch_up_mutex_;
  int catching_up_ ABSL_GUARDED_BY(catch_up_mutex_) = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_FOLLOWER_H_
