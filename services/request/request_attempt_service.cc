#include "services/request/request_attempt_service.h"

#include <optional>
#include <utility>

#include "common/access/access_check.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::request {

Attempt AttemptOf(const rpc::CallContext& context, absl::string_view etag, Clock& clock) {
  const common::v1::Principal& principal = context.principal();
  return {.caller = principal.name(),
          .department_id = LastId(principal.department()),
          .is_it_director = HasRole(principal, common::v1::ROLE_IT_DIRECTOR),
          .is_department_head = HasRole(principal, common::v1::ROLE_DEPARTMENT_HEAD),
          .etag = std::string(etag),
          // Microseconds are all that the tables keep.
          .now = absl::FromUnixMicros(clock.NowMicros())};
}

absl::StatusOr<std::string> RequestIdOf(const std::string& name) {
  std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value()) return NotFoundError(name);
  return *std::move(id);
}

}  // namespace docket::request
