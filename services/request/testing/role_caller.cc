#include "services/request/testing/role_caller.h"

#include "common/rpc/testing/test_server.h"
#include "services/request/testing/whole_service.h"

namespace docket::request::testing {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;

std::set<Role> EveryRoleBut(std::initializer_list<Role> left_out) {
  std::set<Role> roles(kRoles.begin(), kRoles.end());
  roles.erase(common::v1::ROLE_UNSPECIFIED);
  for (const Role role : left_out) roles.erase(role);
  return roles;
}

Principal InRole(Principal caller, Role role) {
  caller.clear_roles();
  if (role != common::v1::ROLE_UNSPECIFIED) caller.add_roles(role);
  return caller;
}

Principal Stranger() { return PersonOf("library", "li-na", "customer-service", {}); }
Principal OfPlatform() { return rpc::testing::DocketService("ci"); }

Expected AdmissionOf(const Principal& caller, const std::set<Role>& open_to) {
  const Role role = caller.roles().empty() ? common::v1::ROLE_UNSPECIFIED : static_cast<Role>(caller.roles(0));
  if (!open_to.contains(role)) return {StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED};
  if (caller.organization() == "organizations/yunqi") return {};
  const bool crosses = role == common::v1::ROLE_SERVICE || role == common::v1::ROLE_ADMINISTRATOR;
  if (caller.organization() == "organizations/-" && crosses) return {};
  return {StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION};
}

}  // namespace docket::request::testing
