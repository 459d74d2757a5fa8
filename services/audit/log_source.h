// The name under which the log reports what it notices itself.
#ifndef DOCKET_SERVICES_AUDIT_LOG_SOURCE_H_
#define DOCKET_SERVICES_AUDIT_LOG_SOURCE_H_

#include "absl/strings/string_view.h"

namespace docket::audit {

inline constexpr absl::string_view kLogSource = "services/audit";

// Whether an entry of that source and type tells that payloads were taken away.
inline bool TellsOfRedactions(absl::string_view source, absl::string_view type) {
  return source == kLogSource && (type == "RedactionApplied" || type == "RetentionApplied");
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_SOURCE_H_
