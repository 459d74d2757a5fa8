// The lease as one replica knows it: whether it may work now, and under which epoch.
#ifndef DOCKET_COMMON_EVENTS_RELAY_LEASE_H_
#define DOCKET_COMMON_EVENTS_RELAY_LEASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/claimed_window.h"
#include "common/events/relay_store.h"

namespace docket::events {

// Thread-safe. A replica that could not renew in time stops by its own clock, before another takes over; the epoch in
// the tables (relay_store.h) holds even where clocks disagree.
class RelayLease {
 public:
  // `store`, `window` and `clock` must outlive the lease.
  RelayLease(RelayStore& store, ClaimedWindow& window, Clock& clock, std::string replica, absl::Duration duration)
      : store_(store), window_(window), clock_(clock), replica_(std::move(replica)), duration_(duration) {}

  // Takes the lease if it is free, renews it when half of its time is over. Whether it is held now.
  absl::StatusOr<bool> Ensure(const std::vector<std::string>& consumers);

  // Claims up to `limit` waiting events under the lease, and puts them into the window. Returns how many; an error
  // where the lease was lost.
  absl::StatusOr<int> Claim(int limit);

  // The epoch while the lease is held and its time is not over, else 0.
  int64_t epoch() const;
  bool Holds(int64_t epoch) const { return epoch != 0 && this->epoch() == epoch; }
  // The next sequence number to be given; 0 while the lease is not held.
  int64_t next_sequence() const;

  // Stops working under this epoch: the lease was lost or what it knows may be wrong.
  void Drop(int64_t epoch);
  // Lets a successor take over at once.
  void Release();

 private:
  struct Held {
    RelayTerm term;
    absl::Time until;
  };

  RelayStore& store_;
  ClaimedWindow& window_;
  Clock& clock_;
  const std::string replica_;
  const absl::Duration duration_;
  mutable absl::Mutex mutex_;
  std::optional<Held> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_RELAY_LEASE_H_
