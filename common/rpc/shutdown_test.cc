// How a server starts, tells its health and ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
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

class ShutdownTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, MethodTable table) {
    return Server::Start(std::move(options), std::move(table),
                         {.logger = &logger_, .metrics = &metrics_, .clock = &clock_});
  }

  SystemClock clock_;
  Logger logger_{STDERR_FILENO, Severity::kError, "test", clock_};
  Metrics metrics_;
  EchoService service_;
};

TEST_F(ShutdownTest, WrongOptionsDoNotStart) {
  for (const ServerOptions& options : {
           ServerOptions{.address = "127.0.0.1:0", .insecure = true},
           ServerOptions{.service = "test", .insecure = true},
           ServerOptions{.service = "test", .address = "127.0.0.1:0"},
           ServerOptions{.service = "test", .address = "127.0.0.1:0", .tls = TlsFiles{}, .insecure = true},
           ServerOptions{.service = "test", .address = "127.0.0.1:0", .insecure = true, .workers = 0},
       }) {
    EXPECT_EQ(Start(options, service_.Table()).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(Start({.service = "test", .address = "127.0.0.1:0", .tls = TlsFiles{}}, service_.Table()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ShutdownTest, AnIncompleteTableDoesNotStart) {
  MethodTable table;
  table.Service("docket.rpctest.v1.EchoService");
  const absl::Status status =
      Start({.service = "test", .address = "127.0.0.1:0", .insecure = true}, std::move(table)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("EchoService/Echo has no handler"));
}

TEST_F(ShutdownTest, APortInUseIsAnError) {
  TestServer first(service_.Table());
  const absl::Status status =
      Start({.service = "test", .address = absl::StrCat("127.0.0.1:", first.server().port()), .insecure = true},
            service_.Table())
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ShutdownTest, CallsInProgressAreFinished) {
  absl::Notification entered;
  absl::Notification release;
  std::atomic<bool> background_stopped{false};
  service_.echo = [&](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    entered.Notify();
    release.WaitForNotification();
    EXPECT_FALSE(context.IsCancelled());
    EchoResponse response;
    response.set_text("done");
    return response;
  };
  TestServer server(service_.Table());
  std::thread caller([&] {
    const auto reply = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->text(), "done");
  });
  entered.WaitForNotification();
  std::thread stopper([&] { EXPECT_TRUE(server.server().Shutdown([&] { background_stopped = true; }).ok()); });
  // What comes now is refused, while what is there goes on.
  absl::Status refused;
  while (refused.ok() || GetReason(refused) == Reason::REASON_DEADLINE_EXCEEDED) {
    refused = background_stopped
                  ? server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Milliseconds(200)).status()
                  : absl::OkStatus();
  }
  EXPECT_EQ(GetReason(refused), Reason::REASON_SHUTTING_DOWN) << refused;
  release.Notify();
  caller.join();
  stopper.join();
  EXPECT_TRUE(server.server().Shutdown().ok()) << "a second time";
}

TEST_F(ShutdownTest, CallsThatOverstayAreCancelled) {
  absl::Notification entered;
  service_.echo = [&](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    entered.Notify();
    while (!context.IsCancelled()) std::this_thread::yield();
    return context.CheckAlive();
  };
  TestServer server(service_.Table(), {.shutdown_grace = absl::Milliseconds(50)});
  std::thread caller(
      [&] { EXPECT_FALSE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Seconds(60)).ok()); });
  entered.WaitForNotification();
  EXPECT_TRUE(server.server().Shutdown().ok());
  caller.join();
}

TEST_F(ShutdownTest, AHandlerThatNeverEndsDoesNotHoldUpTheRest) {
  absl::Notification entered;
  absl::Notification release;
  service_.echo = [&](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    entered.Notify();
    release.WaitForNotification();
    // Its call has been answered without it.
    EXPECT_TRUE(context.IsCancelled());
    return EchoResponse();
  };
  TestServer server(service_.Table(),
                    {.shutdown_grace = absl::Milliseconds(50), .cancel_grace = absl::Milliseconds(50)});
  absl::Status answer;
  std::thread caller(
      [&] { answer = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Seconds(60)).status(); });
  entered.WaitForNotification();
  const absl::Time start = absl::Now();
  EXPECT_EQ(server.server().Shutdown().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - start, absl::Seconds(15));
  caller.join();
  EXPECT_EQ(GetReason(answer), Reason::REASON_SHUTTING_DOWN);
  release.Notify();
}

TEST_F(ShutdownTest, NobodyIsLeftWithoutAnAnswer) {
  for (int round = 0; round < 10; ++round) {
    auto server = std::make_unique<TestServer>(service_.Table(), ServerOptions{.workers = 2, .queue_limit = 4});
    std::atomic<bool> stop{false};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        while (!stop) {
          const absl::Status status = server->Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status();
          if (status.code() == absl::StatusCode::kUnavailable) break;
          EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kResourceExhausted) << status;
        }
      });
    }
    EXPECT_TRUE(server->server().Shutdown().ok());
    stop = true;
    for (std::thread& caller : callers) caller.join();
  }
}

// The whole life of a process: signals blocked first, a child that serves, SIGTERM, exit code 0.
TEST(ServerProcessTest, ASignalEndsItInOrder) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Only what exec leaves: a fresh image of this program that runs the test below.
    close(pipe_ends[0]);
    dup2(pipe_ends[1], STDOUT_FILENO);
    execl("/proc/self/exe", "child", "--gtest_filter=ServerProcessTest.DISABLED_Child",
          "--gtest_also_run_disabled_tests", nullptr);
    _exit(127);
  }
  close(pipe_ends[1]);
  std::string output;
  char buffer[256];
  while (output.find("serving") == std::string::npos) {
    const ssize_t count = read(pipe_ends[0], buffer, sizeof(buffer));
    ASSERT_GT(count, 0) << output;
    output.append(buffer, static_cast<size_t>(count));
  }
  kill(child, SIGTERM);
  int wait_status = 0;
  ASSERT_EQ(waitpid(child, &wait_status, 0), child);
  while (const ssize_t count = read(pipe_ends[0], buffer, sizeof(buffer))) {
    if (count < 0) break;
    output.append(buffer, static_cast<size_t>(count));
  }
  close(pipe_ends[0]);
  EXPECT_TRUE(WIFEXITED(wait_status)) << wait_status;
  EXPECT_EQ(WEXITSTATUS(wait_status), 0) << output;
  EXPECT_NE(output.find("background stopped"), std::string::npos) << output;
}

// Run by the test above in a process of its own.
TEST(ServerProcessTest, DISABLED_Child) {
  BlockSignals();
  SystemClock clock;
  Logger logger(STDERR_FILENO, Severity::kError, "test", clock);
  Metrics metrics;
  EchoService service;
  auto server = Server::Start(
      {.service = "test", .address = "127.0.0.1:0", .insecure = true, .drain_delay = absl::Milliseconds(50)},
      service.Table(), {.logger = &logger, .metrics = &metrics, .clock = &clock});
  ASSERT_TRUE(server.ok()) << server.status();
  std::printf("serving\n");
  std::fflush(stdout);
  const int code = (*server)->RunUntilSignal([] {
    std::printf("background stopped\n");
    std::fflush(stdout);
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace docket::rpc
