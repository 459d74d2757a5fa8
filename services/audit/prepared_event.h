// Events made ready for the log in the thread of whoever brings them: parsed, digested, split and serialised, all that
// does not hang on the place in the log. What remains to be done within the log's one transaction at a time is little,
// and the next transaction's events are prepared meanwhile.
#ifndef DOCKET_SERVICES_AUDIT_PREPARED_EVENT_H_
#define DOCKET_SERVICES_AUDIT_PREPARED_EVENT_H_

#include <deque>
#include <string>

#include "absl/status/status.h"
#include "docket/event/v1/event.pb.h"
#include "google/protobuf/arena.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_store.h"
#include "services/audit/payload_seal.h"

namespace docket::audit {

struct PreparedEvent {
  // Without what went into the payload. On the arena.
  const event::v1::Event* event = nullptr;
  // Of the whole event, as its source made it.
  std::string digest;
  // Its second half is empty where the event's id is no UUID.
  EventKey key;
  // Why it can never be an entry, INVALID_ARGUMENT; then nothing below is set.
  absl::Status fits;
  EntryParts parts;
  // Without the receive time.
  Projection found_by;
  // Empty without a sealer.
  SubjectName tells_of;
};

// Events with what they lie on.
struct PreparedEvents {
  google::protobuf::Arena arena;
  // A deque: entries refer to them.
  std::deque<PreparedEvent> events;
};

// `sealer` may be nullptr. The arena must outlive what is returned.
PreparedEvent PrepareEvent(const event::v1::Event& event, const PayloadSealer* sealer, google::protobuf::Arena& arena);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PREPARED_EVENT_H_
