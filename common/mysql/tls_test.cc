// The way to a database over the network: certificates both ways.
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/mysql/connection.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::mysql {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::Not;
using ::testing::SizeIs;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new tests::TempDir;
    MakeAuthority("ca");
    MakeAuthority("stranger");
    MakeCertificate("server", "subjectAltName=IP:127.0.0.1");
    MakeCertificate("elsewhere", "subjectAltName=DNS:db.example.org");
    MakeCertificate("client", "extendedKeyUsage=clientAuth");
    server_ = StartServer("server").release();
  }
  static void TearDownTestSuite() {
    delete server_;
    delete dir_;
  }

  static std::string Pem(const std::string& name) { return dir_->Path(name + ".pem"); }
  static std::string Key(const std::string& name) { return dir_->Path(name + ".key"); }

  static void OpenSsl(std::vector<std::string> arguments) {
    ASSERT_THAT(tests::RunProgram({.program = "openssl", .arguments = std::move(arguments)}, Soon()), IsOk());
  }
  static void MakeAuthority(const std::string& name) {
    OpenSsl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=" + name, "-keyout", Key(name), "-out", Pem(name)});
  }
  static void MakeCertificate(const std::string& name, const std::string& extension) {
    OpenSsl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
             Key(name), "-out", dir_->Path(name + ".csr")});
    OpenSsl({"x509", "-req", "-in", dir_->Path(name + ".csr"), "-CA", Pem("ca"), "-CAkey", Key("ca"), "-CAcreateserial",
             "-days", "2", "-extfile", dir_->Write(name + ".ext", extension), "-out", Pem(name)});
  }
  static std::unique_ptr<tests::MariaDb> StartServer(const std::string& certificate) {
    auto server = tests::MariaDb::Start(
        {.arguments = {"--ssl-ca=" + Pem("ca"), "--ssl-cert=" + Pem(certificate), "--ssl-key=" + Key(certificate)}});
    EXPECT_THAT(server, IsOk());
    const auto root = Connection::Open((*server)->Options(), Soon());
    EXPECT_THAT(root, IsOk());
    EXPECT_THAT((*root)->ExecuteUnprepared("CREATE USER docket@'%' IDENTIFIED BY 'secret' REQUIRE SSL"), IsOk());
    EXPECT_THAT((*root)->ExecuteUnprepared("CREATE USER known@'%' IDENTIFIED BY 'secret' REQUIRE X509"), IsOk());
    return *std::move(server);
  }
  static ConnectionOptions Options(const tests::MariaDb& server) {
    return {.host = "127.0.0.1", .port = server.port(), .user = "docket", .password = "secret", .tls_ca = Pem("ca")};
  }

  static tests::TempDir* dir_;
  static tests::MariaDb* server_;
};

tests::TempDir* TlsTest::dir_ = nullptr;
tests::MariaDb* TlsTest::server_ = nullptr;

TEST_F(TlsTest, ACertifiedServerIsTalkedToInCipher) {
  const auto connection = Connection::Open(Options(*server_), Soon());
  ASSERT_THAT(connection, IsOk());
  const auto rows = (*connection)->Query("SHOW SESSION STATUS LIKE 'Ssl_version'");
  ASSERT_THAT(rows, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*rows)[0].Text(1), "TLSv1.3");
}

TEST_F(TlsTest, AServerOfAnotherAuthorityIsRefused) {
  ConnectionOptions options = Options(*server_);
  options.tls_ca = Pem("stranger");
  EXPECT_THAT(Connection::Open(options, Soon()),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
}

TEST_F(TlsTest, AServerOfAnotherNameIsRefused) {
  const std::unique_ptr<tests::MariaDb> elsewhere = StartServer("elsewhere");
  EXPECT_THAT(Connection::Open(Options(*elsewhere), Soon()),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
}

TEST_F(TlsTest, AServerWithoutTlsIsRefused) {
  const auto plain = tests::MariaDb::Start({.arguments = {"--skip-ssl"}});
  ASSERT_THAT(plain, IsOk());
  ConnectionOptions options = Options(**plain);
  options.user = "root";
  options.password = "";
  EXPECT_THAT(Connection::Open(options, Soon()),
              StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  options.tls_ca = "";
  EXPECT_THAT(Connection::Open(options, Soon()), IsOk()) << "the server was not even there";
}

TEST_F(TlsTest, AClientShowsItsOwnCertificate) {
  ConnectionOptions options = Options(*server_);
  options.user = "known";
  EXPECT_THAT(Connection::Open(options, Soon()), Not(IsOk()));
  options.tls_certificate = Pem("client");
  options.tls_key = Key("client");
  EXPECT_THAT(Connection::Open(options, Soon()), IsOk());
}

}  // namespace
}  // namespace docket::mysql
