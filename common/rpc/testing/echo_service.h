// Handlers for the test contract that do what the test at hand says. For the tests of rpc.
#ifndef DOCKET_COMMON_RPC_TESTING_ECHO_SERVICE_H_
#define DOCKET_COMMON_RPC_TESTING_ECHO_SERVICE_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/metrics/metrics.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/rpc/responder.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/test_server.h"

namespace docket::rpc::testing {

inline constexpr char kEchoPath[] = "docket.rpctest.v1.EchoService/Echo";
inline constexpr char kCreateNotePath[] = "docket.rpctest.v1.EchoService/CreateNote";
inline constexpr char kUpdateNotePath[] = "docket.rpctest.v1.EchoService/UpdateNote";
inline constexpr char kPingPath[] = "docket.rpctest.v1.EchoService/Ping";
inline constexpr char kWatchPath[] = "docket.rpctest.v1.EchoService/Watch";
inline constexpr char kForgottenPath[] = "docket.rpctest.v1.EchoService/Forgotten";

// Must outlive the server that it is registered with.
class EchoService {
 public:
  using EchoRequest = rpctest::v1::EchoRequest;
  using EchoResponse = rpctest::v1::EchoResponse;

  // Replaced by tests before the calls that they are for.
  std::function<absl::StatusOr<EchoResponse>(const CallContext&, const EchoRequest&)> echo = Describe;
  std::function<absl::Status(const CallContext&, const rpctest::v1::UpdateNoteRequest&, rpctest::v1::Note&)>
      update_note = [](const CallContext&, const rpctest::v1::UpdateNoteRequest& request, rpctest::v1::Note& reply) {
        reply = request.note();
        return absl::OkStatus();
      };
  // Set before Register, it has Echo answered later.
  std::function<void(const CallContext&, const EchoRequest&, Responder<EchoResponse>)> echo_later;
  std::function<absl::Status(const CallContext&, const EchoRequest&, StreamWriter<EchoResponse>&)> watch =
      [](const CallContext&, const EchoRequest&, StreamWriter<EchoResponse>&) { return absl::OkStatus(); };

  void Register(MethodTable& table) {
    table.Service("docket.rpctest.v1.EchoService");
    if (echo_later) {
      table.Unary(kEchoPath, this, &EchoService::EchoLater);
    } else {
      table.Unary(kEchoPath, this, &EchoService::Echo);
    }
    table.Unary(
        kCreateNotePath,
        [](const CallContext&, const rpctest::v1::CreateNoteRequest& request) -> absl::StatusOr<rpctest::v1::Note> {
          return request.note();
        });
    table.Unary(kUpdateNotePath, this, &EchoService::UpdateNote);
    table.Unary(kPingPath, this, &EchoService::Ping);
    table.Unary(kForgottenPath, this, &EchoService::Ping);
    table.ServerStreaming(kWatchPath, this, &EchoService::Watch);
  }

  MethodTable Table() {
    MethodTable table;
    Register(table);
    return table;
  }

  // What the handler saw of its call.
  static absl::StatusOr<EchoResponse> Describe(const CallContext& context, const EchoRequest& request) {
    EchoResponse response;
    response.set_text(request.text());
    response.set_principal(context.principal().name());
    response.set_trace_id(std::string(context.trace_id()));
    response.set_remaining_millis(absl::ToInt64Milliseconds(context.deadline() - absl::Now()));
    response.set_organization(context.organization());
    return response;
  }

 private:
  absl::StatusOr<EchoResponse> Echo(const CallContext& context, const EchoRequest& request) {
    return echo(context, request);
  }
  absl::Status UpdateNote(const CallContext& context, const rpctest::v1::UpdateNoteRequest& request,
                          rpctest::v1::Note& reply) {
    return update_note(context, request, reply);
  }
  void EchoLater(const CallContext& context, const EchoRequest& request, Responder<EchoResponse> responder) {
    echo_later(context, request, std::move(responder));
  }
  absl::StatusOr<rpctest::v1::PingResponse> Ping(const CallContext& context, const rpctest::v1::PingRequest&) const {
    rpctest::v1::PingResponse response;
    response.set_principal(context.principal().name());
    *response.mutable_roles() = context.principal().roles();
    return response;
  }
  absl::Status Watch(const CallContext& context, const EchoRequest& request, StreamWriter<EchoResponse>& writer) {
    return watch(context, request, writer);
  }
};

// Who calls where it matters little.
inline const common::v1::Principal& Wang() {
  static const common::v1::Principal wang = Person("acme", "wang", {common::v1::ROLE_REQUESTER});
  return wang;
}

// Whether the server's metrics have this line, without printing thousands where they do not.
inline bool Shows(TestServer& server, absl::string_view series) {
  return absl::string_view(server.metrics().Text()).find(series) != absl::string_view::npos;
}

inline rpctest::v1::EchoRequest EchoOf(absl::string_view text) {
  rpctest::v1::EchoRequest request;
  request.set_parent("organizations/acme");
  request.set_text(std::string(text));
  return request;
}

}  // namespace docket::rpc::testing

#endif  // DOCKET_COMMON_RPC_TESTING_ECHO_SERVICE_H_
