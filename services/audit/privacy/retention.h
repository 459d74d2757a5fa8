// A retention policy's rules, without database, contract or clock.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "docket/audit/v1/retention_policy.pb.h"

namespace docket::audit {

// 网络安全法 21: logs are kept for six months at least.
inline constexpr int kMinRetentionMonths = 6;

// Adds what is wrong with the policy, `prefix` being its place in the request.
void CheckPolicy(const v1::RetentionPolicy& policy, absl::string_view prefix, FieldViolations& violations);

// What was taken in before is past retention of so many months, more than 0, at `now`: calendar months in UTC; a day
// that its month does not have is the next month's first.
absl::Time CutoffOf(absl::Time now, int months);

// One thing that the policy does: payloads of that type, empty meaning all types without a rule, go after so many
// months.
struct RetentionTask {
  std::string event_type;
  int months = 0;
};
// Without those kept for ever.
std::vector<RetentionTask> TasksOf(const v1::RetentionPolicy& policy);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_H_
