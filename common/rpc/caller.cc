#include "common/rpc/caller.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/rpc/tls.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

absl::Status NoCredentials(absl::string_view what) {
  return Error(absl::StatusCode::kUnauthenticated, Reason::REASON_CREDENTIALS_MISSING, what);
}

}  // namespace

absl::StatusOr<common::v1::Principal> IdentifyCaller(const Peer& peer, absl::Span<const absl::string_view> stamped,
                                                     absl::Span<const std::string> trusted_peers) {
  std::optional<std::string> service;
  if (!peer.insecure) {
    service = ServiceOfCertificate(peer.dns_names, peer.uris);
    if (!service.has_value() ||
        std::find(trusted_peers.begin(), trusted_peers.end(), *service) == trusted_peers.end()) {
      return Error(absl::StatusCode::kUnauthenticated, Reason::REASON_PEER_NOT_TRUSTED,
                   "the peer's certificate names no service that may call");
    }
  }
  common::v1::Principal principal;
  if (stamped.empty()) {
    if (peer.insecure) return NoCredentials("the call names no principal");
    principal.set_name(absl::StrCat("services/", *service));
    principal.set_organization("organizations/-");
    principal.add_roles(common::v1::ROLE_SERVICE);
    principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
    return principal;
  }
  if (stamped.size() > 1) return NoCredentials("the call names several principals");
  if (!principal.ParseFromArray(stamped[0].data(), static_cast<int>(stamped[0].size())) || principal.name().empty()) {
    return NoCredentials("the call's principal cannot be read");
  }
  return principal;
}

}  // namespace docket::rpc
