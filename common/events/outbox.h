// The outbox: events leave a service by being written in the transaction that makes them true. The relay (relay.h)
// takes them from there. Tables: common/events/schema.
#ifndef DOCKET_COMMON_EVENTS_OUTBOX_H_
#define DOCKET_COMMON_EVENTS_OUTBOX_H_

#include <vector>

#include "absl/status/status.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/event.pb.h"

namespace docket::events {

// Writes the events, in few multi-row statements; they become visible to the relay when the transaction commits. Group
// commits hand over the events of all their calls at once. INTERNAL for an event that could never be delivered: one
// without a proper event_id or larger than 3 MiB.
absl::Status AppendToOutbox(mysql::Transaction& transaction, const std::vector<event::v1::Event>& events);

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_OUTBOX_H_
