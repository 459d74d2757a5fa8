// What this replica claimed a moment ago. Every consumer passes over every event; from here, without reading it anew.
#ifndef DOCKET_COMMON_EVENTS_CLAIMED_WINDOW_H_
#define DOCKET_COMMON_EVENTS_CLAIMED_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/events/claim_order.h"

namespace docket::events {

// A claimed event without its envelope.
struct ClaimedEvent {
  int64_t sequence = 0;
  std::string event_id;
  std::string subject;
  std::string type;
  int64_t envelope_bytes = 0;
};

struct KeptEvent {
  ClaimedEvent event;
  // Nothing where it was too large to be kept, or the event was read from the table without it.
  std::optional<std::string> envelope;
};

// The newest events that were claimed under one epoch, without a gap. Thread-safe.
class ClaimedWindow {
 public:
  // A window keeps the newest events, as many as stay within both limits.
  explicit ClaimedWindow(size_t max_events = 4096, size_t max_bytes = size_t{16} << 20)
      : max_events_(max_events), max_bytes_(max_bytes) {}

  // Nothing is claimed yet under `epoch`, whose first event will get `next_sequence`.
  void Begin(int64_t epoch, int64_t next_sequence);

  // The events were given the numbers from `first_sequence` on under `epoch`. What does not continue the window begins
  // a new one.
  void Add(int64_t epoch, int64_t first_sequence, std::vector<WaitingEvent> events);

  // Events from `sequence` on, at most `limit`; empty where none was claimed since. Nothing where the window cannot
  // tell: the events are older than it, or it is of another epoch.
  std::optional<std::vector<std::shared_ptr<const KeptEvent>>> Read(int64_t epoch, int64_t sequence, int limit) const;

 private:
  const size_t max_events_;
  const size_t max_bytes_;
  mutable absl::Mutex mutex_;
  int64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  // Follows the last event.
  int64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::shared_ptr<const KeptEvent>> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_CLAIMED_WINDOW_H_
