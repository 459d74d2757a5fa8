#include "services/audit/scrub/scrubber.h"

#include <algorithm>
#include <utility>

#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// Entries whose times are kept together: a tile of the second level.
constexpr uint64_t kBlock = 65536;

}  // namespace

Scrubber::Scrubber(LapParts parts, LogGuard& guard, Clock& clock, ScrubberOptions options)
    : parts_(std::move(parts)), guard_(guard), clock_(clock), options_(options), created_(clock.Now()) {
  absl::MutexLock lock(&mutex_);
  report_.oldest_unverified = created_;
}

absl::Status Scrubber::Step(absl::Time deadline) {
  if (found_fault_) return absl::OkStatus();
  absl::Status status = TryStep(deadline);
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  found_fault_ = true;
  guard_.Freeze(status.message());
  return absl::OkStatus();
}

absl::Status Scrubber::TryStep(absl::Time deadline) {
  if (!lap_.has_value()) {
    const ScrubReport before = report();
    if (begun_ && clock_.Now() < before.lap_start + options_.shortest_lap) return absl::OkStatus();
    DOCKET_RETURN_IF_ERROR(BeginLap(deadline));
  }
  DOCKET_ASSIGN_OR_RETURN(const bool finished, lap_->Step(deadline));
  Note(*lap_);
  return finished ? FinishLap(deadline) : absl::OkStatus();
}

absl::Status Scrubber::FinishLap(absl::Time deadline) {
  FinishedLap finished{.size = lap_->size(), .root = lap_->root(), .end = clock_.Now()};
  {
    absl::MutexLock lock(&mutex_);
    finished.number = report_.lap;
    finished.start = report_.lap_start;
    report_.last_lap = finished;
  }
  lap_.reset();
  return parts_.store->WriteLastLap(finished, deadline);
}

absl::Status Scrubber::Recall(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<FinishedLap> last, parts_.store->ReadLastLap(deadline));
  if (!last.has_value()) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  report_.lap = last->number;
  report_.position = report_.lap_size = last->size;
  report_.lap_start = last->start;
  report_.last_lap = last;
  report_.oldest_unverified = last->start;
  return absl::OkStatus();
}

absl::Status Scrubber::BeginLap(absl::Time deadline) {
  const absl::Time start = clock_.Now();
  DOCKET_ASSIGN_OR_RETURN(lap_, LogLap::Begin(parts_, deadline));
  begun_ = true;
  absl::MutexLock lock(&mutex_);
  ++report_.lap;
  report_.lap_start = start;
  report_.position = 0;
  report_.lap_size = lap_->size();
  block_begun_ = start;
  return absl::OkStatus();
}

void Scrubber::Note(const LogLap& lap) {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  report_.entries_verified += static_cast<int64_t>(lap.position() - report_.position);
  for (uint64_t block = report_.position / kBlock; block < lap.position() / kBlock; ++block) {
    if (block >= block_times_.size()) block_times_.resize(block + 1);
    block_times_[block] = block_begun_;
    block_begun_ = now;
  }
  report_.position = lap.position();
  report_.oldest_unverified = OldestUnverified();
}

absl::Time Scrubber::OldestUnverified() const {
  // All of it was looked at in this lap; what has come in since came after its start.
  if (report_.position == report_.lap_size) return report_.lap_start;
  // What lies ahead was looked at in the lap before, in the same order.
  const absl::Time start_before = report_.last_lap.has_value() ? report_.last_lap->start : created_;
  const uint64_t block = report_.position / kBlock;
  return block < block_times_.size() ? std::max(start_before, block_times_[block]) : start_before;
}

ScrubReport Scrubber::report() const {
  absl::MutexLock lock(&mutex_);
  return report_;
}

}  // namespace docket::audit
