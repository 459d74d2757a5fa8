#include "tests/bench/client_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::bench {
namespace {

constexpr size_t kBufferBytes = 256 << 10;
// As TLS has lists of protocols: a length and a name.
constexpr unsigned char kAlpn[] = {2, 'h', '2'};

absl::Status LastError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

absl::Status TlsError(absl::string_view what) {
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return absl::UnavailableError(absl::StrCat("TLS: ", what, ": ", reason == nullptr ? "no reason given" : reason));
}

absl::Status WaitFor(int descriptor, short events, absl::Time deadline) {
  pollfd polled{.fd = descriptor, .events = events, .revents = 0};
  while (true) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("the server does not answer");
    const int ready = poll(&polled, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return LastError("poll");
  }
}

absl::Status ConnectTo(int descriptor, const addrinfo& address, absl::Time deadline) {
  if (connect(descriptor, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return LastError("cannot connect");
    DOCKET_RETURN_IF_ERROR(WaitFor(descriptor, POLLOUT, deadline));
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    if (error != 0) return LastError("cannot connect");
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return absl::OkStatus();
}

// Trusts what the certificates in the text have signed.
absl::Status Trust(SSL_CTX& context, const std::string& ca) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(ca.data(), static_cast<int>(ca.size())),
                                                       BIO_free);
  int trusted = 0;
  while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
    trusted += X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), certificate);
    X509_free(certificate);
  }
  // The text's end is an error to the reader.
  ERR_clear_error();
  return trusted > 0 ? absl::OkStatus() : absl::InvalidArgumentError("the CA holds no certificate");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClientSocket>> ClientSocket::Connect(const std::string& target, const std::string& ca,
                                                                    absl::Time deadline) {
  const size_t colon = target.rfind(':');
  if (colon == std::string::npos) return absl::InvalidArgumentError("write host:port");
  const std::string host(absl::StripSuffix(absl::StripPrefix(target.substr(0, colon), "["), "]"));
  const addrinfo wanted{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), target.c_str() + colon + 1, &wanted, &found); error != 0)
    return absl::UnavailableError(gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  absl::Status failure;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return LastError("socket");
    std::unique_ptr<ClientSocket> connection(new ClientSocket(descriptor));
    failure = ConnectTo(descriptor, *address, deadline);
    if (!failure.ok()) continue;
    if (!ca.empty()) DOCKET_RETURN_IF_ERROR(connection->StartTls(host, ca, deadline));
    return connection;
  }
  return failure;
}

ClientSocket::ClientSocket(int descriptor) : descriptor_(descriptor), received_(kBufferBytes, '\0') {}

ClientSocket::~ClientSocket() { close(descriptor_); }

absl::StatusOr<absl::string_view> ClientSocket::Read() {
  if (ssl_ == nullptr) return Receive();
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const absl::string_view plain, Decrypt());
    if (!plain.empty()) return plain;
    DOCKET_ASSIGN_OR_RETURN(const absl::string_view cipher, Receive());
    if (cipher.empty()) return cipher;
    BIO_write(SSL_get_rbio(ssl_.get()), cipher.data(), static_cast<int>(cipher.size()));
  }
}

absl::Status ClientSocket::Write(absl::string_view bytes) {
  if (ssl_ == nullptr) {
    absl::StrAppend(&unsent_, bytes);
  } else {
    if (!bytes.empty() && SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0)
      return TlsError("cannot write");
    TakeEncrypted();
  }
  return SendUnsent();
}

absl::Status ClientSocket::StartTls(const std::string& host, const std::string& ca, absl::Time deadline) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  DOCKET_RETURN_IF_ERROR(Trust(*context, ca));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof kAlpn);
  ssl_.reset(SSL_new(context.get()));
  SSL* const ssl = ssl_.get();
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) {
    ERR_clear_error();
    SSL_set1_host(ssl, host.c_str());
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  decrypted_.resize(kBufferBytes);
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl);
    const int error = SSL_get_error(ssl, result);
    TakeEncrypted();
    DOCKET_RETURN_IF_ERROR(SendUnsent());
    if (result == 1) break;
    if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK) {
      ERR_clear_error();
      return absl::UnavailableError(
          absl::StrCat("TLS: the server's certificate: ", X509_verify_cert_error_string(verified)));
    }
    if (error != SSL_ERROR_WANT_READ) return TlsError("handshake");
    DOCKET_RETURN_IF_ERROR(WaitFor(descriptor_, POLLIN, deadline));
    DOCKET_ASSIGN_OR_RETURN(const absl::string_view cipher, Receive());
    BIO_write(SSL_get_rbio(ssl), cipher.data(), static_cast<int>(cipher.size()));
  }
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  if (!std::equal(protocol, protocol + size, kAlpn + 1, kAlpn + sizeof kAlpn))
    return absl::UnavailableError("TLS: the server does not speak HTTP/2");
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> ClientSocket::Decrypt() {
  // What another user of OpenSSL has left on this thread would be taken for an error of this connection.
  ERR_clear_error();
  const int size = SSL_read(ssl_.get(), decrypted_.data(), static_cast<int>(decrypted_.size()));
  if (size > 0) return absl::string_view(decrypted_.data(), static_cast<size_t>(size));
  switch (SSL_get_error(ssl_.get(), size)) {
    case SSL_ERROR_WANT_READ:
      return absl::string_view();
    case SSL_ERROR_ZERO_RETURN:
      return absl::UnavailableError("the server has closed the connection");
    default:
      return TlsError("cannot read");
  }
}

absl::StatusOr<absl::string_view> ClientSocket::Receive() {
  if (std::exchange(drained_, false)) return absl::string_view();
  const ssize_t size = recv(descriptor_, received_.data(), received_.size(), 0);
  if (size == 0) return absl::UnavailableError("the server has closed the connection");
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return absl::string_view();
    return LastError("cannot read");
  }
  drained_ = static_cast<size_t>(size) < received_.size();
  return absl::string_view(received_.data(), static_cast<size_t>(size));
}

void ClientSocket::TakeEncrypted() {
  BIO* const encrypted = SSL_get_wbio(ssl_.get());
  const size_t before = unsent_.size();
  const size_t size = BIO_ctrl_pending(encrypted);
  unsent_.resize(before + size);
  if (size > 0) BIO_read(encrypted, unsent_.data() + before, static_cast<int>(size));
}

absl::Status ClientSocket::SendUnsent() {
  while (!unsent_.empty()) {
    const ssize_t size = send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) return LastError("cannot write");
    unsent_.erase(0, static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

}  // namespace docket::bench
