// Calls that are answered later, through a real server.
#include "common/rpc/responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
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
using testing::Person;
using testing::Shows;
using testing::TestServer;
using testing::Wang;

EchoResponse ResponseOf(absl::string_view text) {
  EchoResponse response;
  response.set_text(std::string(text));
  return response;
}

// Calls that wait for their answer.
class Waiting {
 public:
  struct Call {
    const CallContext* context;
    const EchoRequest* request;
    Responder<EchoResponse> responder;
  };

  void Add(const CallContext& context, const EchoRequest& request, Responder<EchoResponse> responder) {
    absl::MutexLock lock(&mutex_);
    calls_.push_back({&context, &request, std::move(responder)});
  }
  // All, once there are `count`.
  std::vector<Call> Take(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_.size() == count; };
    mutex_.Await(absl::Condition(&reached));
    return std::move(calls_);
  }

 private:
  absl::Mutex mutex_;
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
};

class ResponderTest : public ::testing::Test {
 protected:
  ResponderTest() {
    service_.echo_later = [this](const CallContext& context, const EchoRequest& request,
                                 Responder<EchoResponse> responder) {
      waiting_.Add(context, request, std::move(responder));
    };
  }

  EchoService service_;
  Waiting waiting_;
};

// As many calls as one likes wait without a worker, and what they were is still there when they are answered.
TEST_F(ResponderTest, CallsWaitWithoutAWorker) {
  TestServer server(service_.Table(), {.workers = 1});
  constexpr int kCalls = 8;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCalls; ++i) {
    callers.emplace_back([&server, i] {
      const auto reply = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(absl::StrCat("call ", i)));
      ASSERT_TRUE(reply.ok()) << reply.status();
      EXPECT_EQ(reply->text(), absl::StrCat("call ", i));
      EXPECT_EQ(reply->principal(), Wang().name());
    });
  }
  for (Waiting::Call& call : waiting_.Take(kCalls)) {
    call.responder.Answer(EchoService::Describe(*call.context, *call.request));
  }
  for (std::thread& caller : callers) caller.join();
}

TEST_F(ResponderTest, ErrorsArriveWhole) {
  service_.echo_later = [](const CallContext&, const EchoRequest&, Responder<EchoResponse> responder) {
    responder.Answer(Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "read it again", {{"etag", "x"}}));
  };
  TestServer server(service_.Table());
  const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status();
  EXPECT_EQ(status.message(), "read it again");
  EXPECT_EQ(GetReason(status), Reason::REASON_STALE_ETAG);
}

TEST_F(ResponderTest, ChecksComeBeforeTheHandler) {
  service_.echo_later = [](const CallContext&, const EchoRequest&, Responder<EchoResponse>) {
    ADD_FAILURE() << "the handler was called";
  };
  TestServer server(service_.Table());
  EXPECT_EQ(GetReason(server.Call<EchoResponse>(kEchoPath, Person("acme", "li", {}), EchoOf("")).status()),
            Reason::REASON_ROLE_REQUIRED);
  EXPECT_EQ(
      GetReason(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("much longer than twenty characters")).status()),
      Reason::REASON_INVALID_FIELDS);
}

TEST_F(ResponderTest, ACallThatAHandlerDropsOrThrowsAwayIsAnInternalError) {
  service_.echo_later = [](const CallContext&, const EchoRequest& request, Responder<EchoResponse>) {
    if (request.text() == "throw") throw std::runtime_error("secret");
  };
  TestServer server(service_.Table());
  for (const char* text : {"drop", "throw", "drop"}) {
    const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_EQ(GetReason(status), Reason::REASON_INTERNAL);
    EXPECT_EQ(status.ToString().find("secret"), std::string::npos);
  }
}

TEST_F(ResponderTest, RepliesThatAreTooLargeAreRefused) {
  service_.echo_later = [](const CallContext&, const EchoRequest&, Responder<EchoResponse> responder) {
    EchoResponse response;
    response.set_payload(std::string(10'001, 'x'));
    responder.Answer(response);
  };
  TestServer server(service_.Table(), {.max_message_bytes = 10'000});
  EXPECT_EQ(GetReason(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status()),
            Reason::REASON_MESSAGE_TOO_LARGE);
}

TEST_F(ResponderTest, OneThatMustBlockGoesOnInAWorker) {
  TestServer server(service_.Table(), {.workers = 1});
  std::thread caller([&] {
    const auto reply = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("hello"));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->text(), "hello");
  });
  std::thread::id worker;
  {
    std::vector<Waiting::Call> calls = waiting_.Take(1);
    std::move(calls[0].responder).Resume([&worker, request = calls[0].request](Responder<EchoResponse> later) {
      worker = std::this_thread::get_id();
      later.Answer(ResponseOf(request->text()));
    });
  }
  caller.join();
  EXPECT_NE(worker, std::thread::id());
  EXPECT_NE(worker, std::this_thread::get_id());
}

TEST_F(ResponderTest, OneThatFindsNoWorkerIsRefused) {
  absl::Notification release;
  std::atomic<bool> stuck{false};
  service_.echo_later = [&](const CallContext& context, const EchoRequest& request, Responder<EchoResponse> responder) {
    if (request.text() != "block") return waiting_.Add(context, request, std::move(responder));
    stuck = true;
    release.WaitForNotification();
    responder.Answer(EchoResponse());
  };
  TestServer server(service_.Table(), {.workers = 1, .queue_limit = 1});
  absl::Status refused;
  std::thread caller([&] { refused = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status(); });
  std::vector<Waiting::Call> calls = waiting_.Take(1);
  std::vector<std::thread> blockers;
  const auto block = [&] { EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("block")).ok()); };
  blockers.emplace_back(block);
  while (!stuck) std::this_thread::yield();
  blockers.emplace_back(block);
  while (!Shows(server, "docket_rpc_queue_length 1")) std::this_thread::yield();
  std::move(calls[0].responder).Resume([](Responder<EchoResponse>) { ADD_FAILURE() << "there was no room"; });
  caller.join();
  EXPECT_EQ(GetReason(refused), Reason::REASON_OVERLOADED) << refused;
  release.Notify();
  for (std::thread& blocker : blockers) blocker.join();
}

TEST_F(ResponderTest, TheServersEndWaitsForTheAnswer) {
  TestServer server(service_.Table());
  std::thread caller([&] {
    const auto reply = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->text(), "done");
  });
  std::vector<Waiting::Call> calls = waiting_.Take(1);
  absl::Notification ending;
  std::thread stopper([&] { EXPECT_TRUE(server.server().Shutdown([&] { ending.Notify(); }).ok()); });
  ending.WaitForNotification();
  calls[0].responder.Answer(ResponseOf("done"));
  calls.clear();
  stopper.join();
  caller.join();
}

TEST_F(ResponderTest, AnAnswerThatDoesNotComeDoesNotHoldUpTheEnd) {
  std::vector<Waiting::Call> calls;
  {
    TestServer server(service_.Table(),
                      {.shutdown_grace = absl::Milliseconds(50), .cancel_grace = absl::Milliseconds(50)});
    absl::Status answer;
    std::thread caller(
        [&] { answer = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Seconds(60)).status(); });
    calls = waiting_.Take(1);
    EXPECT_EQ(server.server().Shutdown().code(), absl::StatusCode::kDeadlineExceeded);
    caller.join();
    EXPECT_EQ(GetReason(answer), Reason::REASON_SHUTTING_DOWN);
    EXPECT_TRUE(calls[0].context->IsCancelled());
    // Nobody hears it, and the server is not gone before it is said.
    calls[0].responder.Answer(ResponseOf("too late"));
    calls.clear();
  }
}

}  // namespace
}  // namespace docket::rpc
