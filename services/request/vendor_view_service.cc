#include "services/request/vendor_view_service.h"

#include "common/access/access_check.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/role.pb.h"

namespace docket::request {

absl::StatusOr<std::optional<std::string>> ActingVendor(const rpc::CallContext& context, DirectoryStore& directory,
                                                        absl::string_view organization_id) {
  const common::v1::Principal& principal = context.principal();
  if (!HasRole(principal, common::v1::ROLE_VENDOR)) return std::optional<std::string>();
  // What the token says may be older than what the directory knows.
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Person> person,
                          directory.FindPerson(context.deadline(), organization_id, LastId(principal.name())));
  const bool is_known =
      person.has_value() && person->Name() == principal.name() && person->state == RecordState::kActive;
  if (!is_known) return std::optional<std::string>("");
  return std::optional<std::string>(person->vendor_id);
}

}  // namespace docket::request
