// Unary calls of gRPC on one HTTP/2 connection, for the load generator: many under way at a time, on the caller's
// thread alone. What arrives and what goes out passes in pieces as large as they come, each by one system call.
//
//   connection->Start(call);                                       // any number of them
//   status = connection->Flush();
//   poll(connection->descriptor(), connection->events());
//   status = connection->Receive();
//   for (UnaryCall* call : connection->TakeEnded()) …
#ifndef DOCKET_TESTS_BENCH_HTTP2_CONNECTION_H_
#define DOCKET_TESTS_BENCH_HTTP2_CONNECTION_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/bench/client_socket.h"

namespace docket::bench {

// Stays where it is from its start to its end.
struct UnaryCall {
  // The caller's: whose call it is.
  size_t lane = 0;
  // The serialised request behind gRPC's prefix, as FrameMessage makes it.
  std::string request;

  // How it ended: OK, the server's status, or what kept it from answering.
  absl::Status status;
  // Of the reply's message.
  size_t reply_bytes = 0;
  // The server has not begun it and takes no more calls on this connection; another one may take it.
  bool refused = false;

  // The connection's, while it is under way.
  size_t sent = 0;
  size_t received = 0;
  std::string http_status;
  int grpc_status = -1;
  std::string grpc_message;
};

// Behind the five bytes by which gRPC says that it is not compressed, and how long it is.
std::string FrameMessage(absl::string_view message);

// What all calls of a connection say.
struct CallHeaders {
  std::string path;
  // Bearer token; empty: none.
  std::string token;
  // Serialised docket.common.v1.Principal; empty: none.
  std::string principal;
  absl::Duration timeout;
};

class Http2Connection {
 public:
  // `target` and `ca` as ClientSocket has them.
  static absl::StatusOr<std::unique_ptr<Http2Connection>> Open(const std::string& target, const std::string& ca,
                                                               const CallHeaders& headers, absl::Time deadline);
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  void Start(UnaryCall& call);
  // Sends what the server and the network take now. An error, as Receive's, is the end of the connection and of all its
  // calls; those do not come with TakeEnded.
  absl::Status Flush();
  absl::Status Receive();
  std::vector<UnaryCall*> TakeEnded() { return std::exchange(ended_, {}); }

  int descriptor() const { return socket_->descriptor(); }
  // What poll is to wait for.
  short events() const;
  int under_way() const { return under_way_; }
  // The server asked to go on elsewhere: what is under way ends, nothing more can be started.
  bool draining() const { return draining_; }

 private:
  struct SessionFree {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  using Header = std::pair<std::string, std::string>;

  Http2Connection(std::string target, std::unique_ptr<ClientSocket> socket, std::vector<Header> headers,
                  std::string metadata);

  absl::Status ReceiveAll();
  absl::Status SendAll();
  void AppendFrame(absl::string_view frame);
  // Whose failure it is, and the server's own reason before what followed from it.
  absl::Status Blame(absl::Status failure) const;
  void End(UnaryCall& call, uint32_t error);
  void TakeGoaway(const nghttp2_goaway& goaway);

  // nghttp2's callbacks; `self` is the connection.
  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t flags, void* self);
  static int OnData(nghttp2_session* session, uint8_t flags, int32_t stream, const uint8_t* data, size_t size,
                    void* self);
  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* self);
  static int OnStreamClose(nghttp2_session* session, int32_t stream, uint32_t error, void* self);
  static ssize_t ReadRequest(nghttp2_session* session, int32_t stream, uint8_t* buffer, size_t size, uint32_t* flags,
                             nghttp2_data_source* source, void* self);

  const std::string target_;
  const std::unique_ptr<ClientSocket> socket_;
  const std::vector<Header> headers_;
  std::vector<nghttp2_nv> header_views_;
  // Headers already encoded, which end those of each call. As gRPC's own client they send a token as it is: nghttp2
  // would put it into Huffman's code each time anew, and the server would spend on reading that what no such client
  // costs it.
  const std::string metadata_;
  std::unique_ptr<nghttp2_session, SessionFree> session_;
  std::string output_;
  std::vector<UnaryCall*> ended_;
  int under_way_ = 0;
  bool draining_ = false;
  // Why the server asked to go away, where that was for an error.
  absl::Status goaway_;
};

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_HTTP2_CONNECTION_H_
