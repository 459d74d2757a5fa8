// Keeps the statistics up with the log. Appending knows nothing of it.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_FOLLOWER_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_FOLLOWER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/mysql/pool.h"
#include "services/audit/fresh_entries.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_store.h"
#include "services/audit/statistics/counted_events.h"

namespace docket::audit {

// Used by one thread. Any number of processes may follow: counters and cursor move in one transaction, and only from
// where the cursor stands.
class StatisticsFollower {
 public:
  // All must outlive it.
  StatisticsFollower(mysql::Pool& pool, const LogStore& log, Clock& clock) : pool_(pool), log_(log), clock_(clock) {}

  // Entries that are there are not read from the database. Must outlive the follower, which is its only reader.
  void TakeFrom(FreshEntries& fresh) { fresh_ = &fresh; }

  // Counts the next entries, at most kMaxCountedEvents, and returns how many; 0: none were left, or another process
  // counted them meanwhile. DATA_LOSS where an entry is missing or cannot be read.
  absl::StatusOr<uint64_t> Advance(absl::Time deadline);
  // Waits for the log to grow, no longer than half a second, and counts what is there.
  absl::Status Follow(LogGrowth& growth, absl::Time deadline);

 private:
  absl::StatusOr<std::vector<CountedEvent>> Next(uint64_t from, uint64_t size, absl::Time deadline);

  mysql::Pool& pool_;
  const LogStore& log_;
  Clock& clock_;
  FreshEntries* fresh_ = nullptr;
  // As far as the log was seen counted.
  uint64_t seen_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_FOLLOWER_H_
