// The order in which waiting events get their sequence numbers.
#ifndef DOCKET_COMMON_EVENTS_CLAIM_ORDER_H_
#define DOCKET_COMMON_EVENTS_CLAIM_ORDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace docket::events {

// An event that has no sequence number yet.
struct WaitingEvent {
  // 16 raw bytes.
  std::string event_id;
  std::string subject;
  // 0: none; such an event keeps its place whatever its subject.
  int64_t revision = 0;
  std::string type;
  int64_t envelope_bytes = 0;
  // Nothing where it is too large to be kept for those who deliver it.
  std::optional<std::string> envelope;
};

// Sorts by event id, which is the order in which they happened as far as the replicas' clocks agree, but gives the
// revisions of each subject ascending places among those that its events hold, so that a clock that runs ahead never
// turns a resource's history around. Events of one revision follow each other by id.
void SortForClaim(std::vector<WaitingEvent>& events);

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_CLAIM_ORDER_H_
