// Which process leads: it does what one is enough for, such as signing checkpoints, scrubbing and counting. Appending
// needs no leader; its correctness is the swap of tree_state.
//
// The lease saves work, the epoch keeps order. Taking over raises the epoch in the lease and in tree_state, so that
// whoever grows the tree from what it read under an earlier epoch has to read it again, also one that was stopped in
// the middle of it and wakes up late.
#ifndef DOCKET_SERVICES_AUDIT_LEADER_LEADER_LEASE_H_
#define DOCKET_SERVICES_AUDIT_LEADER_LEADER_LEASE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"

namespace docket::audit {

// Thread-safe.
class LeaderLease {
 public:
  struct Options {
    // Unique for each start of a process.
    std::string replica;
    // How long the lease holds without being renewed.
    absl::Duration duration = absl::Seconds(5);
    // Whether this process may lead now; nothing set: it may. One that may not gives the lease back.
    std::function<bool()> fit;
  };

  // All references must outlive the lease.
  LeaderLease(mysql::Pool& pool, Clock& clock, Logger& logger, Options options);

  // Takes the lease where it is free or has run out, renews it where it is held. To be called several times within its
  // duration. Whether it is held. Errors are the database's; the lease is held then until it runs out.
  absl::StatusOr<bool> Ensure(absl::Time deadline);

  // The epoch while the lease is held and its time is not over by this process's clock, else 0. Asks no database.
  int64_t epoch() const;
  bool Leads() const { return epoch() != 0; }

  // A periodic task's step that does nothing where this process does not lead.
  std::function<absl::Status()> AtLeader(std::function<absl::Status()> step) const;

  // Lets a successor take over at once. Where that fails, it waits until the lease has run out.
  void Release(absl::Time deadline);

 private:
  struct Held {
    int64_t epoch = 0;
    absl::Time until;
  };

  absl::StatusOr<std::optional<int64_t>> Take(absl::Time now, absl::Time deadline);
  // Whether it is still this process's.
  absl::StatusOr<bool> Renew(int64_t epoch, absl::Time now, absl::Time deadline);
  std::optional<Held> held() const;
  void Keep(std::optional<Held> held);

  mysql::Pool& pool_;
  Clock& clock_;
  Logger& logger_;
  const Options options_;
  mutable absl::Mutex mutex_;
  std::optional<Held> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEADER_LEADER_LEASE_H_
