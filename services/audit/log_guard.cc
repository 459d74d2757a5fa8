#include "services/audit/log_guard.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/error.h"

namespace docket::audit {

void LogGuard::Freeze(absl::string_view reason) {
  absl::MutexLock lock(&mutex_);
  if (!reason_.empty()) return;
  reason_ = std::string(reason);
  logger_.Error("the audit log is frozen", {{"reason", reason}});
}

std::string LogGuard::reason() const {
  absl::MutexLock lock(&mutex_);
  return reason_;
}

absl::Status LogGuard::CheckOpen() const {
  absl::MutexLock lock(&mutex_);
  if (reason_.empty()) return absl::OkStatus();
  return WithRetryDelay(Error(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN,
                              absl::StrCat("the audit log is frozen: ", reason_), {{"cause", reason_}}),
                        absl::Minutes(1));
}

}  // namespace docket::audit
