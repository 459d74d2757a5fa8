#include "services/request/priority.h"

#include <algorithm>
#include <cstddef>

namespace docket::request {
namespace {

bool Inside(Level level) { return level >= Level::kLow && level <= Level::kCritical; }
size_t Index(Level level) { return static_cast<size_t>(level) - 1; }

}  // namespace

void PriorityMatrix::Set(Level impact, Level urgency, Level priority) {
  if (Inside(impact) && Inside(urgency)) cells_[Index(impact)][Index(urgency)] = priority;
}

Level PriorityMatrix::Of(Level impact, Level urgency) const {
  if (!Inside(impact) || !Inside(urgency)) return Level::kUnspecified;
  return cells_[Index(impact)][Index(urgency)];
}

bool PriorityMatrix::complete() const {
  return std::all_of(cells_.begin(), cells_.end(),
                     [](const auto& row) { return std::all_of(row.begin(), row.end(), Inside); });
}

}  // namespace docket::request
