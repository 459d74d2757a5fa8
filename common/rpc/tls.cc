#include "common/rpc/tls.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"

namespace docket::rpc {
namespace {

constexpr absl::string_view kDnsSuffix = ".docket";
constexpr absl::string_view kUriPrefix = "spiffe://docket/";

struct TlsTexts {
  std::string ca;
  std::string certificate;
  std::string key;
};

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream || text.empty())
    return absl::FailedPreconditionError(
        absl::StrCat("cannot read ", file.empty() ? "a TLS file without a name" : file));
  return text;
}

absl::StatusOr<TlsTexts> Read(const TlsFiles& files) {
  TlsTexts texts;
  DOCKET_ASSIGN_OR_RETURN(texts.ca, ReadFile(files.ca_file));
  DOCKET_ASSIGN_OR_RETURN(texts.certificate, ReadFile(files.certificate_file));
  DOCKET_ASSIGN_OR_RETURN(texts.key, ReadFile(files.key_file));
  return texts;
}

bool IsServiceName(absl::string_view name) {
  if (name.empty() || name.size() > 32) return false;
  for (const char c : name) {
    if (c < 'a' || c > 'z') return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files) {
  DOCKET_ASSIGN_OR_RETURN(TlsTexts texts, Read(files));
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = std::move(texts.ca);
  options.pem_key_cert_pairs.push_back({std::move(texts.key), std::move(texts.certificate)});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files) {
  DOCKET_ASSIGN_OR_RETURN(TlsTexts texts, Read(files));
  return grpc::SslCredentials({std::move(texts.ca), std::move(texts.key), std::move(texts.certificate)});
}

std::optional<std::string> ServiceOfCertificate(absl::Span<const std::string> dns_names,
                                                absl::Span<const std::string> uris) {
  std::optional<std::string> service;
  const auto add = [&service](absl::string_view name) {
    if (!IsServiceName(name)) return true;
    if (service.has_value() && *service != name) return false;
    service = std::string(name);
    return true;
  };
  for (const std::string& name : dns_names) {
    absl::string_view stem = name;
    if (absl::ConsumeSuffix(&stem, kDnsSuffix) && !add(stem)) return std::nullopt;
  }
  for (const std::string& uri : uris) {
    absl::string_view stem = uri;
    if (absl::ConsumePrefix(&stem, kUriPrefix) && !add(stem)) return std::nullopt;
  }
  return service;
}

std::string CertificateNameOf(absl::string_view service) { return absl::StrCat(service, kDnsSuffix); }

}  // namespace docket::rpc
