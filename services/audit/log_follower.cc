#include "services/audit/log_follower.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "services/audit/log_source.h"

namespace docket::audit {
namespace {

// Payloads may be large.
constexpr uint64_t kReadAtATime = 32;
constexpr absl::Duration kReadLimit = absl::Seconds(10);
// Others may append where nobody announces it here.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
// Whoever reads for all looks up that often, e.g. for whether its own caller is still there.
constexpr absl::Duration kTurn = absl::Milliseconds(200);

}  // namespace

LogFollower::LogFollower(const LogStore& store, const LogView& view, LogGrowth& growth, LogFollowerLimits limits)
    : store_(store), view_(view), growth_(growth), limits_(limits) {}

std::optional<LogFollower::Entries> LogFollower::Take(uint64_t next, size_t limit) {
  absl::MutexLock lock(&mutex_);
  ForgetOld(absl::Now());
  if (next < begin()) return std::nullopt;
  Entries taken;
  for (uint64_t index = next; index < end_ && taken.size() < limit; ++index)
    taken.push_back(remembered_[index - begin()]);
  return taken;
}

uint64_t LogFollower::Await(uint64_t next, uint64_t known_size, absl::Duration limit) {
  const absl::Time give_up = absl::Now() + limit;
  absl::MutexLock lock(&mutex_);
  // What nobody asks for is not read: begin where the first one wants to.
  if (remembered_.empty() && !reading_) end_ = std::max(end_, std::min(next, known_size));
  while (end_ <= next && absl::Now() < give_up) {
    const absl::Duration left = give_up - absl::Now();
    if (reading_) {
      changed_.WaitWithTimeout(&mutex_, left);
      continue;
    }
    reading_ = true;
    const uint64_t end = end_;
    mutex_.Unlock();
    ReadOn(end, std::min(left, kTurn));
    mutex_.Lock();
    reading_ = false;
    // Also the next one to read must wake up.
    changed_.SignalAll();
  }
  return std::max(end_, known_size);
}

void LogFollower::ReadOn(uint64_t end, absl::Duration limit) {
  uint64_t size = growth_.WaitBeyond(end, limit);
  if (size <= end && absl::Now() >= next_look_) {
    const absl::StatusOr<uint64_t> looked = view_.ReadSize(absl::Now() + kReadLimit);
    if (looked.ok()) size = *looked;
    next_look_ = absl::Now() + kLookInterval;
  }
  if (size <= end) return;
  // Who is that far behind catches up by itself.
  uint64_t forgotten = 0;
  {
    absl::MutexLock lock(&mutex_);
    forgotten = forgotten_;
  }
  const uint64_t begin = size - end > limits_.max_entries ? size - std::min<uint64_t>(size, kReadAtATime) : end;
  const absl::StatusOr<std::vector<StoredEntry>> stored =
      store_.ReadEntries(begin, std::min(size, begin + kReadAtATime), absl::Now() + kReadLimit);
  Entries entries;
  if (stored.ok()) {
    for (const StoredEntry& entry : *stored) {
      // A hole in the table: those who wait read around it.
      if (entry.index != begin + entries.size()) break;
      auto followed = std::make_shared<FollowedEntry>();
      followed->index = entry.index;
      followed->shown = view_.Show(entry);
      followed->bytes = followed->shown.ByteSizeLong();
      followed->read_time = absl::Now();
      if (followed->shown.has_event()) {
        followed->found_by = Projection::Of(followed->shown.event(), entry.receive_us);
      } else {
        auto columns = store_.ReadProjections(entry.index, entry.index + 1, absl::Now() + kReadLimit);
        if (!columns.ok() || columns->empty()) break;
        followed->found_by = std::move(columns->front());
      }
      entries.push_back(std::move(followed));
    }
  }
  if (entries.empty()) {
    // The database does not answer, or not with what is there: not in a hurry again.
    absl::MutexLock lock(&mutex_);
    changed_.WaitWithTimeout(&mutex_, limit);
    if (!stored.ok()) return;
    ForgetAll();
    end_ = size;
    return;
  }
  absl::MutexLock lock(&mutex_);
  // Read again otherwise.
  if (forgotten == forgotten_) Remember(std::move(entries), begin);
}

void LogFollower::Remember(Entries entries, uint64_t begin) {
  const bool redacted = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return TellsOfRedactions(entry->found_by.source, entry->found_by.type);
  });
  // What tells of a redaction was appended after it, so that what was read together with it is as it is now.
  if (begin != end_ || redacted) ForgetAll();
  end_ = begin + entries.size();
  for (auto& entry : entries) {
    bytes_ += entry->bytes;
    remembered_.push_back(std::move(entry));
  }
  ForgetOld(absl::Now());
}

void LogFollower::Forget() {
  absl::MutexLock lock(&mutex_);
  ++forgotten_;
  ForgetAll();
}

void LogFollower::ForgetAll() {
  remembered_.clear();
  bytes_ = 0;
}

void LogFollower::ForgetOld(absl::Time now) {
  while (!remembered_.empty() && (remembered_.size() > limits_.max_entries || bytes_ > limits_.max_bytes ||
                                  now - remembered_.front()->read_time > limits_.max_age)) {
    bytes_ -= remembered_.front()->bytes;
    remembered_.pop_front();
  }
}

LogFollower::CatchUp::CatchUp(LogFollower& follower) : follower_(follower) {
  absl::MutexLock lock(&follower_.catch_up_mutex_);
  const auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(follower_.catch_up_mutex_) {
    return follower_.catching_up_ < follower_.limits_.max_catching_up;
  };
  follower_.catch_up_mutex_.Await(absl::Condition(&free));
  ++follower_.catching_up_;
}

LogFollower::CatchUp::~CatchUp() {
  absl::MutexLock lock(&follower_.catch_up_mutex_);
  --follower_.catching_up_;
}

}  // namespace docket::audit
