// Unary calls through a real gateway to a real server.
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/trace_context.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"
#include "services/gateway/testing/running_gateway.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using request::v1::GetRequestRequest;
using request::v1::Request;
using rpc::CallContext;
using testing::AuditBackend;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kEndorseRequest;
using testing::kGetRequest;
using ::testing::Not;
using testing::RequestBackend;
using testing::RunningGateway;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

constexpr char kName[] = "organizations/yuehai/requests/7";

class GatewayCallTest : public ::testing::Test {
 protected:
  std::string RequestBytes(const std::string& name = kName) {
    GetRequestRequest request;
    request.set_name(name);
    return request.SerializeAsString();
  }

  RequestBackend request_;
  AuditBackend audit_;
};

TEST_F(GatewayCallTest, BytesPassUnchangedWithFieldsThatTheGatewayDoesNotKnow) {
  std::string seen;
  request_.get = [&seen](const CallContext&, const GetRequestRequest& call) -> absl::StatusOr<Request> {
    seen = call.SerializeAsString();
    Request request;
    request.set_name(call.name());
    request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(4000, std::string("new\0er", 6));
    return request;
  };
  RunningGateway gateway(request_, audit_);
  GetRequestRequest call;
  call.set_name(kName);
  call.GetReflection()->MutableUnknownFields(&call)->AddVarint(3000, 77);
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  const auto reply = gateway.Raw(kGetRequest, call.SerializeAsString(), *context);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(absl::BytesToHexString(seen), absl::BytesToHexString(call.SerializeAsString()));
  Request request;
  ASSERT_TRUE(request.ParseFromString(*reply));
  EXPECT_EQ(request.name(), kName);
  const auto& unknown = request.GetReflection()->GetUnknownFields(request);
  ASSERT_EQ(unknown.field_count(), 1);
  EXPECT_EQ(unknown.field(0).length_delimited(), std::string("new\0er", 6));
}

TEST_F(GatewayCallTest, TheBackendSeesTheTokensPrincipalWhateverTheCallerClaims) {
  common::v1::Principal seen;
  request_.get = [&seen](const CallContext& context, const GetRequestRequest&) -> absl::StatusOr<Request> {
    seen = context.principal();
    return Request();
  };
  RunningGateway gateway(request_, audit_);
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  context->AddMetadata("docket-principal-bin", rpc::testing::DocketService("request").SerializeAsString());
  // The backend refuses calls with two principals, so that one is enough to show that the caller's is gone.
  ASSERT_THAT(gateway.Raw(kGetRequest, RequestBytes(), *context), IsOk());
  EXPECT_EQ(seen.name(), "organizations/yuehai/people/lin-mei");
  EXPECT_EQ(seen.organization(), "organizations/yuehai");
  EXPECT_EQ(seen.department(), "organizations/yuehai/departments/operations");
  EXPECT_EQ(seen.client_ip(), "127.0.0.1");
  EXPECT_EQ(seen.authentication_method(), common::v1::AUTHENTICATION_METHOD_JWT);
  ASSERT_EQ(seen.roles_size(), 1);
  EXPECT_EQ(seen.roles(0), common::v1::ROLE_REQUESTER);
}

TEST_F(GatewayCallTest, ContinuesTheCallersTraceInASpanOfItsOwn) {
  std::string trace_id;
  request_.get = [&](const CallContext& context, const GetRequestRequest&) -> absl::StatusOr<Request> {
    trace_id = std::string(context.trace_id());
    return Request();
  };
  RunningGateway gateway(request_, audit_);
  const rpc::TraceContext trace = rpc::TraceContext::New();
  auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  context->AddMetadata("traceparent", trace.ToString());
  ASSERT_THAT(gateway.Raw(kGetRequest, RequestBytes(), *context), IsOk());
  EXPECT_EQ(trace_id, trace.trace_id());
  const auto& metadata = context->GetServerInitialMetadata();
  const auto id = metadata.find("docket-trace-id");
  ASSERT_NE(id, metadata.end());
  EXPECT_EQ(std::string(id->second.data(), id->second.size()), trace.trace_id());

  context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  context->AddMetadata("traceparent", "00-nonsense");
  ASSERT_THAT(gateway.Raw(kGetRequest, RequestBytes(), *context), IsOk());
  EXPECT_THAT(trace_id, SizeIs(32));
  EXPECT_NE(trace_id, trace.trace_id());
}

TEST_F(GatewayCallTest, PassesTheDeadlineOnLessAMarginAndBoundsIt) {
  std::atomic<absl::Time> seen{absl::InfinitePast()};
  request_.get = [&seen](const CallContext& context, const GetRequestRequest&) -> absl::StatusOr<Request> {
    seen = context.deadline();
    return Request();
  };
  RunningGateway gateway(
      request_, audit_,
      {.default_deadline = absl::Seconds(7), .max_deadline = absl::Seconds(20), .margin = absl::Seconds(1)});
  const std::string token = gateway.Token({"REQUESTER"});
  const struct {
    absl::Duration asked;
    absl::Duration granted;
  } cases[] = {{absl::Seconds(12), absl::Seconds(11)},
               {absl::InfiniteDuration(), absl::Seconds(6)},
               {absl::Hours(3), absl::Seconds(19)},
               {absl::Hours(100000), absl::Seconds(19)}};
  for (const auto& [asked, granted] : cases) {
    const auto context = RunningGateway::Context(token, asked);
    const absl::Time before = absl::Now();
    ASSERT_THAT(gateway.Raw(kGetRequest, RequestBytes(), *context), IsOk());
    // Times travel as what is left of them, so a call's own duration blurs them.
    EXPECT_GE(seen.load(), before + granted - absl::Milliseconds(200)) << asked;
    EXPECT_LE(seen.load(), absl::Now() + granted + absl::Milliseconds(200)) << asked;
  }
}

TEST_F(GatewayCallTest, WhatIsNotInTheContractDoesNotExist) {
  RunningGateway gateway(request_, audit_);
  const std::string token = gateway.Token({"REQUESTER", "SERVICE", "ADMINISTRATOR"});
  for (const char* path : {"docket.request.v1.RequestService/Nothing", "no.such/Thing", testing::kDeliverEvents}) {
    const auto context = RunningGateway::Context(token);
    const auto reply = gateway.Raw(path, "", *context);
    EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD)) << path;
    const auto info = GetErrorInfo(reply.status());
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->domain(), "docket.gateway");
  }
  // What reached the log is the gateway's own report of it.
  const auto events = audit_.WaitForEvents(1);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].source(), "services/gateway");
  EXPECT_EQ(events[0].type(), "CallDenied");
  EXPECT_EQ(events[0].actor().name(), "organizations/yuehai/people/lin-mei");
}

TEST_F(GatewayCallTest, WhoIsNotKnownIsNotReported) {
  RunningGateway gateway(request_, audit_);
  const auto context = RunningGateway::Context("not-a-token");
  EXPECT_THAT(gateway.Raw("no.such/Thing", "", *context),
              StatusIs(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD));
  gateway.gateway().Shutdown();
  EXPECT_EQ(audit_.deliveries(), 0);
}

TEST_F(GatewayCallTest, ErrorsOfTheBackendPassWithTheirDetails) {
  request_.get = [](const CallContext&, const GetRequestRequest&) -> absl::StatusOr<Request> {
    FieldViolations violations;
    violations.Add("name", "must not be 7");
    violations.Add("other", "must not be there");
    return violations.ToStatus();
  };
  RunningGateway gateway(request_, audit_);
  const auto reply = gateway.Get(gateway.Token({"REQUESTER"}), kName);
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const auto bad = GetBadRequest(reply.status());
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(GetErrorInfo(reply.status())->domain(), "docket.request");
  EXPECT_TRUE(reply.status().GetPayload("type.googleapis.com/google.rpc.LocalizedMessage").has_value());
}

TEST_F(GatewayCallTest, ABackendThatIsAwayIsUnavailableAndNothingOfItsAddressIsTold) {
  RunningGateway gateway(request_, audit_);
  const std::string token = gateway.Token({"REQUESTER"});
  ASSERT_THAT(gateway.Get(token, kName), IsOk());
  const int port = gateway.request_server().server().port();
  gateway.StopRequestServer();
  const auto reply = gateway.Get(token, kName);
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
  EXPECT_TRUE(GetRetryDelay(reply.status()).has_value());
  EXPECT_EQ(GetErrorInfo(reply.status())->domain(), "docket.gateway");
  EXPECT_THAT(reply.status().ToString(), Not(HasSubstr(absl::StrCat(port))));
}

TEST_F(GatewayCallTest, ABackendThatIsNotConfiguredIsUnavailable) {
  RunningGateway gateway(request_, audit_);
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  EXPECT_THAT(gateway.Raw("docket.evaluation.v1.EvaluationService/GetEvaluation", "", *context),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE));
}

TEST_F(GatewayCallTest, TheTimeRunsOutAtTheBackend) {
  request_.get = [](const CallContext& context, const GetRequestRequest&) -> absl::StatusOr<Request> {
    tests::WaitUntil([&] { return !context.CheckAlive().ok(); }, absl::Now() + absl::Seconds(10));
    return context.CheckAlive();
  };
  RunningGateway gateway(request_, audit_, {.default_deadline = absl::Milliseconds(300)});
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}), absl::InfiniteDuration());
  EXPECT_THAT(gateway.Raw(kGetRequest, RequestBytes(), *context),
              StatusIs(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED));
}

TEST_F(GatewayCallTest, ACallersCancellationReachesTheBackend) {
  absl::Notification begun;
  absl::Notification cancelled;
  request_.get = [&](const CallContext& context, const GetRequestRequest&) -> absl::StatusOr<Request> {
    begun.Notify();
    if (tests::WaitUntil([&] { return context.IsCancelled(); }, absl::Now() + absl::Seconds(10))) cancelled.Notify();
    return Request();
  };
  RunningGateway gateway(request_, audit_);
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}), absl::Seconds(30));
  std::thread canceller([&] {
    begun.WaitForNotification();
    context->TryCancel();
  });
  EXPECT_THAT(gateway.Raw(kGetRequest, RequestBytes(), *context), StatusIs(absl::StatusCode::kCancelled));
  canceller.join();
  EXPECT_TRUE(cancelled.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST_F(GatewayCallTest, TooLargeARequestIsRefused) {
  std::atomic<int> calls{0};
  request_.get = [&calls](const CallContext&, const GetRequestRequest&) -> absl::StatusOr<Request> {
    ++calls;
    return Request();
  };
  RunningGateway gateway(request_, audit_);
  auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  EXPECT_THAT(gateway.Raw(kGetRequest, std::string(4 * 1024 * 1024 + 1, '\0'), *context),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_MESSAGE_TOO_LARGE));
  // Far beyond the limit gRPC refuses by itself, unread.
  context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  EXPECT_THAT(gateway.Raw(kGetRequest, std::string(8 * 1024 * 1024 + 1, '\0'), *context),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(calls, 0);
  // A message of exactly 4 MiB passes; that it is a field which nobody knows is the backend's business.
  GetRequestRequest call;
  call.set_name(kName);
  auto* unknown = call.GetReflection()->MutableUnknownFields(&call)->AddLengthDelimited(3000);
  unknown->resize(4 * 1024 * 1024 - call.ByteSizeLong() - 3, 'x');
  ASSERT_EQ(call.ByteSizeLong(), 4u * 1024 * 1024);
  context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  EXPECT_THAT(gateway.Raw(kGetRequest, call.SerializeAsString(), *context), IsOk());
  EXPECT_EQ(calls, 1);
}

TEST_F(GatewayCallTest, TooLargeAnAnswerIsRefusedWithAReason) {
  request_.get = [](const CallContext&, const GetRequestRequest&) -> absl::StatusOr<Request> {
    Request request;
    request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(3000)->resize(4 * 1024 * 1024);
    return request;
  };
  RunningGateway gateway(request_, audit_);
  const auto reply = gateway.Get(gateway.Token({"REQUESTER"}), kName);
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_MESSAGE_TOO_LARGE));
  EXPECT_EQ(GetErrorInfo(reply.status())->metadata().at("limit_bytes"), "4194304");
}

TEST_F(GatewayCallTest, ARoleThatTheMethodIsNotForIsRefusedHereAndReported) {
  RunningGateway gateway(request_, audit_);
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  const auto reply = gateway.Raw(kEndorseRequest, RequestBytes(), *context);
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_EQ(GetErrorInfo(reply.status())->metadata().at("required_roles"), "DEPARTMENT_HEAD");
  EXPECT_EQ(GetErrorInfo(reply.status())->domain(), "docket.gateway");
  const auto events = audit_.WaitForEvents(1);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].type(), "CallDenied");
  EXPECT_EQ(events[0].subject(), kName);
  EXPECT_EQ(events[0].change(), kName);
  EXPECT_EQ(events[0].actor().name(), "organizations/yuehai/people/lin-mei");
  EXPECT_EQ(events[0].actor().client_ip(), "127.0.0.1");
  EXPECT_THAT(events[0].trace_id(), SizeIs(32));
}

TEST_F(GatewayCallTest, AnotherOrganisationsResourceIsRefusedThereAndReportedHere) {
  RunningGateway gateway(request_, audit_);
  EXPECT_THAT(gateway.Get(gateway.Token({"REQUESTER"}), "organizations/other/requests/9"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  const auto events = audit_.WaitForEvents(1);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].change(), "organizations/other/requests/9");
  EXPECT_EQ(events[0].organization(), "organizations/other");
}

TEST_F(GatewayCallTest, WhatAHandlerRefusesTheServiceRecordsItself) {
  request_.get = [](const CallContext&, const GetRequestRequest&) -> absl::StatusOr<Request> {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED, "a rule of the handler's");
  };
  RunningGateway gateway(request_, audit_);
  EXPECT_THAT(gateway.Get(gateway.Token({"REQUESTER"}), kName),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  // The next refusal is the first that is told.
  EXPECT_THAT(gateway.Get(gateway.Token({"REQUESTER"}), "organizations/other/requests/9"),
              StatusIs(absl::StatusCode::kPermissionDenied));
  const auto events = audit_.WaitForEvents(1);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].subject(), "organizations/other/requests/9");
}

TEST_F(GatewayCallTest, ACallerHasSoManyCallsAtATime) {
  absl::Notification begun;
  absl::Notification end;
  request_.get = [&](const CallContext&, const GetRequestRequest& call) -> absl::StatusOr<Request> {
    if (call.name() == kName) {
      begun.Notify();
      end.WaitForNotificationWithTimeout(absl::Seconds(10));
    }
    return Request();
  };
  RunningGateway gateway(request_, audit_, {.max_calls_per_caller = 1});
  const std::string token = gateway.Token({"REQUESTER"});
  std::thread first([&] { EXPECT_THAT(gateway.Get(token, kName), IsOk()); });
  begun.WaitForNotification();
  const auto second = gateway.Get(token, "organizations/yuehai/requests/8");
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_RATE_LIMITED));
  EXPECT_TRUE(GetRetryDelay(second.status()).has_value());
  nlohmann::json other = RunningGateway::Claims({"REQUESTER"});
  other["docket_name"] = "organizations/yuehai/people/wang";
  EXPECT_THAT(gateway.Get(gateway.issuer().Token(other), "organizations/yuehai/requests/8"), IsOk());
  end.Notify();
  first.join();
  EXPECT_TRUE(tests::WaitUntil([&] { return gateway.Get(token, "organizations/yuehai/requests/8").ok(); },
                               absl::Now() + absl::Seconds(10)));
}

TEST_F(GatewayCallTest, ACallerThatSendsNothingLosesItsPlaceInTime) {
  RunningGateway gateway(request_, audit_, {.default_deadline = absl::Milliseconds(100), .max_calls_per_caller = 1});
  const std::string token = gateway.Token({"REQUESTER"});
  const auto context = RunningGateway::Context(token, absl::InfiniteDuration());
  grpc::GenericStub stub(gateway.channel().Next());
  grpc::CompletionQueue queue;
  const auto silent = stub.PrepareCall(context.get(), std::string("/") + kGetRequest, &queue);
  void* tag = nullptr;
  bool ok = false;
  silent->StartCall(&tag);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Status status;
  silent->Finish(&status, &tag);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(tests::WaitUntil([&] { return gateway.Get(token, kName).ok(); }, absl::Now() + absl::Seconds(10)));
}

TEST_F(GatewayCallTest, ACallWithoutAMessageIsMalformed) {
  RunningGateway gateway(request_, audit_);
  const auto context = RunningGateway::Context(gateway.Token({"REQUESTER"}));
  grpc::GenericStub stub(gateway.channel().Next());
  grpc::CompletionQueue queue;
  const auto empty = stub.PrepareCall(context.get(), std::string("/") + kGetRequest, &queue);
  void* tag = nullptr;
  bool ok = false;
  empty->StartCall(&tag);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  empty->WritesDone(&tag);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  grpc::Status status;
  empty->Finish(&status, &tag);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
}

TEST_F(GatewayCallTest, CountsCalls) {
  RunningGateway gateway(request_, audit_);
  ASSERT_THAT(gateway.Get(gateway.Token({"REQUESTER"}), kName), IsOk());
  EXPECT_THAT(gateway.Get("", kName), StatusIs(absl::StatusCode::kUnauthenticated));
  const std::string text = gateway.metrics().Text();
  EXPECT_THAT(
      text,
      HasSubstr("docket_gateway_calls_total{code=\"OK\",method=\"docket.request.v1.RequestService/GetRequest\"} 1"));
  EXPECT_THAT(text, HasSubstr("docket_gateway_calls_total{code=\"UNAUTHENTICATED\",method=\"docket.request.v1."
                              "RequestService/GetRequest\"} 1"));
}

TEST_F(GatewayCallTest, ManyCallersAtOnce) {
  RunningGateway gateway(request_, audit_);
  const std::string token = gateway.Token({"REQUESTER"});
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string name = absl::StrCat("organizations/yuehai/requests/", t, "-", i);
        const auto reply = gateway.Get(token, name);
        if (reply.ok() && reply->name() == name) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

}  // namespace
}  // namespace docket::gateway
