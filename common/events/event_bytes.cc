#include "common/events/event_bytes.h"

#include "common/canonical_digest/canonical_digest.h"
#include "common/canonical_digest/message_bytes.h"

namespace docket::events {

std::string EventBytes(const event::v1::Event& event) {
  if (event.source_sequence() == 0) return MessageBytes(event);
  event::v1::Event unnumbered = event;
  unnumbered.clear_source_sequence();
  return MessageBytes(unnumbered);
}

std::string EventDigest(const event::v1::Event& event) { return Sha256(EventBytes(event)); }

}  // namespace docket::events
