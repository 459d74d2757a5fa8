// Who is calling. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_CALLER_H_
#define DOCKET_COMMON_RPC_CALLER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "docket/common/v1/principal.pb.h"

namespace docket::rpc {

// Metadata in which the gateway and the services send the serialised Principal.
inline constexpr char kPrincipalKey[] = "docket-principal-bin";
inline constexpr char kTraceparentKey[] = "traceparent";

// The other end of a connection, as TLS verified it.
struct Peer {
  // The server runs without TLS: nothing is verified, everything is believed.
  bool insecure = false;
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
};

// The principal of a call. `stamped` is what the metadata holds under kPrincipalKey, each value of it.
//   - A peer whose certificate is not of one of `trusted_peers`: UNAUTHENTICATED / PEER_NOT_TRUSTED, whatever it
//   stamped.
//   - A trusted peer that stamped a principal: that principal. One that does not parse, has no name or came twice is
//     UNAUTHENTICATED / CREDENTIALS_MISSING.
//   - A trusted peer that stamped none: itself, `services/{service}` of `organizations/-` with ROLE_SERVICE.
//   - An insecure peer that stamped none: UNAUTHENTICATED / CREDENTIALS_MISSING.
absl::StatusOr<common::v1::Principal> IdentifyCaller(const Peer& peer, absl::Span<const absl::string_view> stamped,
                                                     absl::Span<const std::string> trusted_peers);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_CALLER_H_
