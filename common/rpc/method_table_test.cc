#include "common/rpc/method_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/testing/echo_service.h"
#include "common/rpc/testing/mistakes.pb.h"

namespace docket::rpc {
namespace {

using rpctest::v1::EchoRequest;
using rpctest::v1::EchoResponse;
using rpctest::v1::PingRequest;
using rpctest::v1::PingResponse;
using ::testing::HasSubstr;

constexpr char kRestPath[] = "docket.rpctest.v1.IdleService/Rest";

absl::StatusOr<PingResponse> Rest(const CallContext&, const PingRequest&) { return PingResponse(); }

std::string Mistakes(const MethodTable& table) {
  const absl::Status status = table.Check();
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInternal);
  return std::string(status.message());
}

TEST(MethodTableTest, TakesFunctionsLambdasAndMembers) {
  testing::EchoService service;
  MethodTable table = service.Table();
  table.Unary(kRestPath, &Rest);
  EXPECT_EQ(Mistakes(table), "");
  EXPECT_THAT(table.services(),
              ::testing::ElementsAre("docket.rpctest.v1.EchoService", "docket.rpctest.v1.IdleService"));
}

TEST(MethodTableTest, ReportsMethodsWithoutHandler) {
  MethodTable listed;
  listed.Service("docket.rpctest.v1.IdleService");
  EXPECT_THAT(Mistakes(listed), HasSubstr("docket.rpctest.v1.IdleService/Rest has no handler"));
  MethodTable begun;
  begun.Unary(testing::kEchoPath,
              [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> { return EchoResponse(); });
  EXPECT_THAT(Mistakes(begun), HasSubstr("docket.rpctest.v1.EchoService/Ping has no handler"));
}

TEST(MethodTableTest, ReportsEveryMistakeAtOnce) {
  MethodTable table;
  table.Service("docket.rpctest.v1.NoService");
  table.Unary(kRestPath, &Rest);
  table.Unary(kRestPath, &Rest);
  table.Unary("nonsense", &Rest);
  table.Unary("docket.rpctest.v1.IdleService/Run", &Rest);
  table.Unary(testing::kEchoPath, &Rest);
  table.Unary(testing::kWatchPath,
              [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> { return EchoResponse(); });
  table.ServerStreaming(testing::kPingPath, [](const CallContext&, const PingRequest&, StreamWriter<PingResponse>&) {
    return absl::OkStatus();
  });
  table.LeaveValidationToHandler("docket.rpctest.v1.EchoService/CreateNote");
  const std::string mistakes = Mistakes(table);
  for (const char* mistake :
       {"docket.rpctest.v1.NoService is no service of the contract",
        "docket.rpctest.v1.IdleService/Rest has two handlers", "nonsense is no method of the contract",
        "docket.rpctest.v1.IdleService/Run is no method of the contract",
        "docket.rpctest.v1.EchoService/Echo takes docket.rpctest.v1.EchoRequest, not docket.rpctest.v1.PingRequest",
        "docket.rpctest.v1.EchoService/Watch is a stream", "docket.rpctest.v1.EchoService/Ping is no stream",
        "docket.rpctest.v1.EchoService/CreateNote validates itself but has no handler"}) {
    EXPECT_THAT(mistakes, HasSubstr(mistake));
  }
}

TEST(MethodTableTest, ReportsWrongChecks) {
  MethodTable table;
  table.Unary(kRestPath, &Rest);
  void (*check)(const EchoRequest&, FieldViolations&) = [](const EchoRequest&, FieldViolations&) {};
  table.AlsoCheck("docket.rpctest.v1.EchoService/UpdateNote", check);
  table.AlsoCheck(kRestPath, check);
  table.AlsoCheck(kRestPath, check);
  const std::string mistakes = Mistakes(table);
  for (const char* mistake : {"docket.rpctest.v1.EchoService/UpdateNote is checked but has no handler",
                              "docket.rpctest.v1.IdleService/Rest is checked twice",
                              "docket.rpctest.v1.IdleService/Rest takes no docket.rpctest.v1.EchoRequest"}) {
    EXPECT_THAT(mistakes, HasSubstr(mistake));
  }
}

TEST(MethodTableTest, ReportsAnotherReplyType) {
  MethodTable table;
  table.Unary(testing::kEchoPath,
              [](const CallContext&, const EchoRequest&) -> absl::StatusOr<PingResponse> { return PingResponse(); });
  EXPECT_THAT(Mistakes(table), HasSubstr("returns docket.rpctest.v1.EchoResponse, not docket.rpctest.v1.PingResponse"));
}

TEST(StreamWriterTest, CanBeMadeOfAFunction) {
  int written = 0;
  StreamWriter<EchoResponse> writer([&written](const EchoResponse&) { return ++written < 2; });
  EXPECT_TRUE(writer.Write(EchoResponse()));
  EXPECT_FALSE(writer.Write(EchoResponse()));
}

}  // namespace
}  // namespace docket::rpc
