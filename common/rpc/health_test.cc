// What a server says about its health, asked as Kubernetes and balancers ask.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/metrics/metrics.h"
#include "common/rpc/testing/echo_service.h"
#include "common/rpc/testing/raw_call.h"
#include "common/rpc/testing/test_server.h"

namespace docket::rpc {
namespace {

using rpctest::v1::EchoRequest;
using rpctest::v1::EchoResponse;
using testing::EchoOf;
using testing::EchoService;
using testing::kEchoPath;
using testing::Person;
using testing::RawCall;
using testing::TestServer;

constexpr char kService[] = "docket.rpctest.v1.EchoService";

// grpc.health.v1.Health/Check, whose messages are one field each: the service's name, and SERVING (1) or NOT_SERVING
// (2). 0 where the answer is an error.
int Check(TestServer& server, const std::string& service) {
  const std::string request = service.empty() ? "" : std::string("\x0a") + static_cast<char>(service.size()) + service;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  std::string reply;
  const grpc::Status status = RawCall(server.channel(), "grpc.health.v1.Health/Check", request, &context, &reply);
  return status.ok() && reply.size() == 2 ? reply[1] : 0;
}

constexpr int kServing = 1;
constexpr int kNotServing = 2;

class HealthTest : public ::testing::Test {
 protected:
  EchoService service_;
};

TEST_F(HealthTest, IsReadyOnceStarted) {
  TestServer server(service_.Table());
  EXPECT_EQ(Check(server, ""), kServing);
  EXPECT_EQ(Check(server, kService), kServing);
  EXPECT_EQ(Check(server, "liveness"), kServing);
  EXPECT_EQ(Check(server, "docket.rpctest.v1.NoService"), 0);
}

TEST_F(HealthTest, FollowsTheProbeButNotItsFirstFailure) {
  std::atomic<bool> healthy{true};
  TestServer server(
      service_.Table(),
      {.readiness_probe = [&] { return healthy ? absl::OkStatus() : absl::UnavailableError("no database"); },
       .probe_interval = absl::Hours(1)});
  EXPECT_EQ(Check(server, ""), kServing);
  healthy = false;
  EXPECT_TRUE(server.server().CheckReadiness());
  EXPECT_EQ(Check(server, ""), kServing);
  EXPECT_FALSE(server.server().CheckReadiness());
  EXPECT_EQ(Check(server, ""), kNotServing);
  EXPECT_EQ(Check(server, kService), kNotServing);
  EXPECT_EQ(Check(server, "liveness"), kServing) << "a restart would not bring the database back";
  healthy = true;
  EXPECT_TRUE(server.server().CheckReadiness());
  EXPECT_EQ(Check(server, ""), kServing);
}

TEST_F(HealthTest, IsNotReadyBeforeTheFirstSuccess) {
  TestServer server(service_.Table(),
                    {.readiness_probe = []() -> absl::Status { throw 1; }, .probe_interval = absl::Hours(1)});
  EXPECT_EQ(Check(server, ""), kNotServing);
  EXPECT_EQ(Check(server, "liveness"), kServing);
}

TEST_F(HealthTest, ProbesByItself) {
  std::atomic<int> probes{0};
  TestServer server(service_.Table(), {.readiness_probe =
                                           [&] {
                                             ++probes;
                                             return absl::OkStatus();
                                           },
                                       .probe_interval = absl::Milliseconds(20)});
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (probes < 3 && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_GE(probes, 3);
}

TEST_F(HealthTest, StuckWorkersShowAndRecover) {
  absl::Notification release;
  std::atomic<int> running{0};
  service_.echo = [&](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    ++running;
    release.WaitForNotification();
    return EchoResponse();
  };
  TestServer server(service_.Table(), {.workers = 2, .queue_limit = 8, .probe_interval = absl::Milliseconds(100)});
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      EXPECT_TRUE(server
                      .Call<EchoResponse>(kEchoPath, Person("acme", "wang", {common::v1::ROLE_REQUESTER}), EchoOf(""),
                                          absl::Seconds(30))
                      .ok());
    });
  }
  while (running < 2) std::this_thread::yield();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (Check(server, "") != kNotServing && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_EQ(Check(server, ""), kNotServing);
  EXPECT_EQ(Check(server, "liveness"), kServing);
  release.Notify();
  for (std::thread& caller : callers) caller.join();
  while (Check(server, "") != kServing && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_EQ(Check(server, ""), kServing);
}

TEST_F(HealthTest, AProbeThatHangsDoesNotHoldUpShutdown) {
  absl::Notification release;
  std::atomic<bool> hang{false};
  std::atomic<bool> hanging{false};
  const auto probe = [&] {
    if (hang) {
      hanging = true;
      release.WaitForNotification();
    }
    return absl::OkStatus();
  };
  auto server = std::make_unique<TestServer>(service_.Table(), ServerOptions{.readiness_probe = probe,
                                                                             .probe_interval = absl::Seconds(60),
                                                                             .cancel_grace = absl::Milliseconds(50)});
  hang = true;
  std::thread checker([&] { server->server().CheckReadiness(); });
  // Shutdown gives the probe up and then its thread; the checker is let go at once.
  while (!hanging) std::this_thread::yield();
  const absl::Time start = absl::Now();
  EXPECT_EQ(server->server().Shutdown().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  checker.join();
  release.Notify();
}

TEST_F(HealthTest, ReflectionIsThereOnlyWhenAskedFor) {
  const auto answer = [](TestServer& server) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    return RawCall(server.channel(), "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "", &context);
  };
  // gRPC knows no way back from reflection within a process, so a repeated run can only show that it is there.
  static bool switched_on = false;
  TestServer without(service_.Table());
  EXPECT_EQ(answer(without).error_code() == grpc::StatusCode::UNIMPLEMENTED, !switched_on);
  switched_on = true;
  TestServer with(service_.Table(), {.reflection = true});
  EXPECT_NE(answer(with).error_code(), grpc::StatusCode::UNIMPLEMENTED) << answer(with).error_message();
}

}  // namespace
}  // namespace docket::rpc
