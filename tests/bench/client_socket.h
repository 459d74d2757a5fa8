// A client's TCP connection, with TLS or without, that never blocks once it is made. For the load generator.
#ifndef DOCKET_TESTS_BENCH_CLIENT_SOCKET_H_
#define DOCKET_TESTS_BENCH_CLIENT_SOCKET_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace docket::bench {

class ClientSocket {
 public:
  // `target` is host:port. With `ca`, the PEM of an authority, the server must show a certificate of it for that host
  // and choose HTTP/2.
  static absl::StatusOr<std::unique_ptr<ClientSocket>> Connect(const std::string& target, const std::string& ca,
                                                               absl::Time deadline);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int descriptor() const { return descriptor_; }
  // Some of what has arrived, valid until the next call; empty once there is no more for now.
  absl::StatusOr<absl::string_view> Read();
  // Sends, and keeps what does not go out yet; Write("") tries again.
  absl::Status Write(absl::string_view bytes);
  bool congested() const { return !unsent_.empty(); }

 private:
  struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit ClientSocket(int descriptor);

  absl::Status StartTls(const std::string& host, const std::string& ca, absl::Time deadline);
  // Decrypted bytes; empty where the next record is not complete yet.
  absl::StatusOr<absl::string_view> Decrypt();
  absl::StatusOr<absl::string_view> Receive();
  // Puts what TLS wants to send behind what is unsent.
  void TakeEncrypted();
  absl::Status SendUnsent();

  const int descriptor_;
  // TLS works on memory, so that it takes one system call to read or write any number of its records.
  std::unique_ptr<SSL, SslFree> ssl_;
  std::string received_;
  std::string decrypted_;
  std::string unsent_;
  // The last read did not fill the buffer: the next one would find nothing.
  bool drained_ = false;
};

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_CLIENT_SOCKET_H_
