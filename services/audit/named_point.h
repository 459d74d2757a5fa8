// Named places in the log's work where a test ends the process or lets something happen. Nothing watches them in
// production.
#ifndef DOCKET_SERVICES_AUDIT_NAMED_POINT_H_
#define DOCKET_SERVICES_AUDIT_NAMED_POINT_H_

#include <functional>

#include "absl/strings/string_view.h"

namespace docket::audit {

// Called by the thread that reached the point, which goes on when it returns. Empty: nobody watches.
using PointWatcher = std::function<void(absl::string_view point)>;

inline void ReachPoint(const PointWatcher& watcher, absl::string_view point) {
  if (watcher) watcher(point);
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_NAMED_POINT_H_
