// What an operator sees and does where a consumer did not take an event (see relay.h).
#ifndef DOCKET_COMMON_EVENTS_QUARANTINE_H_
#define DOCKET_COMMON_EVENTS_QUARANTINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"

namespace docket::events {

struct QuarantineEntry {
  std::string consumer;
  // The source's number of the event; names it within the consumer's quarantine.
  int64_t sequence = 0;
  // Canonical text.
  std::string event_id;
  std::string subject;
  std::string type;
  // "waiting" behind an earlier event of its subject, "conflict", "rejected", or "retry".
  std::string verdict;
  // In the consumer's words.
  std::string reason;
  int attempts = 0;
  absl::Time create_time;
};

// A consumer's quarantined events after `after_sequence`, oldest first, at most `limit`.
absl::StatusOr<std::vector<QuarantineEntry>> ListQuarantine(mysql::Pool& pool, absl::Time deadline,
                                                            absl::string_view consumer, int64_t after_sequence,
                                                            int limit);

// Has the relay deliver the event once more, e.g. after the consumer was repaired. What waits behind it follows when it
// is taken. NOT_FOUND where it is not there any more.
absl::Status RetryQuarantined(mysql::Pool& pool, absl::Time deadline, absl::string_view consumer, int64_t sequence);

// Gives the event up: the consumer never gets it, what waits behind it follows. NOT_FOUND where it is not there any
// more.
absl::Status DiscardQuarantined(mysql::Pool& pool, absl::Time deadline, absl::string_view consumer, int64_t sequence);

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_QUARANTINE_H_
