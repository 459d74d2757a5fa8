// Unary calls of which there are too many, or for which nobody waits any more.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/metrics/metrics.h"
#include "common/rpc/caller.h"
#include "common/rpc/testing/echo_service.h"
#include "common/rpc/testing/raw_call.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using rpctest::v1::EchoRequest;
using rpctest::v1::EchoResponse;
using testing::EchoOf;
using testing::EchoService;
using testing::kEchoPath;
using testing::RawCall;
using testing::Shows;
using testing::TestServer;
using testing::Wang;

class OverloadTest : public ::testing::Test {
 protected:
  EchoService service_;
};

TEST_F(OverloadTest, ShedsWhatDoesNotFitTheQueue) {
  absl::Notification release;
  std::atomic<int> running{0};
  service_.echo = [&](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    ++running;
    release.WaitForNotification();
    return EchoResponse();
  };
  TestServer server(service_.Table(), {.workers = 2, .queue_limit = 3});
  constexpr int kCalls = 12;
  std::atomic<int> served{0};
  std::atomic<int> shed{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCalls; ++i) {
    // The queue's room counts once both workers are taken.
    while (i == 2 && running < 2) std::this_thread::yield();
    callers.emplace_back([&] {
      const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Seconds(30)).status();
      if (status.ok()) ++served;
      if (status.code() == absl::StatusCode::kResourceExhausted) {
        EXPECT_EQ(GetReason(status), Reason::REASON_OVERLOADED);
        EXPECT_EQ(GetRetryDelay(status), absl::Seconds(1));
        // What does not fit is answered while the workers are still stuck.
        EXPECT_FALSE(release.HasBeenNotified());
        if (++shed == kCalls - 5) release.Notify();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(shed, kCalls - 5);
  EXPECT_EQ(served, 5);
  EXPECT_TRUE(
      Shows(server,
            "docket_rpc_requests_total{code=\"RESOURCE_EXHAUSTED\",method=\"docket.rpctest.v1.EchoService/Echo\"} 7"));
}

TEST_F(OverloadTest, DropsCallsWhoseTimeIsUpOrWhoseCallerIsGone) {
  absl::Notification entered;
  absl::Notification release;
  std::atomic<int> handled{0};
  service_.echo = [&](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    ++handled;
    if (request.text() == "block") {
      entered.Notify();
      release.WaitForNotification();
    }
    return EchoResponse();
  };
  TestServer server(service_.Table(), {.workers = 1, .queue_limit = 8});
  std::thread blocker(
      [&] { EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("block"), absl::Seconds(30)).ok()); });
  entered.WaitForNotification();
  // Both wait behind the blocker until nobody listens any more.
  EXPECT_EQ(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  grpc::ClientContext cancelled;
  cancelled.AddMetadata(kPrincipalKey, Wang().SerializeAsString());
  std::thread canceller([&] {
    const std::string bytes = EchoOf("").SerializeAsString();
    EXPECT_EQ(RawCall(server.channel(), kEchoPath, bytes, &cancelled).error_code(), grpc::StatusCode::CANCELLED);
  });
  while (!Shows(server, "docket_rpc_queue_length 2")) std::this_thread::yield();
  cancelled.TryCancel();
  canceller.join();
  // The news of it goes ahead of later calls on the same connection, which gRPC's own thread refuses.
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(server.Call<EchoResponse>(kEchoPath, std::nullopt, EchoOf("")).status().code(),
              absl::StatusCode::kUnauthenticated);
  }
  release.Notify();
  blocker.join();
  // The worker has passed over both once a later call is through.
  EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Seconds(30)).ok());
  EXPECT_EQ(handled, 2);
}

TEST_F(OverloadTest, ARunningHandlerSeesThatItsCallerIsGone) {
  absl::Notification entered;
  absl::Notification seen;
  service_.echo = [&](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    EXPECT_FALSE(context.IsCancelled());
    EXPECT_TRUE(context.CheckAlive().ok());
    entered.Notify();
    while (!context.IsCancelled()) std::this_thread::yield();
    seen.Notify();
    return context.CheckAlive();
  };
  TestServer server(service_.Table());
  grpc::ClientContext context;
  context.AddMetadata(kPrincipalKey, Wang().SerializeAsString());
  std::thread caller([&] {
    const std::string bytes = EchoOf("").SerializeAsString();
    EXPECT_EQ(RawCall(server.channel(), kEchoPath, bytes, &context).error_code(), grpc::StatusCode::CANCELLED);
  });
  entered.WaitForNotification();
  context.TryCancel();
  caller.join();
  EXPECT_TRUE(seen.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

}  // namespace
}  // namespace docket::rpc
