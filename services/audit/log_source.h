// The name under which the log reports what it notices itself.
#ifndef DOCKET_SERVICES_AUDIT_LOG_SOURCE_H_
#define DOCKET_SERVICES_AUDIT_LOG_SOURCE_H_

#include "absl/strings/string_view.h"

namespace docket::audit {

inline constexpr absl::string_view kLogSource = "services/audit";

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_SOURCE_H_
