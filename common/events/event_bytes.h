// The one way in which an event becomes bytes: for the outbox and for the digest by which receivers recognise it.
#ifndef DOCKET_COMMON_EVENTS_EVENT_BYTES_H_
#define DOCKET_COMMON_EVENTS_EVENT_BYTES_H_

#include <cstddef>
#include <string>

#include "docket/event/v1/event.pb.h"

namespace docket::events {

// An event larger than this cannot travel: a batch holds at most this much, a message at most 4 MiB.
inline constexpr size_t kMaxEventBytes = size_t{3} << 20;

// The event serialised deterministically with source_sequence 0: the same bytes before and after the relay numbered it.
std::string EventBytes(const event::v1::Event& event);

// SHA-256 of EventBytes, 32 raw bytes. Two deliveries of one event have the same digest.
std::string EventDigest(const event::v1::Event& event);

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_EVENT_BYTES_H_
