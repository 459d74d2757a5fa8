// Which changes are on hold, for the services that carry them on after the request service.
//
// The IT director holds a request; whoever evaluates, plans or executes its change follows by event and lets nothing
// pass until it is resumed. What undoes or only reports (rolling back, a failed work order) stays possible.
//
//   SubscribeToHolds(receiver);                                                     // once, at the start
//   DOCKET_RETURN_IF_ERROR(CheckNotHeld(transaction, evaluation.request.name));     // in each transition
//
// A hold is known here as soon as its event was delivered: within a fraction of a second while the services run.
#ifndef DOCKET_COMMON_CHANGE_HOLD_HOLD_STORE_H_
#define DOCKET_COMMON_CHANGE_HOLD_HOLD_STORE_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/change_hold/change_hold.h"
#include "common/events/event_receiver.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"

namespace docket {

// Takes in RequestHeld and RequestResumed of the request service, in whatever order they come.
void SubscribeToHolds(events::EventReceiver& receiver);

// The hold of a change (`organizations/{org}/requests/{request}`); nothing where it may go on.
absl::StatusOr<std::optional<ChangeHold>> FindHold(mysql::Pool& pool, absl::Time deadline, absl::string_view change);

// FAILED_PRECONDITION / ON_HOLD with metadata `holder` while the change is held.
absl::Status CheckNotHeld(mysql::Transaction& transaction, absl::string_view change);

}  // namespace docket

#endif  // DOCKET_COMMON_CHANGE_HOLD_HOLD_STORE_H_
