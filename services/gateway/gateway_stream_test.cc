// Server-streaming calls through a real gateway to a real server.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/testing/running_gateway.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using audit::v1::TailEntriesRequest;
using audit::v1::TailEntriesResponse;
using rpc::CallContext;
using testing::AuditBackend;
using testing::kTailEntries;
using testing::RequestBackend;
using testing::RunningGateway;
using tests::IsOk;
using tests::StatusIs;
using Writer = AuditBackend::Writer;

TailEntriesResponse Numbered(int64_t number, size_t payload = 0) {
  TailEntriesResponse response;
  response.set_next_index(number);
  if (payload > 0) response.add_entries()->set_entry(std::string(payload, 'x'));
  return response;
}

// A stream as a caller with a token reads it.
class Tail {
 public:
  explicit Tail(RunningGateway& gateway, absl::Duration timeout = absl::Seconds(30),
                const std::string& role = "AUDITOR")
      : context_(RunningGateway::Context(gateway.Token({role}), timeout)), stub_(gateway.channel().Next()) {
    TailEntriesRequest request;
    request.set_parent("organizations/yuehai");
    const grpc::Slice slice(request.SerializeAsString());
    const grpc::ByteBuffer buffer(&slice, 1);
    call_ = stub_.PrepareCall(context_.get(), std::string("/") + kTailEntries, &queue_);
    call_->StartCall(this);
    Await();
    call_->WriteLast(buffer, grpc::WriteOptions(), this);
    Await();
  }
  ~Tail() {
    if (finished_) return;
    context_->TryCancel();
    Finish().IgnoreError();
  }
  bool Read(TailEntriesResponse* response) {
    grpc::ByteBuffer buffer;
    call_->Read(&buffer, this);
    if (!Await()) return false;
    grpc::Slice slice;
    return buffer.DumpToSingleSlice(&slice).ok() &&
           response->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  }
  void Cancel() { context_->TryCancel(); }
  absl::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Await();
    finished_ = true;
    return rpc::FromWire(status);
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  const std::unique_ptr<grpc::ClientContext> context_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
};

class GatewayStreamTest : public ::testing::Test {
 protected:
  RequestBackend request_;
  AuditBackend audit_;
};

TEST_F(GatewayStreamTest, EverythingComesInOrderAndThenTheEnd) {
  audit_.tail = [](const CallContext& context, const TailEntriesRequest& call, Writer& writer) -> absl::Status {
    EXPECT_EQ(context.principal().name(), "organizations/yuehai/people/lin-mei");
    EXPECT_EQ(call.parent(), "organizations/yuehai");
    for (int i = 0; i < 1000; ++i) {
      if (!writer.Write(Numbered(i, static_cast<size_t>(i)))) return absl::CancelledError("nobody reads");
    }
    return absl::OkStatus();
  };
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway);
  TailEntriesResponse response;
  int count = 0;
  while (tail.Read(&response)) EXPECT_EQ(response.next_index(), count++);
  EXPECT_EQ(count, 1000);
  EXPECT_THAT(tail.Finish(), IsOk());
}

TEST_F(GatewayStreamTest, AnEmptyStreamEndsWell) {
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway);
  TailEntriesResponse response;
  EXPECT_FALSE(tail.Read(&response));
  EXPECT_THAT(tail.Finish(), IsOk());
}

TEST_F(GatewayStreamTest, AnErrorAfterMessagesComesWithItsDetails) {
  audit_.tail = [](const CallContext&, const TailEntriesRequest&, Writer& writer) -> absl::Status {
    writer.Write(Numbered(1));
    return Error(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN, "the log is frozen");
  };
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway);
  TailEntriesResponse response;
  EXPECT_TRUE(tail.Read(&response));
  EXPECT_FALSE(tail.Read(&response));
  const absl::Status status = tail.Finish();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_EQ(GetErrorInfo(status)->domain(), "docket.audit");
}

TEST_F(GatewayStreamTest, ASlowCallerHoldsTheBackendBack) {
  constexpr int kMessages = 400;
  constexpr size_t kBytes = 256 * 1024;  // 100 MiB in all: more than any buffer on the way
  std::atomic<int> written{0};
  std::atomic<absl::Time> last_write{absl::InfiniteFuture()};
  audit_.tail = [&](const CallContext&, const TailEntriesRequest&, Writer& writer) -> absl::Status {
    for (int i = 0; i < kMessages; ++i) {
      if (!writer.Write(Numbered(i, kBytes))) return absl::CancelledError("nobody reads");
      ++written;
      last_write = absl::Now();
    }
    return absl::OkStatus();
  };
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway, absl::Seconds(60));
  TailEntriesResponse response;
  ASSERT_TRUE(tail.Read(&response));
  // The backend goes on until everything on the way is full, and stands still there: without back-pressure it would
  // reach the end.
  EXPECT_TRUE(tests::WaitUntil(
      [&] { return written == kMessages || absl::Now() - last_write.load() > absl::Milliseconds(500); },
      absl::Now() + absl::Seconds(20)));
  EXPECT_LT(written, kMessages / 2);
  int count = 1;
  while (tail.Read(&response)) EXPECT_EQ(response.next_index(), count++);
  EXPECT_EQ(count, kMessages);
  EXPECT_THAT(tail.Finish(), IsOk());
}

TEST_F(GatewayStreamTest, CancellingInTheMiddleEndsTheBackendsHandler) {
  absl::Notification ended;
  audit_.tail = [&ended](const CallContext&, const TailEntriesRequest&, Writer& writer) -> absl::Status {
    for (int64_t i = 0; writer.Write(Numbered(i, 1000)); ++i) {
    }
    ended.Notify();
    return absl::OkStatus();
  };
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway);
  TailEntriesResponse response;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(tail.Read(&response));
  tail.Cancel();
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(10)));
  while (tail.Read(&response)) {
  }
  EXPECT_THAT(tail.Finish(), StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(GatewayStreamTest, ABackendThatDiesInTheMiddleIsUnavailable) {
  absl::Notification begun;
  audit_.tail = [&begun](const CallContext& context, const TailEntriesRequest&, Writer& writer) -> absl::Status {
    writer.Write(Numbered(1));
    begun.WaitForNotificationWithTimeout(absl::Seconds(10));
    tests::WaitUntil([&] { return context.IsCancelled() || !writer.Write(Numbered(2)); },
                     absl::Now() + absl::Seconds(10));
    return context.CheckAlive();
  };
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway);
  TailEntriesResponse response;
  ASSERT_TRUE(tail.Read(&response));
  begun.Notify();
  gateway.StopAuditServer();
  while (tail.Read(&response)) {
  }
  const absl::Status status = tail.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_TRUE(GetRetryDelay(status).has_value());
}

TEST_F(GatewayStreamTest, ACallerThatStopsReadingIsLetGoInTime) {
  absl::Notification ended;
  audit_.tail = [&ended](const CallContext&, const TailEntriesRequest&, Writer& writer) -> absl::Status {
    while (writer.Write(Numbered(1, 1024 * 1024))) {
    }
    ended.Notify();
    return absl::OkStatus();
  };
  RunningGateway gateway(request_, audit_, {.max_stream_deadline = absl::Milliseconds(500), .max_calls_per_caller = 1});
  Tail stuck(gateway, absl::InfiniteDuration());
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(10)));
  // Its place is free again, though it never read a byte.
  EXPECT_TRUE(
      tests::WaitUntil([&] { return gateway.Get(gateway.Token({"AUDITOR"}), "organizations/yuehai/requests/7").ok(); },
                       absl::Now() + absl::Seconds(10)));
}

TEST_F(GatewayStreamTest, AStreamMayLastLongerThanACall) {
  std::atomic<absl::Time> deadline{absl::InfinitePast()};
  audit_.tail = [&deadline](const CallContext& context, const TailEntriesRequest&, Writer&) -> absl::Status {
    deadline = context.deadline();
    return absl::OkStatus();
  };
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway, absl::InfiniteDuration());
  TailEntriesResponse response;
  EXPECT_FALSE(tail.Read(&response));
  EXPECT_THAT(tail.Finish(), IsOk());
  EXPECT_GT(deadline.load(), absl::Now() + absl::Minutes(50));
  EXPECT_LT(deadline.load(), absl::Now() + absl::Minutes(61));
}

TEST_F(GatewayStreamTest, RolesHoldForStreamsToo) {
  RunningGateway gateway(request_, audit_);
  Tail tail(gateway, absl::Seconds(10), "REQUESTER");
  TailEntriesResponse response;
  EXPECT_FALSE(tail.Read(&response));
  EXPECT_THAT(tail.Finish(), StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const auto events = audit_.WaitForEvents(1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].method(), kTailEntries);
  EXPECT_EQ(events[0].subject(), "organizations/yuehai");
}

}  // namespace
}  // namespace docket::gateway
