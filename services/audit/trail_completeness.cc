#include "services/audit/trail_completeness.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_split.h"

namespace docket::audit {
namespace {

constexpr absl::string_view kReporting[] = {"requests", "evaluations", "workOrders",
                                            "evidence", "filings",     "registrations"};

}  // namespace

void NumberSet::Add(NumberRange range) {
  auto next = ranges_.upper_bound(range.first);
  // What begins before and reaches up to it or beyond.
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= range.first - 1) {
      range.first = before->first;
      range.last = std::max(range.last, before->second);
      ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->first <= range.last + 1) {
    range.last = std::max(range.last, next->second);
    next = ranges_.erase(next);
  }
  ranges_[range.first] = range.last;
}

void NumberSet::Remove(NumberRange range) {
  auto next = ranges_.upper_bound(range.last);
  while (next != ranges_.begin()) {
    const auto [first, last] = *std::prev(next);
    if (last < range.first) return;
    ranges_.erase(std::prev(next));
    if (last > range.last) ranges_[range.last + 1] = last;
    if (first < range.first) ranges_[first] = range.first - 1;
    next = ranges_.upper_bound(range.last);
  }
}

std::vector<NumberRange> NumberSet::Gaps() const {
  std::vector<NumberRange> gaps;
  int64_t expected = 1;
  for (const auto& [first, last] : ranges_) {
    if (first > expected) gaps.push_back({expected, first - 1});
    expected = last + 1;
  }
  return gaps;
}

std::vector<NumberRange> NumberSet::ranges() const {
  std::vector<NumberRange> ranges;
  for (const auto& [first, last] : ranges_) ranges.push_back({first, last});
  return ranges;
}

bool ReportsEveryRevision(absl::string_view subject) {
  const std::vector<absl::string_view> parts = absl::StrSplit(subject, '/');
  if (parts.size() < 4 || parts.size() % 2 != 0) return false;
  return std::find(std::begin(kReporting), std::end(kReporting), parts[parts.size() - 2]) != std::end(kReporting);
}

void TrailCompleteness::Add(absl::string_view subject, int64_t revision) {
  if (overflowed_ || revision <= 0 || !ReportsEveryRevision(subject)) return;
  auto found = subjects_.find(subject);
  if (found == subjects_.end()) found = subjects_.emplace(std::string(subject), NumberSet()).first;
  ranges_ -= found->second.size();
  found->second.Add({revision, revision});
  ranges_ += found->second.size();
  if (ranges_ <= kMaxRanges) return;
  // Looking at some only would find holes where there are none.
  overflowed_ = true;
  subjects_.clear();
}

std::vector<TrailCompleteness::Gap> TrailCompleteness::Gaps() const {
  std::vector<Gap> gaps;
  for (const auto& [subject, revisions] : subjects_) {
    for (const NumberRange& range : revisions.Gaps()) gaps.push_back({.subject = subject, .revisions = range});
  }
  return gaps;
}

}  // namespace docket::audit
