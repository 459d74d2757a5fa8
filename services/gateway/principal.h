// From a verified token to the principal that the services see.
#ifndef DOCKET_SERVICES_GATEWAY_PRINCIPAL_H_
#define DOCKET_SERVICES_GATEWAY_PRINCIPAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jwt/claims.h"
#include "docket/common/v1/principal.pb.h"

namespace docket::gateway {

// UNAUTHENTICATED / TOKEN_INVALID where the claims name a role that does not exist, or claim what no caller may be: a
// token can make nobody one of Docket's own services. A name `services/{name}` is the platform's administration and may
// hold ADMINISTRATOR only. A display name longer than an event can carry (200 bytes) is cut.
absl::StatusOr<common::v1::Principal> PrincipalOfClaims(const jwt::Claims& claims);

// `127.0.0.1` of `ipv4:127.0.0.1:4711`; `::1` of `ipv6:%5B::1%5D:4711`; empty for anything else.
std::string AddressOfPeer(absl::string_view peer);

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_PRINCIPAL_H_
