#include "common/access/access_check.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket {
namespace {

constexpr absl::string_view kAllOrganizations = "organizations/-";

bool Opens(const MethodAccess& method, common::v1::Role role) {
  return std::find(method.roles.begin(), method.roles.end(), role) != method.roles.end();
}

// Whether the caller serves all organisations in a role that opens the method. Other roles that it may have do not
// cross.
bool MayCross(const MethodAccess& method, const common::v1::Principal& principal) {
  if (principal.organization() != kAllOrganizations) return false;
  for (const common::v1::Role role : {common::v1::ROLE_SERVICE, common::v1::ROLE_ADMINISTRATOR}) {
    if (HasRole(principal, role) && Opens(method, role)) return true;
  }
  return false;
}

}  // namespace

bool HasRole(const common::v1::Principal& principal, common::v1::Role role) {
  return std::find(principal.roles().begin(), principal.roles().end(), role) != principal.roles().end();
}

bool IsDocketService(const common::v1::Principal& principal) {
  return principal.organization() == kAllOrganizations && HasRole(principal, common::v1::ROLE_SERVICE);
}

absl::Status CheckRole(const MethodAccess& method, const common::v1::Principal& principal) {
  for (const int role : principal.roles()) {
    if (Opens(method, static_cast<common::v1::Role>(role))) return absl::OkStatus();
  }
  const std::string required = absl::StrJoin(method.roles, ",", [](std::string* out, common::v1::Role role) {
    absl::StrAppend(out, absl::StripPrefix(common::v1::Role_Name(role), "ROLE_"));
  });
  return Error(
      absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED,
      method.roles.empty() ? "this method is closed to everyone" : absl::StrCat("needs one of the roles ", required),
      {{"required_roles", required}});
}

absl::Status CheckOrganization(const MethodAccess& method, const common::v1::Principal& principal,
                               const google::protobuf::Message& request) {
  if (method.resource_path.empty()) return absl::OkStatus();
  const std::string organization = OrganizationOf(method.ResourceName(request));
  if (organization.empty()) {
    FieldViolations violations;
    violations.Add(method.resource_field, "must name a resource of an organization");
    return violations.ToStatus();
  }
  if (MayCross(method, principal)) return absl::OkStatus();
  if (organization == principal.organization() && organization != kAllOrganizations) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION,
               "the resource belongs to another organization");
}

absl::Status CheckAccess(const MethodAccess& method, const common::v1::Principal& principal,
                         const google::protobuf::Message& request) {
  DOCKET_RETURN_IF_ERROR(CheckRole(method, principal));
  return CheckOrganization(method, principal, request);
}

}  // namespace docket
