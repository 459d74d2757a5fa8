// An event as it enters the log: the bytes that the tree commits to, and beside them what they only commit to.
#ifndef DOCKET_SERVICES_AUDIT_LOG_ENTRY_H_
#define DOCKET_SERVICES_AUDIT_LOG_ENTRY_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/event/v1/event.pb.h"

namespace docket::audit {

// tlog-tiles gives an entry's length 16 bits.
inline constexpr size_t kMaxEntryBytes = 65535;
inline constexpr size_t kMaxPayloadBytes = size_t{1} << 20;
inline constexpr size_t kSaltBytes = 32;

// What an event becomes wherever in the log it comes to stand.
struct EntryParts {
  // Entry's field `event`, serialised.
  std::string event;
  // Serialised docket.audit.v1.EntryPayload.
  std::string payload;
};

struct SealedEntry {
  // Serialised docket.audit.v1.Entry. Kept and hashed as it is, never serialised again.
  std::string entry;
  // Serialised docket.audit.v1.EntryPayload, and the key of its commitment.
  std::string payload;
  std::string salt;
};

// 32 fresh random bytes.
std::string NewSalt();

// Takes what may name a person or tell a story out of the entry's event, so that it can be taken away without touching
// the tree. Of `entry` nothing but the event is set. INVALID_ARGUMENT where the payload would exceed its limit.
absl::StatusOr<EntryParts> SplitEvent(v1::Entry& entry);

// How every entry of the log begins that is received at this moment: Entry's fields before the event.
std::string EntryHead(absl::string_view origin, absl::Time receive_time);

// The serialised Entry. INVALID_ARGUMENT where it would exceed its limit.
absl::StatusOr<std::string> EntryBytes(absl::string_view head, const EntryParts& parts, absl::string_view salt);

// All of it at once: splits the event into entry and payload.
absl::StatusOr<SealedEntry> SealEvent(const event::v1::Event& event, absl::string_view origin, absl::Time receive_time,
                                      std::string salt);

// The event put together again, for reading. DATA_LOSS where the bytes cannot be read.
absl::StatusOr<event::v1::Event> UnsealEvent(absl::string_view entry, absl::string_view payload);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_ENTRY_H_
