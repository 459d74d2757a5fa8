// Servers and clients with certificates, as the services run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
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

using common::v1::Principal;
using rpctest::v1::PingRequest;
using rpctest::v1::PingResponse;
using testing::EchoService;
using testing::kPingPath;
using testing::Person;

// Two authorities and certificates of both, made by the openssl command.
class Authority {
 public:
  explicit Authority(std::filesystem::path directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out "
        "ca.pem");
  }

  // `alternative_names` as openssl writes them: "DNS:gateway.docket,DNS:localhost".
  TlsFiles Issue(const std::string& name, const std::string& alternative_names) const {
    std::ofstream(directory_ / (name + ".ext")) << "subjectAltName=" << alternative_names << "\n";
    Run(absl::StrCat("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=", name, " -keyout ", name,
                     ".key -out ", name, ".csr"));
    Run(absl::StrCat("x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -in ", name, ".csr -extfile ", name,
                     ".ext -out ", name, ".pem"));
    return {.ca_file = directory_ / "ca.pem",
            .certificate_file = directory_ / (name + ".pem"),
            .key_file = directory_ / (name + ".key")};
  }

 private:
  void Run(const std::string& arguments) const {
    const std::string command =
        absl::StrCat("cd '", directory_.string(), "' && openssl ", arguments, " >openssl.log 2>&1");
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  const std::filesystem::path directory_;
};

class MutualTlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "docket_mtls_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = new std::filesystem::path(pattern);
    ours_ = new Authority(*root_ / "ours");
    theirs_ = new Authority(*root_ / "theirs");
    server_files_ = new TlsFiles(ours_->Issue("request", "DNS:request.docket"));
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*root_);
    delete server_files_;
    delete theirs_;
    delete ours_;
    delete root_;
  }

  void SetUp() override {
    auto server = Server::Start(
        {.service = "request", .address = "127.0.0.1:0", .tls = *server_files_, .drain_delay = absl::ZeroDuration()},
        service_.Table(), {.logger = &logger_, .metrics = &metrics_, .clock = &clock_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  absl::StatusOr<PingResponse> Ping(const std::optional<TlsFiles>& files, const std::optional<Principal>& principal,
                                    const char* expected_service = "request",
                                    absl::Duration timeout = absl::Seconds(10)) {
    auto channel = MakeChannel({.target = absl::StrCat("127.0.0.1:", server_->port()),
                                .service = expected_service,
                                .tls = files,
                                .insecure = !files.has_value()});
    if (!channel.ok()) return channel.status();
    return Call<PingResponse>(**channel, kPingPath, {.deadline = absl::Now() + timeout, .principal = principal},
                              PingRequest());
  }

  // Whether no call came through to the adapter.
  bool Untouched() const { return metrics_.Text().find("docket_rpc_requests_total{") == std::string::npos; }

  static inline std::filesystem::path* root_ = nullptr;
  static inline Authority* ours_ = nullptr;
  static inline Authority* theirs_ = nullptr;
  static inline TlsFiles* server_files_ = nullptr;

  SystemClock clock_;
  Logger logger_{STDERR_FILENO, Severity::kError, "test", clock_};
  Metrics metrics_;
  EchoService service_;
  std::unique_ptr<Server> server_;
  const Principal wang_ = Person("acme", "wang", {common::v1::ROLE_REQUESTER});
};

TEST_F(MutualTlsTest, TheGatewaySpeaksForItsCallers) {
  const auto reply = Ping(ours_->Issue("gateway", "DNS:gateway.docket,DNS:localhost,IP:127.0.0.1"), wang_);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->principal(), "organizations/acme/people/wang");
}

TEST_F(MutualTlsTest, AServiceSpeaksForItself) {
  for (const char* names : {"DNS:evaluation.docket", "URI:spiffe://docket/evaluation"}) {
    const auto reply = Ping(ours_->Issue("evaluation", names), std::nullopt);
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->principal(), "services/evaluation");
    ASSERT_EQ(reply->roles_size(), 1);
    EXPECT_EQ(reply->roles(0), common::v1::ROLE_SERVICE);
  }
}

TEST_F(MutualTlsTest, AForgedPrincipalOfAnyoneElseIsRefused) {
  for (const char* names : {"DNS:docketctl.docket", "DNS:wang.example", "URI:spiffe://elsewhere/gateway",
                            "DNS:gateway.docket,DNS:audit.docket"}) {
    const TlsFiles files = ours_->Issue("other", names);
    for (const std::optional<Principal>& principal : {std::optional<Principal>(wang_), std::optional<Principal>()}) {
      const absl::Status status = Ping(files, principal).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << names;
      EXPECT_EQ(GetReason(status), Reason::REASON_PEER_NOT_TRUSTED) << names;
    }
  }
}

TEST_F(MutualTlsTest, ACertificateOfAnotherAuthorityGetsNoConnection) {
  TlsFiles files = theirs_->Issue("gateway", "DNS:gateway.docket");
  // It trusts our server; our server does not trust it.
  files.ca_file = server_files_->ca_file;
  EXPECT_FALSE(Ping(files, wang_, "request", absl::Seconds(2)).ok());
  EXPECT_TRUE(Untouched());
}

TEST_F(MutualTlsTest, WithoutACertificateThereIsNoConnection) {
  EXPECT_FALSE(Ping(std::nullopt, wang_, "request", absl::Seconds(2)).ok());
  EXPECT_TRUE(Untouched());
}

TEST_F(MutualTlsTest, ClientsInsistOnTheServersNameAndAuthority) {
  const TlsFiles gateway = ours_->Issue("gateway", "DNS:gateway.docket");
  EXPECT_TRUE(Ping(gateway, wang_).ok());
  const absl::Status wrong_name = Ping(gateway, wang_, "audit", absl::Seconds(2)).status();
  EXPECT_EQ(wrong_name.code(), absl::StatusCode::kUnavailable) << wrong_name;
  TlsFiles wrong_authority = gateway;
  wrong_authority.ca_file = theirs_->Issue("x", "DNS:x.docket").ca_file;
  EXPECT_FALSE(Ping(wrong_authority, wang_, "request", absl::Seconds(2)).ok());
}

}  // namespace
}  // namespace docket::rpc
