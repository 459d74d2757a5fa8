// The entries as statistics read them: by the stored bytes, and without the payload where nothing of it is counted.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_COUNTED_EVENTS_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_COUNTED_EVENTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/log_store.h"
#include "services/audit/prepared_event.h"

namespace docket::audit {

struct CountedEvent {
  uint64_t index = 0;
  std::shared_ptr<const event::v1::Event> event;
  // The payload was needed and is gone.
  bool redacted = false;
};

// The entries [begin, end), at most kMaxCountedEvents of them and none missing: DATA_LOSS where one is, or cannot be
// read.
inline constexpr uint64_t kMaxCountedEvents = 2048;
absl::StatusOr<std::vector<CountedEvent>> ReadCountedEvents(const LogStore& store, uint64_t begin, uint64_t end,
                                                            absl::Time deadline);

// The same of an entry that is in hand.
absl::StatusOr<CountedEvent> CountedOf(uint64_t index, std::shared_ptr<const PreparedEvent> entry);

// All entries of an organisation with begin <= index < end, or of one of its changes.
absl::StatusOr<std::vector<CountedEvent>> ReadOrganizationEvents(const LogStore& store,
                                                                 const std::string& organization_id, uint64_t begin,
                                                                 uint64_t end, absl::Time deadline);
// At most `limit`, oldest first; `more` (may be null) says whether there are further ones.
absl::StatusOr<std::vector<CountedEvent>> ReadChangeEvents(const LogStore& store, const std::string& organization_id,
                                                           const std::string& change, uint64_t end, int limit,
                                                           bool* more, absl::Time deadline);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_COUNTED_EVENTS_H_
