// The gateway as a process: configuration, TLS, health, shutdown.
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/testing/raw_call.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "docket/event/v1/platform_events.pb.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.pb.h"
#include "gtest/gtest.h"
#include "services/gateway/testing/running_gateway.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::gateway {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using request::v1::GetRequestRequest;
using request::v1::Request;
using testing::AuditBackend;
using ::testing::HasSubstr;
using testing::kGetRequest;
using testing::RequestBackend;
using testing::RunningGateway;
using testing::TestConfig;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

constexpr char kName[] = "organizations/yuehai/requests/7";

absl::StatusOr<std::string> HealthOf(rpc::Channel& channel, const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  const auto response = rpc::Call<HealthCheckResponse>(channel, "grpc.health.v1.Health/Check",
                                                       rpc::CallOptions::After(absl::Seconds(10)), request);
  if (!response.ok()) return response.status();
  return HealthCheckResponse::ServingStatus_Name(response->status());
}

TEST(GatewayHealthTest, IsThatOfEachBackendAndTheGatewayServesMeanwhile) {
  RequestBackend request;
  AuditBackend audit;
  RunningGateway gateway(request, audit);
  ASSERT_THAT(gateway.gateway().CheckBackends(), IsOk());
  for (const char* service : {"", "liveness", "docket.request.v1.RequestService", "docket.request.v1.DirectoryService",
                              "docket.audit.v1.LogService"}) {
    EXPECT_THAT(HealthOf(gateway.channel(), service), IsOkAndHolds(std::string("SERVING"))) << service;
  }
  EXPECT_THAT(HealthOf(gateway.channel(), "docket.event.v1.EventSinkService"), StatusIs(absl::StatusCode::kNotFound));
  gateway.StopRequestServer();
  ASSERT_THAT(gateway.gateway().CheckBackends(), IsOk());
  EXPECT_THAT(HealthOf(gateway.channel(), "docket.request.v1.RequestService"),
              IsOkAndHolds(std::string("NOT_SERVING")));
  EXPECT_THAT(HealthOf(gateway.channel(), "docket.audit.v1.LogService"), IsOkAndHolds(std::string("SERVING")));
  gateway.StopAuditServer();
  ASSERT_THAT(gateway.gateway().CheckBackends(), IsOk());
  EXPECT_THAT(HealthOf(gateway.channel(), "docket.audit.v1.RegisterService"), IsOkAndHolds(std::string("NOT_SERVING")));
  EXPECT_THAT(HealthOf(gateway.channel(), ""), IsOkAndHolds(std::string("SERVING")));
}

TEST(GatewayShutdownTest, CallsUnderWayEndAndNewOnesAreRefused) {
  absl::Notification begun;
  absl::Notification end;
  RequestBackend request;
  request.get = [&](const rpc::CallContext&, const GetRequestRequest& call) -> absl::StatusOr<Request> {
    begun.Notify();
    end.WaitForNotificationWithTimeout(absl::Seconds(10));
    Request answer;
    answer.set_name(call.name());
    return answer;
  };
  AuditBackend audit;
  RunningGateway gateway(request, audit);
  const std::string token = gateway.Token({"REQUESTER"});
  absl::StatusOr<Request> answer = absl::UnknownError("no answer yet");
  std::thread caller([&] { answer = gateway.Get(token, kName); });
  begun.WaitForNotification();
  std::thread stopper([&] { gateway.gateway().Shutdown(); });
  // New calls are refused as soon as the listener is closed, while the old one still runs.
  auto other = *rpc::MakeChannel({.target = absl::StrCat("127.0.0.1:", gateway.gateway().port()), .insecure = true});
  EXPECT_TRUE(tests::WaitUntil([&] { return HealthOf(*other, "").status().code() == absl::StatusCode::kUnavailable; },
                               absl::Now() + absl::Seconds(10)));
  end.Notify();
  caller.join();
  stopper.join();
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->name(), kName);
  gateway.gateway().Shutdown();
  EXPECT_THAT(gateway.Get(token, kName), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(GatewayShutdownTest, RefusalsThatWaitAreReportedBeforeTheEnd) {
  RequestBackend request;
  AuditBackend audit;
  RunningGateway gateway(request, audit);
  for (int i = 0; i < 5; ++i) {
    const auto context = RunningGateway::Context(gateway.Token({"VIEWER"}));
    EXPECT_THAT(gateway.Raw(testing::kEndorseRequest, "", *context), StatusIs(absl::StatusCode::kPermissionDenied));
  }
  gateway.gateway().Shutdown();
  // The first, and one that counts the others.
  const auto events = audit.WaitForEvents(0);
  ASSERT_EQ(events.size(), 2u);
  event::v1::CallDenied payload;
  ASSERT_TRUE(events[1].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.repeat_count(), 4);
}

class GatewayConfigTest : public ::testing::Test {
 protected:
  GatewayConfigTest() {
    const jwt::TestIssuer issuer(jwt::Algorithm::kEdDsa, "k");
    jwks_ = dir_.Write("jwks.json", nlohmann::json{{"keys", {issuer.Jwk()}}}.dump());
  }
  absl::Status Start(const process::v1::GatewayConfig& config) {
    return Gateway::Start(config, {}, clock_, logger_, metrics_).status();
  }

  tests::TempDir dir_;
  SystemClock clock_;
  Logger logger_{-1, Severity::kError, "gateway", clock_};
  Metrics metrics_;
  std::string jwks_;
};

TEST_F(GatewayConfigTest, MistakesAreFoundAtTheStart) {
  const std::map<std::string, int> backends = {{"audit", 1}, {"request", 1}};
  EXPECT_THAT(Start(TestConfig(jwks_, backends)), IsOk());
  EXPECT_THAT(Start(TestConfig(jwks_, {{"request", 1}})),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("audit")));
  EXPECT_THAT(Start(TestConfig(jwks_, {{"audit", 1}, {"requests", 1}})),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("requests")));
  EXPECT_FALSE(Start(TestConfig(dir_.Path("none.json"), backends)).ok());
  EXPECT_FALSE(Start(TestConfig(dir_.Write("bad.json", "{}"), backends)).ok());

  auto config = TestConfig(jwks_, backends);
  *config.add_backends() = config.backends(0);
  EXPECT_THAT(Start(config), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("twice")));
  config = TestConfig(jwks_, backends);
  config.mutable_listener()->set_insecure(false);
  EXPECT_FALSE(Start(config).ok()) << "neither TLS nor insecure";
  config = TestConfig(jwks_, backends);
  config.set_public_insecure(true);
  config.mutable_public_tls()->set_key_file("x");
  EXPECT_THAT(Start(config), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("public_tls")));
}

TEST_F(GatewayConfigTest, TheAddressMustBeFree) {
  auto config = TestConfig(jwks_, {{"audit", 1}});
  config.mutable_listener()->set_port_file(dir_.Path("port"));
  const auto first = Gateway::Start(config, {}, clock_, logger_, metrics_);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(tests::ReadFile(dir_.Path("port")), absl::StrCat((*first)->port(), "\n"));
  config.mutable_listener()->set_address(absl::StrCat("127.0.0.1:", (*first)->port()));
  EXPECT_THAT(Start(config), StatusIs(absl::StatusCode::kUnavailable));
}

// Certificates of one authority, made by the openssl command.
class GatewayTlsTest : public GatewayConfigTest {
 protected:
  void SetUp() override {
    OpenSsl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out "
        "ca.pem");
    for (const char* name : {"gateway", "request", "audit"}) {
      dir_.Write(absl::StrCat(name, ".ext"), absl::StrCat("subjectAltName=DNS:", name, ".docket,DNS:localhost"));
      OpenSsl(absl::StrCat("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=", name, " -keyout ", name,
                           ".key -out ", name, ".csr"));
      OpenSsl(absl::StrCat("x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -in ", name, ".csr -extfile ",
                           name, ".ext -out ", name, ".pem"));
    }
  }
  void OpenSsl(const std::string& arguments) {
    const std::vector<std::string> words = absl::StrSplit(arguments, ' ');
    ASSERT_THAT(tests::RunProgram({.program = "openssl", .arguments = words, .working_directory = dir_.path()},
                                  absl::Now() + absl::Seconds(30)),
                IsOk());
  }
  rpc::TlsFiles FilesOf(const std::string& name) {
    return {.ca_file = dir_.Path("ca.pem"),
            .certificate_file = dir_.Path(name + ".pem"),
            .key_file = dir_.Path(name + ".key")};
  }
  process::v1::Tls TlsOf(const std::string& name) {
    process::v1::Tls tls;
    tls.set_ca_file(FilesOf(name).ca_file);
    tls.set_certificate_file(FilesOf(name).certificate_file);
    tls.set_key_file(FilesOf(name).key_file);
    return tls;
  }
  // A caller that knows the authority and has no certificate of its own.
  std::shared_ptr<grpc::Channel> PublicChannel(int port) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = tests::ReadFile(dir_.Path("ca.pem"));
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(options), arguments);
  }
  absl::Status Get(const std::shared_ptr<grpc::Channel>& connection, const std::string& token) {
    rpc::Channel channel({connection});
    GetRequestRequest call;
    call.set_name(kName);
    const auto context = RunningGateway::Context(token);
    return rpc::FromWire(rpc::testing::RawCall(channel, kGetRequest, call.SerializeAsString(), context.get()));
  }
};

TEST_F(GatewayTlsTest, CallersShowATokenAndTheGatewayItsCertificateToTheBackends) {
  RequestBackend request;
  AuditBackend audit;
  Metrics backend_metrics;
  const auto serve = [&](const std::string& name, rpc::MethodTable table) {
    auto server = rpc::Server::Start(
        {.service = name, .address = "127.0.0.1:0", .tls = FilesOf(name), .drain_delay = absl::ZeroDuration()},
        std::move(table), {.logger = &logger_, .metrics = &backend_metrics, .clock = &clock_});
    EXPECT_THAT(server, IsOk());
    return *std::move(server);
  };
  const auto request_server = serve("request", request.Table());
  const auto audit_server = serve("audit", audit.Table());
  const jwt::TestIssuer issuer(jwt::Algorithm::kEdDsa, "tls");
  auto config = TestConfig(dir_.Write("jwks.json", nlohmann::json{{"keys", {issuer.Jwk()}}}.dump()),
                           {{"request", request_server->port()}, {"audit", audit_server->port()}});
  config.mutable_listener()->set_insecure(false);
  *config.mutable_listener()->mutable_tls() = TlsOf("gateway");
  const auto gateway = Gateway::Start(config, {}, clock_, logger_, metrics_);
  ASSERT_THAT(gateway, IsOk());

  const auto connection = PublicChannel((*gateway)->port());
  EXPECT_THAT(Get(connection, issuer.Token(RunningGateway::Claims({"REQUESTER"}))), IsOk());
  EXPECT_THAT(Get(connection, ""), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(Get(connection, issuer.Token(RunningGateway::Claims({}))), StatusIs(absl::StatusCode::kPermissionDenied));
  const auto events = audit.WaitForEvents(1);
  ASSERT_EQ(events.size(), 1u) << "the audit log takes the gateway's certificate for services/gateway";
  const auto plain =
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", (*gateway)->port()), grpc::InsecureChannelCredentials());
  EXPECT_THAT(Get(plain, issuer.Token(RunningGateway::Claims({"REQUESTER"}))),
              StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_THAT((*gateway)->CheckBackends(), IsOk());
  rpc::Channel channel({connection});
  EXPECT_THAT(HealthOf(channel, "docket.request.v1.RequestService"), IsOkAndHolds(std::string("SERVING")));
}

TEST_F(GatewayTlsTest, ACertificateForCallersIsUsedEvenWhereTheServicesHaveNone) {
  RequestBackend request;
  AuditBackend audit;
  rpc::testing::TestServer request_server(request.Table());
  const jwt::TestIssuer issuer(jwt::Algorithm::kEdDsa, "tls");
  auto config = TestConfig(dir_.Write("jwks.json", nlohmann::json{{"keys", {issuer.Jwk()}}}.dump()),
                           {{"request", request_server.server().port()}, {"audit", request_server.server().port()}});
  *config.mutable_public_tls() = TlsOf("gateway");
  const auto gateway = Gateway::Start(config, {}, clock_, logger_, metrics_);
  ASSERT_THAT(gateway, IsOk());
  const std::string token = issuer.Token(RunningGateway::Claims({"REQUESTER"}));
  EXPECT_THAT(Get(PublicChannel((*gateway)->port()), token), IsOk());
  const auto plain =
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", (*gateway)->port()), grpc::InsecureChannelCredentials());
  EXPECT_THAT(Get(plain, token), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace docket::gateway
