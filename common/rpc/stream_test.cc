// Server-streaming calls through a real server.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/testing/echo_service.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using common::v1::Principal;
using rpctest::v1::EchoRequest;
using rpctest::v1::EchoResponse;
using testing::EchoOf;
using testing::EchoService;
using testing::kWatchPath;
using testing::Person;
using testing::TestServer;
using testing::TestStream;
using testing::Wang;
using Writer = StreamWriter<EchoResponse>;

EchoResponse Numbered(int number, size_t payload = 0) {
  EchoResponse response;
  response.set_text(std::to_string(number));
  response.set_payload(std::string(payload, 'x'));
  return response;
}

class StreamTest : public ::testing::Test {
 protected:
  EchoService service_;
};

TEST_F(StreamTest, DeliversEverythingInOrder) {
  service_.watch = [](const CallContext& context, const EchoRequest& request, Writer& writer) -> absl::Status {
    EXPECT_EQ(context.principal().name(), Wang().name());
    EXPECT_EQ(request.text(), "go");
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(writer.Write(Numbered(i)));
    return absl::OkStatus();
  };
  TestServer server(service_.Table());
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf("go"));
  EchoResponse response;
  int count = 0;
  while (stream->Read(&response)) EXPECT_EQ(response.text(), std::to_string(count++));
  EXPECT_EQ(count, 500);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, EndsWithTheHandlersError) {
  service_.watch = [](const CallContext&, const EchoRequest&, Writer& writer) -> absl::Status {
    writer.Write(Numbered(1));
    return Error(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN, "frozen");
  };
  TestServer server(service_.Table());
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""));
  EchoResponse response;
  EXPECT_TRUE(stream->Read(&response));
  EXPECT_FALSE(stream->Read(&response));
  const absl::Status status = stream->Finish();
  EXPECT_EQ(GetReason(status), Reason::REASON_LOG_FROZEN);
  EXPECT_TRUE(GetRetryDelay(status).has_value());
}

TEST_F(StreamTest, ChecksAccessAndRules) {
  TestServer server(service_.Table());
  EchoResponse response;
  const auto status_of = [&](const std::optional<Principal>& principal, const EchoRequest& request) {
    auto stream = server.Stream(kWatchPath, principal, request);
    EXPECT_FALSE(stream->Read(&response));
    return stream->Finish();
  };
  EXPECT_TRUE(status_of(Wang(), EchoOf("")).ok());
  EXPECT_EQ(GetReason(status_of(std::nullopt, EchoOf(""))), Reason::REASON_CREDENTIALS_MISSING);
  EXPECT_EQ(GetReason(status_of(Person("acme", "li", {common::v1::ROLE_VIEWER}), EchoOf(""))),
            Reason::REASON_ROLE_REQUIRED);
  EXPECT_EQ(GetReason(status_of(Person("other", "li", {common::v1::ROLE_REQUESTER}), EchoOf(""))),
            Reason::REASON_OTHER_ORGANIZATION);
  EXPECT_EQ(GetReason(status_of(Wang(), EchoOf("longer than twenty characters"))), Reason::REASON_INVALID_FIELDS);
}

TEST_F(StreamTest, ASlowReaderHoldsTheWriterBack) {
  std::atomic<int> written{0};
  service_.watch = [&](const CallContext&, const EchoRequest&, Writer& writer) -> absl::Status {
    while (writer.Write(Numbered(written, 100'000))) {
      if (++written == 400) break;
    }
    return absl::OkStatus();
  };
  TestServer server(service_.Table());
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""));
  EchoResponse response;
  ASSERT_TRUE(stream->Read(&response));
  // Nobody reads: the writer comes to rest with no more under way than the connection's windows hold.
  int seen = -1;
  absl::Time still_since = absl::Now();
  while (absl::Now() - still_since < absl::Milliseconds(200)) {
    if (written != seen) {
      seen = written;
      still_since = absl::Now();
    }
    std::this_thread::yield();
  }
  EXPECT_LT(seen, 200) << "40 MB would be under way";
  int count = 1;
  while (stream->Read(&response)) ++count;
  EXPECT_EQ(count, 400);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, AClientThatGoesStopsTheWriter) {
  absl::Notification ended;
  service_.watch = [&](const CallContext& context, const EchoRequest&, Writer& writer) -> absl::Status {
    while (writer.Write(Numbered(1, 10'000))) {
    }
    EXPECT_TRUE(context.IsCancelled());
    ended.Notify();
    return absl::OkStatus();
  };
  TestServer server(service_.Table());
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""));
  EchoResponse response;
  ASSERT_TRUE(stream->Read(&response));
  stream->Cancel();
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(10)));
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kCancelled);
}

TEST_F(StreamTest, AHandlerThatOnlyWaitsSeesTheClientGo) {
  absl::Notification entered;
  absl::Notification ended;
  service_.watch = [&](const CallContext& context, const EchoRequest&, Writer&) -> absl::Status {
    entered.Notify();
    while (!context.IsCancelled()) std::this_thread::yield();
    ended.Notify();
    return context.CheckAlive();
  };
  TestServer server(service_.Table());
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""));
  entered.WaitForNotification();
  stream.reset();
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST_F(StreamTest, TheServersOwnDeadlineEndsAStream) {
  service_.watch = [&](const CallContext&, const EchoRequest&, Writer& writer) -> absl::Status {
    while (writer.Write(Numbered(1, 10'000))) {
    }
    return absl::OkStatus();
  };
  TestServer server(service_.Table(), {.max_stream_deadline = absl::Milliseconds(100)});
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""), absl::Seconds(30));
  EchoResponse response;
  while (stream->Read(&response)) {
  }
  const absl::Status status = stream->Finish();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(GetReason(status), Reason::REASON_DEADLINE_EXCEEDED);
}

TEST_F(StreamTest, HoldsNoMoreStreamsThanAllowed) {
  absl::Notification release;
  std::atomic<int> running{0};
  service_.watch = [&](const CallContext&, const EchoRequest&, Writer&) -> absl::Status {
    ++running;
    release.WaitForNotification();
    return absl::OkStatus();
  };
  TestServer server(service_.Table(), {.max_streams = 3});
  std::vector<std::unique_ptr<TestStream>> streams;
  for (int i = 0; i < 3; ++i) streams.push_back(server.Stream(kWatchPath, Wang(), EchoOf("")));
  while (running < 3) std::this_thread::yield();
  EchoResponse response;
  auto refused = server.Stream(kWatchPath, Wang(), EchoOf(""));
  EXPECT_FALSE(refused->Read(&response));
  EXPECT_EQ(GetReason(refused->Finish()), Reason::REASON_OVERLOADED);
  // Unary calls have threads of their own.
  EXPECT_TRUE(server.Call<EchoResponse>(testing::kEchoPath, Wang(), EchoOf("")).ok());
  release.Notify();
  for (auto& stream : streams) {
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
  }
  auto again = server.Stream(kWatchPath, Wang(), EchoOf(""));
  EXPECT_FALSE(again->Read(&response));
  EXPECT_TRUE(again->Finish().ok());
}

TEST_F(StreamTest, ShutdownEndsStreamsAtOnceAndSaysSo) {
  service_.watch = [&](const CallContext& context, const EchoRequest&, Writer& writer) -> absl::Status {
    writer.Write(Numbered(1));
    while (!context.IsCancelled()) std::this_thread::yield();
    return absl::OkStatus();
  };
  TestServer server(service_.Table(), {.shutdown_grace = absl::Seconds(30)});
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""), absl::Seconds(60));
  EchoResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const absl::Time start = absl::Now();
  EXPECT_TRUE(server.server().Shutdown().ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(GetReason(stream->Finish()), Reason::REASON_SHUTTING_DOWN);
}

TEST_F(StreamTest, AClientThatDoesNotReadDoesNotHoldUpShutdown) {
  std::atomic<int> written{0};
  service_.watch = [&](const CallContext&, const EchoRequest&, Writer& writer) -> absl::Status {
    while (writer.Write(Numbered(1, 1'000'000))) ++written;
    return absl::OkStatus();
  };
  TestServer server(service_.Table(), {.shutdown_grace = absl::Milliseconds(50)});
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""), absl::Seconds(60));
  EchoResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(server.server().Shutdown().ok());
}

TEST_F(StreamTest, RefusesRepliesThatAreTooLarge) {
  service_.watch = [&](const CallContext&, const EchoRequest&, Writer& writer) -> absl::Status {
    EXPECT_FALSE(writer.Write(Numbered(1, 10'001)));
    return absl::OkStatus();
  };
  TestServer server(service_.Table(), {.max_message_bytes = 10'000});
  auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""));
  EchoResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(GetReason(stream->Finish()), Reason::REASON_MESSAGE_TOO_LARGE);
}

TEST_F(StreamTest, ManyStreamsComeAndGo) {
  service_.watch = [&](const CallContext&, const EchoRequest&, Writer& writer) -> absl::Status {
    for (int i = 0; i < 5; ++i) {
      if (!writer.Write(Numbered(i))) break;
    }
    return absl::OkStatus();
  };
  TestServer server(service_.Table(), {.max_streams = 8});
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&server, c] {
      for (int i = 0; i < 50; ++i) {
        auto stream = server.Stream(kWatchPath, Wang(), EchoOf(""));
        EchoResponse response;
        stream->Read(&response);
        if ((i + c) % 3 == 0) continue;
        while (stream->Read(&response)) {
        }
        EXPECT_TRUE(stream->Finish().ok());
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace docket::rpc
