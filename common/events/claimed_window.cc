#include "common/events/claimed_window.h"

#include <algorithm>
#include <utility>

namespace docket::events {
namespace {

size_t BytesOf(const KeptEvent& kept) {
  return sizeof(kept) + kept.event.subject.size() + kept.event.type.size() +
         (kept.envelope.has_value() ? kept.envelope->size() : 0);
}

}  // namespace

void ClaimedWindow::Begin(int64_t epoch, int64_t next_sequence) { Add(epoch, next_sequence, {}); }

void ClaimedWindow::Add(int64_t epoch, int64_t first_sequence, std::vector<WaitingEvent> events) {
  std::vector<std::shared_ptr<const KeptEvent>> added;
  for (WaitingEvent& event : events) {
    added.push_back(std::make_shared<const KeptEvent>(
        KeptEvent{.event = {.sequence = first_sequence + static_cast<int64_t>(added.size()),
                            .event_id = std::move(event.event_id),
                            .subject = std::move(event.subject),
                            .type = std::move(event.type),
                            .envelope_bytes = event.envelope_bytes},
                  .envelope = std::move(event.envelope)}));
  }
  absl::MutexLock lock(&mutex_);
  if (epoch != epoch_ || first_sequence != end_) {
    events_.clear();
    bytes_ = 0;
  }
  epoch_ = epoch;
  end_ = first_sequence + static_cast<int64_t>(added.size());
  for (auto& event : added) {
    bytes_ += BytesOf(*event);
    events_.push_back(std::move(event));
  }
  while (!events_.empty() && (events_.size() > max_events_ || bytes_ > max_bytes_)) {
    bytes_ -= BytesOf(*events_.front());
    events_.pop_front();
  }
}

std::optional<std::vector<std::shared_ptr<const KeptEvent>>> ClaimedWindow::Read(int64_t epoch, int64_t sequence,
                                                                                 int limit) const {
  absl::MutexLock lock(&mutex_);
  const int64_t begin = end_ - static_cast<int64_t>(events_.size());
  if (epoch != epoch_ || sequence < begin || sequence > end_) return std::nullopt;
  const auto first = events_.begin() + (sequence - begin);
  const auto last = first + std::min<int64_t>(events_.end() - first, limit);
  return std::vector<std::shared_ptr<const KeptEvent>>(first, last);
}

}  // namespace docket::events
