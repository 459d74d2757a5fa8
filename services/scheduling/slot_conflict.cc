#include "services/scheduling/slot_conflict.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::scheduling {
namespace {

// A value of an error's metadata is cut at 1 KiB, and all of it together travels in 4 KiB.
constexpr size_t kMaxValueBytes = 1000;
constexpr size_t kMaxValues = 3;

std::string Rfc3339(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

// One text for each plan: its slot is the same for all systems.
std::vector<std::string> DescribePlans(absl::Span<const SlotConflict> conflicts) {
  std::vector<std::pair<std::string, std::string>> by_plan;
  for (const SlotConflict& conflict : conflicts) {
    auto found = by_plan.begin();
    while (found != by_plan.end() && found->first != conflict.plan) ++found;
    if (found == by_plan.end()) {
      by_plan.emplace_back(conflict.plan, absl::StrCat(conflict.plan, " ", Rfc3339(conflict.slot.start), "/",
                                                       Rfc3339(conflict.slot.end), " ", LastId(conflict.system)));
    } else {
      absl::StrAppend(&found->second, ",", LastId(conflict.system));
    }
  }
  std::vector<std::string> described;
  described.reserve(by_plan.size());
  for (auto& [plan, text] : by_plan) described.push_back(std::move(text));
  return described;
}

}  // namespace

std::string DescribeConflict(const SlotConflict& conflict) {
  return absl::StrCat(conflict.plan, " holds ", conflict.system, " from ", Rfc3339(conflict.slot.start), " to ",
                      Rfc3339(conflict.slot.end));
}

absl::Status SlotConflictError(absl::Span<const SlotConflict> conflicts) {
  const std::vector<std::string> plans = DescribePlans(conflicts);
  ErrorMetadata metadata = {{"conflict_count", absl::StrCat(plans.size())}};
  std::vector<std::string> values(1);
  for (const std::string& plan : plans) {
    if (values.back().size() + plan.size() > kMaxValueBytes) {
      if (values.size() == kMaxValues) break;
      values.emplace_back();
    }
    absl::StrAppend(&values.back(), values.back().empty() ? "" : "; ", plan);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    metadata[i == 0 ? "conflicts" : absl::StrCat("conflicts_", i + 1)] = std::move(values[i]);
  }
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_SLOT_CONFLICT,
               absl::StrCat(plans.size(), " other plans hold a target system within this slot; choose another time"),
               metadata);
}

}  // namespace docket::scheduling
