#include "services/audit/ingest/source_sequence.h"

#include <algorithm>
#include <iterator>

namespace docket::audit {
namespace {

// Ascending ranges of what was seen, none touching the next.
std::vector<SequenceRange> RangesOf(std::vector<int64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  std::vector<SequenceRange> ranges;
  for (const int64_t number : numbers) {
    if (number < 1) continue;
    // No overflow: `last` is smaller than some number here, or the same.
    if (!ranges.empty() && number - ranges.back().last <= 1) {
      ranges.back().last = number;
    } else {
      ranges.push_back({.first = number, .last = number});
    }
  }
  return ranges;
}

}  // namespace

SourceSequence::Change SourceSequence::TakeIn(std::vector<int64_t> numbers, int64_t now_us) {
  Change change;
  for (const SequenceRange& range : RangesOf(std::move(numbers))) {
    if (range.first <= last_) Fill({.first = range.first, .last = std::min(range.last, last_)}, change);
    if (range.last <= last_) continue;
    if (range.first - last_ > 1) {
      const SequenceRange skipped{.first = last_ + 1, .last = range.first - 1};
      change.missed.push_back(skipped);
      missing_ += skipped.count();
      Open(skipped, now_us, change);
    }
    last_ = range.last;
    change.moved = true;
  }
  return change;
}

void SourceSequence::Fill(SequenceRange seen, Change& change) {
  auto gap = gaps_.upper_bound(seen.first);
  if (gap != gaps_.begin() && std::prev(gap)->second.last >= seen.first) --gap;
  while (gap != gaps_.end() && gap->first <= seen.last) {
    const SequenceRange whole{.first = gap->first, .last = gap->second.last};
    const int64_t detect_us = gap->second.detect_us;
    const SequenceRange came{.first = std::max(whole.first, seen.first), .last = std::min(whole.last, seen.last)};
    change.filled.push_back(came);
    missing_ -= came.count();
    Close(gap, change);
    if (whole.first < came.first) Open({.first = whole.first, .last = came.first - 1}, detect_us, change);
    if (came.last < whole.last) Open({.first = came.last + 1, .last = whole.last}, detect_us, change);
    gap = gaps_.upper_bound(came.last);
  }
}

void SourceSequence::Open(SequenceRange missing, int64_t detect_us, Change& change) {
  if (gaps_.size() >= kMaxOpenGaps) {
    untracked_ += missing.count();
    return;
  }
  gaps_[missing.first] = {.last = missing.last, .detect_us = detect_us};
  change.opened.insert(missing.first);
}

void SourceSequence::Close(Gaps::iterator gap, Change& change) {
  // One that this batch opened has no row yet.
  if (change.opened.erase(gap->first) == 0) change.closed.insert(gap->first);
  gaps_.erase(gap);
}

}  // namespace docket::audit
