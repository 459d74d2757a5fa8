// Calls a MethodTable in a test as a client would, over a real gRPC connection, as any principal.
//
//   TestServer server(table);
//   absl::StatusOr<Request> created = server.Call<Request>(
//       "docket.request.v1.RequestService/CreateRequest", Person("acme", "wang", {common::v1::ROLE_REQUESTER}),
//       request);
//   EXPECT_EQ(GetReason(created.status()), Reason::REASON_ROLE_REQUIRED);
#ifndef DOCKET_COMMON_RPC_TESTING_TEST_SERVER_H_
#define DOCKET_COMMON_RPC_TESTING_TEST_SERVER_H_

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "common/rpc/method_table.h"
#include "common/rpc/server.h"
#include "docket/common/v1/principal.pb.h"
#include "google/protobuf/message.h"

namespace docket::rpc::testing {

// `organizations/{organization}/people/{person}` with these roles, as the gateway would stamp them.
common::v1::Principal Person(absl::string_view organization, absl::string_view person,
                             std::initializer_list<common::v1::Role> roles);
// One of Docket's own services: `services/{service}` of `organizations/-` with ROLE_SERVICE.
common::v1::Principal DocketService(absl::string_view service);

// What a server-streaming call yields. Destroying it cancels the call.
class TestStream {
 public:
  TestStream(Channel& channel, absl::string_view path, const CallOptions& options,
             const google::protobuf::Message& request);
  ~TestStream();
  // The next reply; false at the end of the stream.
  bool Read(google::protobuf::Message* reply);
  void Cancel();
  // How the call ended. Only after Read returned false.
  absl::Status Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A server without TLS on a free port of 127.0.0.1. Ends the test program with a message where the table is wrong.
class TestServer {
 public:
  // `options.service`, `address` and `insecure` are filled in; drain_delay is zero.
  explicit TestServer(MethodTable table, ServerOptions options = {});
  ~TestServer();

  Server& server();
  Channel& channel();
  // Shared with the server under test, for assertions.
  Metrics& metrics();

  // Calls as `principal`, or as nobody, with 10 s to answer.
  template <typename Reply>
  absl::StatusOr<Reply> Call(absl::string_view path, const std::optional<common::v1::Principal>& principal,
                             const google::protobuf::Message& request, absl::Duration timeout = absl::Seconds(10)) {
    return rpc::Call<Reply>(channel(), path, {.deadline = absl::Now() + timeout, .principal = principal}, request);
  }
  std::unique_ptr<TestStream> Stream(absl::string_view path, const std::optional<common::v1::Principal>& principal,
                                     const google::protobuf::Message& request,
                                     absl::Duration timeout = absl::Seconds(10));

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace docket::rpc::testing

#endif  // DOCKET_COMMON_RPC_TESTING_TEST_SERVER_H_
