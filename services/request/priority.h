// Priority from impact and urgency, as each organisation sees it.
//
//   PriorityMatrix matrix;
//   matrix.Set(Level::kHigh, Level::kMedium, Level::kHigh);
//   matrix.Of(Level::kHigh, Level::kMedium);  // kHigh
#ifndef DOCKET_SERVICES_REQUEST_PRIORITY_H_
#define DOCKET_SERVICES_REQUEST_PRIORITY_H_

#include <array>

#include "services/request/level.h"

namespace docket::request {

class PriorityMatrix {
 public:
  // Sets one cell. Combinations with an unspecified level are ignored.
  void Set(Level impact, Level urgency, Level priority);

  // kUnspecified where a level is unspecified or the cell is not set.
  Level Of(Level impact, Level urgency) const;

  // Whether every cell is set.
  bool complete() const;

 private:
  std::array<std::array<Level, kLevels>, kLevels> cells_{};
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_PRIORITY_H_
