#include "common/evidence/redacted_entries.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace docket::evidence {
namespace {

// A note has room for 1 MiB.
constexpr size_t kMaxText = size_t{256} << 10;

}  // namespace

void RedactedEntries::Add(uint64_t index, bool redacted) {
  if (redacted && running_) {
    runs_.back().second = index;
  } else if (redacted) {
    runs_.emplace_back(index, index);
  }
  running_ = redacted;
}

std::string RedactedEntries::ToText() const {
  if (runs_.empty()) return "-";
  std::string text;
  for (const auto& [first, last] : runs_) {
    absl::StrAppend(&text, text.empty() ? "" : " ", first);
    if (last != first) absl::StrAppend(&text, "-", last);
    if (text.size() > kMaxText) return "many";
  }
  return text;
}

std::optional<RedactedEntries> RedactedEntries::Parse(absl::string_view text) {
  RedactedEntries entries;
  if (text == "-") return entries;
  for (const absl::string_view run : absl::StrSplit(text, ' ')) {
    const std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(run, absl::MaxSplits('-', 1));
    uint64_t first = 0;
    uint64_t last = 0;
    if (!absl::SimpleAtoi(ends.first, &first)) return std::nullopt;
    if (!absl::SimpleAtoi(run.size() == ends.first.size() ? ends.first : ends.second, &last)) return std::nullopt;
    if (last < first || (!entries.runs_.empty() && first <= entries.runs_.back().second)) return std::nullopt;
    entries.runs_.emplace_back(first, last);
  }
  return entries;
}

bool RedactedEntries::Contains(uint64_t index) const {
  const auto behind = std::upper_bound(runs_.begin(), runs_.end(), index,
                                       [](uint64_t value, const auto& run) { return value < run.first; });
  return behind != runs_.begin() && index <= std::prev(behind)->second;
}

}  // namespace docket::evidence
