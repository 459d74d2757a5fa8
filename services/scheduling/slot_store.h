// Reserved slots in the tables system_lock and slot_reservation.
//
//   DOCKET_RETURN_IF_ERROR(slots.LockSystems(tx, plan));
//   DOCKET_ASSIGN_OR_RETURN(const std::vector<SlotConflict> conflicts, slots.FindOverlaps(tx, plan));
//   if (!conflicts.empty()) return SlotConflictError(conflicts);
//   DOCKET_RETURN_IF_ERROR(slots.Replace(tx, plan));
//
// Between LockSystems and the end of the transaction nobody else checks or reserves any of the plan's systems: not
// here, where they wait for the rows, and not on another node of a cluster, where both write the rows and the later one
// is turned back and run again.
#ifndef DOCKET_SERVICES_SCHEDULING_SLOT_STORE_H_
#define DOCKET_SERVICES_SCHEDULING_SLOT_STORE_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/slot_conflict.h"

namespace docket::scheduling {

// Stateless.
class SlotStore {
 public:
  // Takes the lock of every system of the plan, in the order of their identifiers, so that two who want the same do not
  // deadlock. Locks of systems that never had one are created.
  absl::Status LockSystems(mysql::Transaction& transaction, const Plan& plan) const;

  // Reservations of other plans for the plan's systems that overlap its slot, by system and time; at most 100 of each
  // system. Empty where the plan has no slot.
  absl::StatusOr<std::vector<SlotConflict>> FindOverlaps(mysql::Transaction& transaction, const Plan& plan) const;

  // Who else holds one of the plan's systems now: by a slot that includes `now`, or because its implementation has
  // started and not ended, whatever its slot says.
  absl::StatusOr<std::vector<SlotConflict>> FindHolders(mysql::Pool& pool, absl::Time deadline, const Plan& plan,
                                                        absl::Time now) const;
  absl::StatusOr<std::vector<SlotConflict>> FindHolders(mysql::Transaction& transaction, const Plan& plan,
                                                        absl::Time now) const;

  // Makes plan.slot the plan's only reservation, for each of its systems.
  absl::Status Replace(mysql::Transaction& transaction, const Plan& plan) const;
  // Gives up what the plan has reserved.
  absl::Status Release(mysql::Transaction& transaction, const Plan& plan) const;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_SLOT_STORE_H_
