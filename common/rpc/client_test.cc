#include "common/rpc/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/testing/echo_service.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using rpctest::v1::EchoRequest;
using rpctest::v1::EchoResponse;
using testing::EchoOf;
using testing::EchoService;
using testing::kEchoPath;
using testing::TestServer;
using testing::Wang;

CallOptions AsWang(absl::Duration limit = absl::Seconds(10)) {
  return {.deadline = absl::Now() + limit, .principal = Wang()};
}

std::string Target(TestServer& server) { return absl::StrCat("127.0.0.1:", server.server().port()); }

TEST(ChannelTest, OptionsMustChoose) {
  EXPECT_EQ(MakeChannel({.target = "x"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeChannel({.insecure = true}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeChannel({.target = "x", .tls = TlsFiles{}}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeChannel({.target = "x", .service = "request", .tls = TlsFiles{}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ClientTest, AnUnreachableServiceIsUnavailable) {
  auto channel = MakeChannel({.target = "127.0.0.1:1", .insecure = true});
  ASSERT_TRUE(channel.ok());
  const absl::Status status = Call<EchoResponse>(**channel, kEchoPath, AsWang(), EchoOf("")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetReason(status), Reason::REASON_BACKEND_UNAVAILABLE);
  EXPECT_FALSE((*channel)->WaitForConnected(absl::Now() + absl::Milliseconds(50)));
}

TEST(ClientTest, GivesUpAtTheDeadline) {
  absl::Notification release;
  EchoService service;
  service.echo = [&](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    release.WaitForNotification();
    return EchoResponse();
  };
  TestServer server(service.Table());
  const absl::Status status =
      Call<EchoResponse>(server.channel(), kEchoPath, AsWang(absl::Milliseconds(50)), EchoOf("")).status();
  EXPECT_EQ(GetReason(status), Reason::REASON_DEADLINE_EXCEEDED);
  release.Notify();
}

TEST(ClientTest, SpreadsOverItsConnections) {
  EchoService service;
  TestServer server(service.Table());
  auto channel = MakeChannel({.target = Target(server), .insecure = true, .connections = 3});
  ASSERT_TRUE(channel.ok());
  EXPECT_TRUE((*channel)->WaitForConnected(absl::Now() + absl::Seconds(10)));
  EXPECT_NE((*channel)->Next(), (*channel)->Next());
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Call<EchoResponse>(**channel, kEchoPath, AsWang(), EchoOf("")).ok());
}

class RetryTest : public ::testing::Test {
 protected:
  // Fails `failures` times, then succeeds. Counts what arrives.
  void FailFirst(int failures, absl::StatusCode code) {
    service_.echo = [this, failures, code](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
      if (++arrived_ <= failures) return Error(code, Reason::REASON_DATABASE_UNAVAILABLE, "not now");
      return EchoResponse();
    };
  }
  absl::Status CallWith(std::vector<const google::protobuf::ServiceDescriptor*> retry) {
    auto channel = MakeChannel({.target = Target(server_), .insecure = true, .retry = std::move(retry)});
    return Call<EchoResponse>(**channel, kEchoPath, AsWang(), EchoOf("")).status();
  }

  const google::protobuf::ServiceDescriptor* const echo_ =
      EchoRequest::descriptor()->file()->FindServiceByName("EchoService");
  EchoService service_;
  TestServer server_{service_.Table()};
  std::atomic<int> arrived_{0};
};

TEST_F(RetryTest, TriesAgainWhereItIsAskedTo) {
  FailFirst(2, absl::StatusCode::kUnavailable);
  EXPECT_TRUE(CallWith({echo_}).ok());
  EXPECT_EQ(arrived_, 3);
}

TEST_F(RetryTest, GivesUpAfterThreeTries) {
  FailFirst(100, absl::StatusCode::kUnavailable);
  const absl::Status status = CallWith({echo_});
  EXPECT_EQ(GetReason(status), Reason::REASON_DATABASE_UNAVAILABLE);
  EXPECT_EQ(arrived_, 3);
}

TEST_F(RetryTest, DoesNotTryAgainOtherwise) {
  FailFirst(1, absl::StatusCode::kUnavailable);
  EXPECT_EQ(CallWith({}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(arrived_, 1);
  arrived_ = 0;
  FailFirst(1, absl::StatusCode::kAborted);
  EXPECT_EQ(CallWith({echo_}).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(arrived_, 1);
}

TEST(CallOptionsTest, StayWithinTheCallBeingServed) {
  const TraceContext trace = TraceContext::New();
  const absl::Time deadline = absl::Now() + absl::Seconds(3);
  const CallContext context({.principal = Wang(), .deadline = deadline, .trace = trace});
  EXPECT_EQ(CallOptions::Within(context, absl::Seconds(10)).deadline, deadline);
  EXPECT_LT(CallOptions::Within(context, absl::Seconds(1)).deadline, deadline);
  EXPECT_EQ(CallOptions::Within(context, absl::Seconds(1)).trace->trace_id(), trace.trace_id());
  EXPECT_FALSE(CallOptions::Within(context, absl::Seconds(1)).principal.has_value());
  EXPECT_EQ(CallOptions::OnBehalfOfCaller(context, absl::Seconds(1)).principal->name(), Wang().name());
}

// One service asks another while it serves a call: trace and deadline go along.
TEST(CallOptionsTest, TravelFromServiceToService) {
  EchoService behind;
  TestServer second(behind.Table());
  EchoService front;
  front.echo = [&second](const CallContext& context, const EchoRequest& request) {
    return Call<EchoResponse>(second.channel(), kEchoPath, CallOptions::OnBehalfOfCaller(context, absl::Seconds(5)),
                              request);
  };
  TestServer first(front.Table());
  const TraceContext trace = TraceContext::New();
  CallOptions options = AsWang(absl::Seconds(2));
  options.trace = trace;
  const auto reply = Call<EchoResponse>(first.channel(), kEchoPath, options, EchoOf("through"));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->text(), "through");
  EXPECT_EQ(reply->principal(), Wang().name());
  EXPECT_EQ(reply->trace_id(), trace.trace_id());
  EXPECT_LE(reply->remaining_millis(), 2'100);
}

}  // namespace
}  // namespace docket::rpc
