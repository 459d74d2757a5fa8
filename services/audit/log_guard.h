// Whether the log may be written and signed. It freezes when its evidence does not verify, and only a restart after an
// operator's intervention thaws it; reading goes on.
#ifndef DOCKET_SERVICES_AUDIT_LOG_GUARD_H_
#define DOCKET_SERVICES_AUDIT_LOG_GUARD_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/log/logger.h"

namespace docket::audit {

// Thread-safe.
class LogGuard {
 public:
  explicit LogGuard(Logger& logger) : logger_(logger) {}

  // The first reason stays.
  void Freeze(absl::string_view reason);
  // UNAVAILABLE / LOG_FROZEN with the reason, or OK.
  absl::Status CheckOpen() const;
  // Why it is frozen; empty while it is open.
  std::string reason() const;

 private:
  Logger& logger_;
  mutable absl::Mutex mutex_;
  std::string reason_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_GUARD_H_
