#include "common/events/relay_lease.h"

#include <cstddef>
#include <utility>

#include "common/status/status_macros.h"

namespace docket::events {

absl::StatusOr<bool> RelayLease::Ensure(const std::vector<std::string>& consumers) {
  // Taken before the database is asked, so that the own view of the lease never outlives the table's.
  const absl::Time now = clock_.Now();
  std::optional<Held> held;
  {
    absl::MutexLock lock(&mutex_);
    held = held_;
  }
  if (!held.has_value()) {
    DOCKET_ASSIGN_OR_RETURN(
        const std::optional<RelayTerm> taken,
        store_.Acquire(replica_, consumers, absl::ToUnixMicros(now), absl::ToUnixMicros(now + duration_)));
    if (!taken.has_value()) return false;
    window_.Begin(taken->epoch, taken->next_sequence);
    absl::MutexLock lock(&mutex_);
    held_ = Held{.term = *taken, .until = now + duration_};
    return true;
  }
  if (now < held->until - duration_ / 2) return true;
  const absl::Status renewed = store_.Renew(held->term.epoch, absl::ToUnixMicros(now + duration_));
  if (IsLeaseLost(renewed)) {
    Drop(held->term.epoch);
    return false;
  }
  DOCKET_RETURN_IF_ERROR(renewed);
  absl::MutexLock lock(&mutex_);
  if (held_.has_value() && held_->term.epoch == held->term.epoch) held_->until = now + duration_;
  return held_.has_value();
}

absl::StatusOr<int> RelayLease::Claim(int limit) {
  DOCKET_ASSIGN_OR_RETURN(std::vector<WaitingEvent> waiting, store_.ReadWaiting(limit));
  if (waiting.empty()) return 0;
  RelayTerm term;
  {
    absl::MutexLock lock(&mutex_);
    if (!held_.has_value()) return 0;
    term = held_->term;
  }
  if (!Holds(term.epoch)) return 0;
  const absl::Status claimed = store_.Claim(term, waiting);
  if (!claimed.ok()) {
    // Also when only the answer was lost: the numbers may have been given.
    Drop(term.epoch);
    return claimed;
  }
  const size_t count = waiting.size();
  window_.Add(term.epoch, term.next_sequence, std::move(waiting));
  absl::MutexLock lock(&mutex_);
  if (held_.has_value() && held_->term.epoch == term.epoch) held_->term.next_sequence += static_cast<int64_t>(count);
  return static_cast<int>(count);
}

int64_t RelayLease::epoch() const {
  absl::MutexLock lock(&mutex_);
  return held_.has_value() && clock_.Now() < held_->until ? held_->term.epoch : 0;
}

int64_t RelayLease::next_sequence() const {
  absl::MutexLock lock(&mutex_);
  return held_.has_value() ? held_->term.next_sequence : 0;
}

void RelayLease::Drop(int64_t epoch) {
  absl::MutexLock lock(&mutex_);
  if (held_.has_value() && held_->term.epoch == epoch) held_.reset();
}

void RelayLease::Release() {
  int64_t epoch = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (held_.has_value()) epoch = held_->term.epoch;
    held_.reset();
  }
  // Where this fails, the successor waits until the lease has run out.
  if (epoch != 0) store_.Release(epoch).IgnoreError();
}

}  // namespace docket::events
