#include "services/scheduling/slot_conflict.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/error.h"

namespace docket::scheduling {
namespace {

constexpr size_t kMaxDescribed = 15;

std::string Rfc3339(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

}  // namespace

std::string DescribeConflict(const SlotConflict& conflict) {
  return absl::StrCat(conflict.plan, " holds ", conflict.system, " from ", Rfc3339(conflict.slot.start), " to ",
                      Rfc3339(conflict.slot.end));
}

absl::Status SlotConflictError(absl::Span<const SlotConflict> conflicts) {
  std::string described;
  const size_t shown = std::min(conflicts.size(), kMaxDescribed);
  for (size_t i = 0; i < shown; ++i) {
    absl::StrAppend(&described, i == 0 ? "" : "; ", DescribeConflict(conflicts[i]));
  }
  if (shown < conflicts.size()) absl::StrAppend(&described, "; and ", conflicts.size() - shown, " more");
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_SLOT_CONFLICT,
               "another plan holds a target system within this slot; choose another time", {{"conflicts", described}});
}

}  // namespace docket::scheduling
