// Verifies the whole log again and again at a bounded pace, and freezes it where something is found.
//
//   Scrubber scrubber(parts, guard, clock, {});
//   PeriodicTask task({.name = "verify the log", .interval = pace.interval}, [&] { return scrubber.Step(limit); }, …);
//
// A lap covers the entries that the log has when it begins (log_lap.h). What comes in meanwhile is the next one's.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_SCRUBBER_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_SCRUBBER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/merkle/hash.h"
#include "services/audit/log_guard.h"
#include "services/audit/scrub/log_lap.h"

namespace docket::audit {

struct ScrubReport {
  // The lap under way, or the last one; 0: none has begun.
  int64_t lap = 0;
  uint64_t position = 0;
  uint64_t lap_size = 0;
  absl::Time lap_start;
  // Of this process, or the last one that another had finished before.
  std::optional<FinishedLap> last_lap;
  // When the evidence that has waited longest was looked at, told to within the time that 65,536 entries take. Where
  // nobody ever looked, the scrubber's own beginning.
  absl::Time oldest_unverified;
  // Entries verified since the beginning, over all laps.
  int64_t entries_verified = 0;
};

struct ScrubberOptions {
  // From the beginning of one lap to that of the next at least, so that a short log is not read all the time.
  absl::Duration shortest_lap = absl::Minutes(1);
};

// Step() is called by one thread; report() is thread-safe.
class Scrubber {
 public:
  // All that is referred to must outlive it.
  Scrubber(LapParts parts, LogGuard& guard, Clock& clock, ScrubberOptions options = {});

  // Takes over which lap was finished last, before the first step. It is believed, so that the report does not begin
  // anew with every process; nothing else hangs on it.
  absl::Status Recall(absl::Time deadline);

  // Verifies a little more. Nothing while the next lap is not due, and nothing once it has found a fault, which freezes
  // the log. Errors are those of the database and of the anchor file only.
  absl::Status Step(absl::Time deadline);

  ScrubReport report() const;

 private:
  absl::Status TryStep(absl::Time deadline);
  absl::Status BeginLap(absl::Time deadline);
  absl::Status FinishLap(absl::Time deadline);
  void Note(const LogLap& lap);
  absl::Time OldestUnverified() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LapParts parts_;
  LogGuard& guard_;
  Clock& clock_;
  const ScrubberOptions options_;
  const absl::Time created_;
  std::optional<LogLap> lap_;
  bool begun_ = false;
  bool found_fault_ = false;

  mutable absl::Mutex mutex_;
  ScrubReport report_ ABSL_GUARDED_BY(mutex_);
  // When each block of entries was last begun with, of those that were gone through since; and the one under way.
  std::vector<absl::Time> block_times_ ABSL_GUARDED_BY(mutex_);
  absl::Time block_begun_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_SCRUBBER_H_
