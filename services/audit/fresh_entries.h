// Entries that this process appended a moment ago, for a reader that goes through the log in order close behind its
// end: what is in hand need not be fetched, parsed and decrypted again.
#ifndef DOCKET_SERVICES_AUDIT_FRESH_ENTRIES_H_
#define DOCKET_SERVICES_AUDIT_FRESH_ENTRIES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/audit/prepared_event.h"

namespace docket::audit {

// Thread-safe. For one reader: what was taken is gone.
class FreshEntries {
 public:
  using Entries = std::vector<std::shared_ptr<const PreparedEvent>>;
  // What no reader comes for is dropped, the oldest first.
  static constexpr size_t kMaxEntries = 8192;
  static constexpr size_t kMaxBytes = size_t{32} << 20;

  // The entries from index `first` on are in the log. What another process appended before them is not here.
  void Offer(uint64_t first, Entries entries);
  // The entries from index `begin` on that are here, at most `limit` and without a gap; those before are dropped. None:
  // the database has them, or they do not exist.
  Entries Take(uint64_t begin, size_t limit);

 private:
  void DropFirst() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::shared_ptr<const PreparedEvent>> entries_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_FRESH_ENTRIES_H_
