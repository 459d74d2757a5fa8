// Mutual TLS between Docket's processes: who presents which certificate, and what a certificate says about its holder.
//
// Every process has a certificate of the deployment's own CA. It names the service as a DNS SAN `request.docket` or a
// URI SAN `spiffe://docket/request`; other names beside it (localhost, an address) do no harm, two service names in one
// certificate do.
#ifndef DOCKET_COMMON_RPC_TLS_H_
#define DOCKET_COMMON_RPC_TLS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace docket::rpc {

// PEM files. All three are needed on both sides. A new certificate takes a restart.
struct TlsFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};

// Server side: a client without a certificate of the CA does not get through the handshake.
// FAILED_PRECONDITION where a file cannot be read or is empty; the error names it.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files);

// `request` of the SANs {`request.docket`, `localhost`}; nullopt where no name is a service's or several differ.
std::optional<std::string> ServiceOfCertificate(absl::Span<const std::string> dns_names,
                                                absl::Span<const std::string> uris);

// `request.docket`: what a client expects the server's certificate to say.
std::string CertificateNameOf(absl::string_view service);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_TLS_H_
