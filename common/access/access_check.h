// Whether a caller may call a method, by role and by organisation. Permission comes before existence: nothing is looked
// up. What needs the resource itself (own department, own request, separation of duties) is decided by the resource's
// owner.
#ifndef DOCKET_COMMON_ACCESS_ACCESS_CHECK_H_
#define DOCKET_COMMON_ACCESS_ACCESS_CHECK_H_

#include "absl/status/status.h"
#include "common/access/method_access.h"
#include "docket/common/v1/principal.pb.h"
#include "google/protobuf/message.h"

namespace docket {

// PERMISSION_DENIED / ROLE_REQUIRED with metadata `required_roles` (comma-separated names without `ROLE_`) where none
// of the caller's roles opens the method. A method without roles is closed to everyone.
absl::Status CheckRole(const MethodAccess& method, const common::v1::Principal& principal);

// PERMISSION_DENIED / OTHER_ORGANIZATION where the resource that `request` names is not the caller's organisation's.
// Callers of `organizations/-` serve all organisations: Docket's own services (ROLE_SERVICE) and the platform's
// administrators (ROLE_ADMINISTRATOR) cross where the method is open to that very role. A resource name that names no
// organisation at all is INVALID_ARGUMENT / INVALID_FIELDS.
absl::Status CheckOrganization(const MethodAccess& method, const common::v1::Principal& principal,
                               const google::protobuf::Message& request);

// Both, the role first.
absl::Status CheckAccess(const MethodAccess& method, const common::v1::Principal& principal,
                         const google::protobuf::Message& request);

bool HasRole(const common::v1::Principal& principal, common::v1::Role role);
// One of Docket's own services, which serves every organisation: ROLE_SERVICE of `organizations/-`.
bool IsDocketService(const common::v1::Principal& principal);

}  // namespace docket

#endif  // DOCKET_COMMON_ACCESS_ACCESS_CHECK_H_
