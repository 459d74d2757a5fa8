// What a token says of its bearer.
//
//   {"iss": "https://login.example", "aud": "docket", "sub": "u-1841", "exp": 1767229200, "iat": 1767225600,
//    "docket_name": "organizations/yuehai/people/lin-mei", "docket_roles": ["REQUESTER", "DEPARTMENT_HEAD"],
//    "docket_department": "organizations/yuehai/departments/operations", "name": "林梅"}
#ifndef DOCKET_COMMON_JWT_CLAIMS_H_
#define DOCKET_COMMON_JWT_CLAIMS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::jwt {

inline constexpr size_t kMaxClaimTextBytes = 1024;
inline constexpr size_t kMaxRoles = 32;
inline constexpr size_t kMaxAudiences = 32;

struct Claims {
  std::string issuer;                 // iss
  std::string subject;                // sub: who this is to the issuer
  std::vector<std::string> audience;  // aud: a string or a list of them
  absl::Time expires_at;              // exp
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> issued_at;
  std::string token_id;  // jti; empty: none

  // docket_name: who this is to Docket. `organizations/{org}/people/{person}`, or `services/{service}`.
  std::string name;
  // docket_roles: names of docket.common.v1.Role without `ROLE_`. That they are well-formed is checked, not that they
  // exist.
  std::vector<std::string> roles;
  // docket_department: `organizations/{org}/departments/{department}` of the same organisation; empty: none.
  std::string department;
  // docket_vendor: `organizations/{org}/vendors/{vendor}` of the same organisation; empty: none.
  std::string vendor;
  // name: what people call them. Not an identifier.
  std::string display_name;
};

// Reads the JSON of a payload. Required are iss, sub, aud, exp and docket_name; members that Docket does not know are
// passed over. UNAUTHENTICATED, TOKEN_INVALID, where one is missing, of the wrong type, empty or too long, or names a
// resource that could not exist or is of another organisation. The error names the member, never its value.
absl::StatusOr<Claims> ParseClaims(absl::string_view json);

// The JSON that ParseClaims reads back as `claims`, times in whole seconds. INVALID_ARGUMENT where it would not.
absl::StatusOr<std::string> FormatClaims(const Claims& claims);

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_CLAIMS_H_
