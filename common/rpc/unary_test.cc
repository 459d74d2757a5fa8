// Unary calls through a real server: what the adapter sees to before and after a handler.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/metrics/metrics.h"
#include "common/rpc/caller.h"
#include "common/rpc/testing/echo_service.h"
#include "common/rpc/testing/raw_call.h"
#include "common/rpc/testing/test_server.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

using common::v1::Principal;
using common::v1::Role;
using rpctest::v1::CreateNoteRequest;
using rpctest::v1::EchoRequest;
using rpctest::v1::EchoResponse;
using rpctest::v1::Note;
using rpctest::v1::PingRequest;
using rpctest::v1::PingResponse;
using testing::DocketService;
using testing::EchoOf;
using testing::EchoService;
using ::testing::HasSubstr;
using testing::kCreateNotePath;
using testing::kEchoPath;
using testing::kForgottenPath;
using testing::kPingPath;
using testing::Person;
using testing::RawCall;
using testing::Shows;
using testing::TestServer;
using testing::Wang;

CreateNoteRequest GoodCreate() {
  CreateNoteRequest request;
  request.set_parent("organizations/acme");
  request.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  Note& note = *request.mutable_note();
  note.set_title("标题");
  note.set_kind(Note::KIND_SMALL);
  note.set_agreed(true);
  auto* target = note.add_targets();
  target->set_system("organizations/acme/systems/doors");
  target->set_to_version("2");
  return request;
}

class UnaryTest : public ::testing::Test {
 protected:
  EchoService service_;
};

TEST_F(UnaryTest, ServesWithEverythingThatTheHandlerNeeds) {
  TestServer server(service_.Table());
  const TraceContext trace = TraceContext::New();
  const auto reply = rpc::Call<EchoResponse>(
      server.channel(), kEchoPath, {.deadline = absl::Now() + absl::Seconds(5), .principal = Wang(), .trace = trace},
      EchoOf("你好"));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->text(), "你好");
  EXPECT_EQ(reply->principal(), "organizations/acme/people/wang");
  EXPECT_EQ(reply->organization(), "organizations/acme");
  EXPECT_EQ(reply->trace_id(), trace.trace_id());
  EXPECT_GT(reply->remaining_millis(), 3000);
  // gRPC rounds on the wire.
  EXPECT_LE(reply->remaining_millis(), 5100);
}

TEST_F(UnaryTest, BoundsDeadlines) {
  TestServer server(service_.Table(), {.default_deadline = absl::Seconds(7), .max_deadline = absl::Seconds(20)});
  const auto capped = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf(""), absl::Hours(5));
  ASSERT_TRUE(capped.ok()) << capped.status();
  EXPECT_LE(capped->remaining_millis(), 20'000);
  EXPECT_GT(capped->remaining_millis(), 15'000);

  std::atomic<int64_t> remaining{0};
  service_.echo = [&remaining](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    remaining = absl::ToInt64Milliseconds(context.deadline() - absl::Now());
    return EchoResponse();
  };
  grpc::ClientContext without_deadline;
  without_deadline.AddMetadata(kPrincipalKey, Wang().SerializeAsString());
  const std::string bytes = EchoOf("").SerializeAsString();
  EXPECT_TRUE(RawCall(server.channel(), kEchoPath, bytes, &without_deadline).ok());
  EXPECT_LE(remaining, 7'000);
  EXPECT_GT(remaining, 2'000);
}

// Every method × every role, as the contract has it.
TEST_F(UnaryTest, AccessMatrix) {
  TestServer server(service_.Table());
  CreateNoteRequest create = GoodCreate();
  for (int r = 0; r < common::v1::Role_descriptor()->value_count(); ++r) {
    const auto role = static_cast<Role>(common::v1::Role_descriptor()->value(r)->number());
    const Principal caller = Person("acme", "li", {role});
    const absl::Status echo = server.Call<EchoResponse>(kEchoPath, caller, EchoOf("")).status();
    const absl::Status note = server.Call<Note>(kCreateNotePath, caller, create).status();
    const absl::Status ping = server.Call<PingResponse>(kPingPath, caller, PingRequest()).status();
    const absl::Status forgotten = server.Call<PingResponse>(kForgottenPath, caller, PingRequest()).status();
    EXPECT_EQ(echo.ok(), role == common::v1::ROLE_REQUESTER || role == common::v1::ROLE_AUDITOR ||
                             role == common::v1::ROLE_SERVICE)
        << r;
    EXPECT_EQ(note.ok(), role == common::v1::ROLE_REQUESTER || role == common::v1::ROLE_ADMINISTRATOR) << r;
    EXPECT_EQ(ping.ok(), role == common::v1::ROLE_REQUESTER || role == common::v1::ROLE_SERVICE) << r;
    EXPECT_FALSE(forgotten.ok()) << r;
    for (const absl::Status& status : {echo, note, ping, forgotten}) {
      EXPECT_TRUE(status.ok() || GetReason(status) == Reason::REASON_ROLE_REQUIRED) << status;
    }
  }
}

TEST_F(UnaryTest, RefusesWhoIsNobodyAndOtherOrganizations) {
  TestServer server(service_.Table());
  const absl::Status nobody = server.Call<EchoResponse>(kEchoPath, std::nullopt, EchoOf("")).status();
  EXPECT_EQ(nobody.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(GetReason(nobody), Reason::REASON_CREDENTIALS_MISSING);

  EchoRequest elsewhere = EchoOf("");
  elsewhere.set_parent("organizations/other");
  EXPECT_EQ(GetReason(server.Call<EchoResponse>(kEchoPath, Wang(), elsewhere).status()),
            Reason::REASON_OTHER_ORGANIZATION);
  const auto service = server.Call<EchoResponse>(kEchoPath, DocketService("audit"), elsewhere);
  ASSERT_TRUE(service.ok()) << service.status();
  EXPECT_EQ(service->organization(), "organizations/other");
}

TEST_F(UnaryTest, PermissionComesBeforeTheRules) {
  TestServer server(service_.Table());
  EchoRequest wrong = EchoOf("much longer than twenty characters");
  wrong.set_parent("organizations/other");
  EXPECT_EQ(server.Call<EchoResponse>(kEchoPath, Wang(), wrong).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(UnaryTest, ReportsAllViolationsAtOnce) {
  TestServer server(service_.Table());
  CreateNoteRequest request = GoodCreate();
  request.set_request_id("not a uuid");
  request.set_parent("");
  request.mutable_note()->set_title("");
  request.mutable_note()->add_targets()->set_system("organizations/other/systems/x");
  const absl::Status status = server.Call<Note>(kCreateNotePath, Wang(), request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FIELDS);
  std::vector<std::string> fields;
  const auto bad = GetBadRequest(status);
  ASSERT_TRUE(bad.has_value());
  for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ::testing::ElementsAre("parent", "note.title", "note.targets[1].to_version", "request_id"));
}

TEST_F(UnaryTest, ReportsWhatIsAlsoCheckedWithTheRest) {
  MethodTable table = service_.Table();
  void (*check)(const CreateNoteRequest&, FieldViolations&) = [](const CreateNoteRequest& request,
                                                                 FieldViolations& violations) {
    violations.Require(request.note().title() != "门禁", "note.title", "must not be the word alone");
  };
  table.AlsoCheck(kCreateNotePath, check);
  TestServer server(std::move(table));
  CreateNoteRequest request = GoodCreate();
  EXPECT_TRUE(server.Call<Note>(kCreateNotePath, Wang(), request).ok());
  request.mutable_note()->set_title("门禁");
  request.set_request_id("not a uuid");
  request.mutable_note()->add_targets()->set_system("organizations/other/systems/x");
  const auto bad = GetBadRequest(server.Call<Note>(kCreateNotePath, Wang(), request).status());
  ASSERT_TRUE(bad.has_value());
  std::vector<std::string> fields;
  for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ::testing::ElementsAre("note.targets[1].system", "note.targets[1].to_version", "request_id",
                                             "note.title"));
}

TEST_F(UnaryTest, ReferencesMustStayWithinTheOrganization) {
  TestServer server(service_.Table());
  CreateNoteRequest request = GoodCreate();
  request.mutable_note()->mutable_targets(0)->set_system("organizations/other/systems/x");
  const absl::Status status = server.Call<Note>(kCreateNotePath, Wang(), request).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("note.targets[0].system: must belong to organizations/acme"));
}

TEST_F(UnaryTest, AResourceFieldThatNamesNoOrganizationIsAWrongField) {
  TestServer server(service_.Table());
  rpctest::v1::UpdateNoteRequest request;
  request.mutable_note()->set_title("x");
  request.set_request_id(GoodCreate().request_id());
  const absl::Status status = server.Call<Note>(testing::kUpdateNotePath, Wang(), request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetBadRequest(status)->field_violations(0).field(), "note.name");
}

TEST_F(UnaryTest, MutatingCallsNeedAUuid) {
  TestServer server(service_.Table());
  CreateNoteRequest request = GoodCreate();
  request.clear_request_id();
  EXPECT_EQ(GetBadRequest(server.Call<Note>(kCreateNotePath, Wang(), request).status())->field_violations(0).field(),
            "request_id");
  // Its rules leave Ping's request_id optional, but what is there must be a UUID.
  PingRequest ping;
  EXPECT_TRUE(server.Call<PingResponse>(kPingPath, Wang(), ping).ok());
  ping.set_request_id("0194C2F0-3D1A-7C5E-9B21-6F0A4D8E2C17");
  EXPECT_FALSE(server.Call<PingResponse>(kPingPath, Wang(), ping).ok());
}

TEST_F(UnaryTest, OutputOnlyFieldsDoNotReachTheHandler) {
  TestServer server(service_.Table());
  CreateNoteRequest request = GoodCreate();
  request.mutable_note()->set_state("APPROVED");
  const auto note = server.Call<Note>(kCreateNotePath, Wang(), request);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->state(), "");
  EXPECT_EQ(note->title(), "标题");
}

TEST_F(UnaryTest, AHandlerMayValidateItself) {
  MethodTable table = service_.Table();
  table.LeaveValidationToHandler(kEchoPath);
  TestServer server(std::move(table));
  EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("much longer than twenty characters")).ok());
  EXPECT_FALSE(server.Call<Note>(kCreateNotePath, Wang(), CreateNoteRequest()).ok());
}

TEST_F(UnaryTest, RefusesWhatDoesNotParse) {
  TestServer server(service_.Table());
  for (const std::string& wrong :
       {std::string("\xff\xff\xff"), std::string("\x12\x02\xc3\x28", 4) /* text that is not UTF-8 */}) {
    grpc::ClientContext context;
    context.AddMetadata(kPrincipalKey, Wang().SerializeAsString());
    const absl::Status status = FromWire(RawCall(server.channel(), kEchoPath, wrong, &context));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetReason(status), Reason::REASON_MALFORMED_MESSAGE);
  }
}

TEST_F(UnaryTest, RefusesUnknownMethods) {
  TestServer server(service_.Table());
  for (const char* path : {"docket.rpctest.v1.EchoService/Nothing", "docket.rpctest.v1.IdleService/Rest"}) {
    const absl::Status status = server.Call<EchoResponse>(path, Wang(), EchoOf("")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_EQ(GetReason(status), Reason::REASON_UNKNOWN_METHOD);
  }
}

TEST_F(UnaryTest, HandlersErrorsArriveWhole) {
  TestServer server(service_.Table());
  service_.echo = [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    return Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "read it again", {{"etag", "x"}});
  };
  const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "read it again");
  EXPECT_EQ(GetReason(status), Reason::REASON_STALE_ETAG);
  EXPECT_EQ(GetErrorInfo(status)->domain(), "docket.test");
}

TEST_F(UnaryTest, AHandlerMayFillItsReplyIn) {
  rpctest::v1::UpdateNoteRequest request;
  *request.mutable_note() = GoodCreate().note();
  request.mutable_note()->set_name("organizations/acme/notes/n");
  request.set_request_id(GoodCreate().request_id());
  service_.update_note = [](const CallContext& context, const rpctest::v1::UpdateNoteRequest& call, Note& reply) {
    reply.set_title(call.note().title());
    // Some of it is there before it fails.
    for (int i = 0; i < 3; ++i) reply.add_targets()->set_system(std::string(100'000, 's'));
    return context.principal().name() == Wang().name()
               ? absl::OkStatus()
               : Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "read it again");
  };
  TestServer server(service_.Table());
  const auto note = server.Call<Note>(testing::kUpdateNotePath, Wang(), request);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->title(), "标题");
  ASSERT_EQ(note->targets_size(), 3);
  EXPECT_EQ(note->targets(2).system(), std::string(100'000, 's'));
  const Principal li = Person("acme", "li", {common::v1::ROLE_REQUESTER});
  EXPECT_EQ(GetReason(server.Call<Note>(testing::kUpdateNotePath, li, request).status()), Reason::REASON_STALE_ETAG);
}

TEST_F(UnaryTest, ExceptionsBecomeInternalAndStayInside) {
  TestServer server(service_.Table());
  for (int i = 0; i < 2; ++i) {
    service_.echo = [i](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
      if (i == 0) throw std::runtime_error("secret");
      throw 42;
    };
    const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_EQ(GetReason(status), Reason::REASON_INTERNAL);
    EXPECT_EQ(status.ToString().find("secret"), std::string::npos);
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("trace_id").size(), 32);
  }
  service_.echo = EchoService::Describe;
  EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).ok());
}

TEST_F(UnaryTest, TheUgliestErrorFitsTheTrailers) {
  TestServer server(service_.Table());
  service_.echo = [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    FieldViolations violations;
    std::string ugly;
    for (int i = 0; i < 500; ++i) ugly += "错";
    for (int i = 0; i < 100; ++i) violations.Add(absl::StrCat("request.targets[", i, "].", ugly), ugly);
    return violations.ToStatus();
  };
  const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status();
  // gRPC would have put RESOURCE_EXHAUSTED in the place of trailers beyond 8 KiB.
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FIELDS);
}

TEST_F(UnaryTest, RefusesRepliesThatAreTooLarge) {
  TestServer server(service_.Table(), {.max_message_bytes = 10'000});
  service_.echo = [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    EchoResponse response;
    response.set_payload(std::string(10'001, 'x'));
    return response;
  };
  const absl::Status status = server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetReason(status), Reason::REASON_MESSAGE_TOO_LARGE);
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("limit_bytes"), "10000");
}

TEST_F(UnaryTest, CountsCallsByMethodAndCode) {
  TestServer server(service_.Table());
  EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).ok());
  EXPECT_TRUE(server.Call<EchoResponse>(kEchoPath, Wang(), EchoOf("")).ok());
  EXPECT_FALSE(server.Call<EchoResponse>(kEchoPath, std::nullopt, EchoOf("")).ok());
  EXPECT_TRUE(Shows(server, "docket_rpc_requests_total{code=\"OK\",method=\"docket.rpctest.v1.EchoService/Echo\"} 2"));
  EXPECT_TRUE(Shows(
      server, "docket_rpc_requests_total{code=\"UNAUTHENTICATED\",method=\"docket.rpctest.v1.EchoService/Echo\"} 1"));
  EXPECT_TRUE(Shows(server, "docket_rpc_seconds_count{method=\"docket.rpctest.v1.EchoService/Echo\"} 3"));
  EXPECT_TRUE(Shows(server, "docket_rpc_queue_seconds_count 2"));
  EXPECT_TRUE(Shows(server, "docket_metrics_refused_total 0"));
}

}  // namespace
}  // namespace docket::rpc
