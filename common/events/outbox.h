// The outbox: events leave a service by being written in the transaction that makes them true. The relay (relay.h)
// takes them from there. Tables: common/events/schema.
#ifndef DOCKET_COMMON_EVENTS_OUTBOX_H_
#define DOCKET_COMMON_EVENTS_OUTBOX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/event.pb.h"

namespace docket::events {

// Writes the events, in few multi-row statements; they become visible to the relay when the transaction commits.
// INTERNAL for an event that could never be delivered: one without a proper event_id or larger than 3 MiB.
absl::Status AppendToOutbox(mysql::Transaction& transaction, const std::vector<event::v1::Event>& events);

// The same in two steps, for group commits: each caller makes its own rows, and those of all go out at once.
struct OutboxRow {
  // 16 raw bytes.
  std::string event_id;
  std::string subject;
  int64_t subject_revision = 0;
  std::string type;
  std::string organization_id;
  int64_t created_us = 0;
  std::string envelope;
};
absl::StatusOr<std::vector<OutboxRow>> ToOutboxRows(const std::vector<event::v1::Event>& events);
absl::Status AppendToOutbox(mysql::Transaction& transaction, absl::Span<const OutboxRow* const> rows);

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_OUTBOX_H_
