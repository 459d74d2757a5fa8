#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::bench {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;

// What a server saw of a call.
struct SeenCall {
  std::string request;
  std::string authorization;
  std::string principal;
};

// What it does about it: the status, and the reply where that is OK.
using Answer = std::function<grpc::Status(const SeenCall&, std::string& reply)>;

grpc::Status Echo(const SeenCall& call, std::string& reply) {
  reply = call.request;
  return grpc::Status::OK;
}

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(Answer answer) : answer_(std::move(answer)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Reactor(*context, answer_);
  }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(const grpc::GenericCallbackServerContext& context, const Answer& answer)
        : context_(context), answer_(answer) {
      StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::CANCELLED);
      const auto metadata = [&](const char* name) {
        const auto found = context_.client_metadata().find(name);
        return found == context_.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
      };
      grpc::Slice bytes;
      const grpc::Status read = request_.DumpToSingleSlice(&bytes);
      std::string reply;
      const grpc::Status status = !read.ok() ? read
                                             : answer_({.request = {bytes.begin(), bytes.end()},
                                                        .authorization = metadata("authorization"),
                                                        .principal = metadata("docket-principal-bin")},
                                                       reply);
      if (!status.ok()) return Finish(status);
      const grpc::Slice slice(reply);
      reply_ = grpc::ByteBuffer(&slice, 1);
      StartWriteAndFinish(&reply_, grpc::WriteOptions(), status);
    }
    void OnDone() override { delete this; }

   private:
    const grpc::GenericCallbackServerContext& context_;
    const Answer& answer_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer reply_;
  };

  const Answer answer_;
};

struct ServerOptions {
  int port = 0;
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  absl::Duration max_connection_age = absl::InfiniteDuration();
};

// A gRPC server on 127.0.0.1 that answers any method.
class Server {
 public:
  explicit Server(Answer answer, const ServerOptions& options = {}) : service_(std::move(answer)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", options.port), options.credentials, &port_);
    builder.RegisterCallbackGenericService(&service_);
    if (options.max_connection_age < absl::InfiniteDuration())
      builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                                 static_cast<int>(absl::ToInt64Milliseconds(options.max_connection_age)));
    server_ = builder.BuildAndStart();
  }
  ~Server() { server_->Shutdown(absl::ToChronoTime(absl::Now())); }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Takes one connection, waits for its first bytes, sends some and closes it.
class RudeServer {
 public:
  explicit RudeServer(
      std::string bytes, std::function<void(int port)> before_sending = [](int) {}) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    // Another server may take its place while the connection still stands.
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 1);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, bytes = std::move(bytes), before_sending = std::move(before_sending)] {
      const int connection = accept(listener_, nullptr, nullptr);
      close(listener_);
      std::string received(4096, '\0');
      EXPECT_GT(recv(connection, received.data(), received.size(), 0), 0);
      before_sending(port_);
      EXPECT_EQ(send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
      shutdown(connection, SHUT_WR);
      while (recv(connection, received.data(), received.size(), 0) > 0) {
      }
      close(connection);
    });
  }
  ~RudeServer() { thread_.join(); }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

// Empty SETTINGS and a GOAWAY of a server that has begun no stream.
std::string SettingsAndGoaway(char error, const std::string& reason) {
  return std::string("\0\0\0\4\0\0\0\0\0", 9) + std::string("\0\0", 2) + static_cast<char>(8 + reason.size()) +
         std::string("\7\0\0\0\0\0\0\0\0\0\0\0\0", 13) + error + reason;
}

LoadOptions Options(const std::string& target) {
  return {.target = target,
          .path = "/docket.test.v1.EchoService/Echo",
          .in_flight = 8,
          .warm_up = absl::Milliseconds(50),
          .duration = absl::Milliseconds(300),
          .make_request = [] { return "hello"; }};
}

auto AnsweredAll() {
  return AllOf(Field(&LoadResult::calls, Gt(0)), Field(&LoadResult::errors, 0), Field(&LoadResult::first_error, ""));
}

TEST(LoadTest, EveryCallIsAnswered) {
  absl::Mutex mutex;
  std::vector<SeenCall> seen;
  const Server server([&](const SeenCall& call, std::string& reply) {
    absl::MutexLock lock(&mutex);
    seen.push_back(call);
    return Echo(call, reply);
  });
  LoadOptions options = Options(server.target());
  options.token = std::string(700, 't');
  options.principal = SamplePrincipal();
  options.min_reply_bytes = 5;
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, AnsweredAll());
  EXPECT_THAT(result->p99, Gt(absl::ZeroDuration()));
  absl::MutexLock lock(&mutex);
  EXPECT_THAT(seen,
              Each(AllOf(Field(&SeenCall::request, "hello"), Field(&SeenCall::authorization, "Bearer " + options.token),
                         Field(&SeenCall::principal, options.principal))));
}

TEST(LoadTest, LargeRequestsAndRepliesGoThroughWhole) {
  const Server server(Echo);
  LoadOptions options = Options(server.target());
  options.duration = absl::Seconds(1);
  options.min_reply_bytes = 1 << 20;
  options.make_request = [] { return std::string(1 << 20, 'x'); };
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, AnsweredAll());
}

TEST(LoadTest, AnErrorIsCountedWithItsMessage) {
  const Server server(
      [](const SeenCall&, std::string&) { return grpc::Status(grpc::StatusCode::NOT_FOUND, "没有 100% of it"); });
  const auto result = RunLoad(Options(server.target()));
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->calls, Gt(0));
  EXPECT_EQ(result->errors, result->calls);
  EXPECT_EQ(result->first_error, "NOT_FOUND: 没有 100% of it");
}

TEST(LoadTest, AReplyThatIsTooShortIsAnError) {
  const Server server(Echo);
  LoadOptions options = Options(server.target());
  options.min_reply_bytes = 6;
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->calls, Gt(0));
  EXPECT_EQ(result->errors, result->calls);
  EXPECT_EQ(result->first_error, "NOT_FOUND: the reply holds no answer");
}

TEST(LoadTest, CallsComeAtTheRate) {
  const Server server(Echo);
  LoadOptions options = Options(server.target());
  options.rate = 200;
  options.duration = absl::Seconds(1);
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, AnsweredAll());
  EXPECT_THAT(result->calls, AllOf(Gt(150), Le(201)));
}

TEST(LoadTest, ALostConnectionEndsTheRun) {
  const RudeServer server("");
  LoadOptions options = Options(server.target());
  options.connections = 1;
  options.warm_up = absl::ZeroDuration();
  options.duration = absl::Minutes(1);
  const absl::Time begin = absl::Now();
  const auto result = RunLoad(options);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->errors, Gt(0));
  EXPECT_THAT(result->first_error, HasSubstr("the server has closed the connection"));
}

TEST(LoadTest, AServerThatSendsTheClientAwayIsQuoted) {
  constexpr char kEnhanceYourCalm = 11;
  const RudeServer server(SettingsAndGoaway(kEnhanceYourCalm, "too_many_pings"));
  LoadOptions options = Options(server.target());
  options.connections = 1;
  options.warm_up = absl::Minutes(1);
  EXPECT_THAT(RunLoad(options), StatusIs(absl::StatusCode::kUnavailable,
                                         AllOf(HasSubstr("ENHANCE_YOUR_CALM"), HasSubstr("too_many_pings"))));
}

TEST(LoadTest, ConnectionsThatGetOldAreFollowedByOthers) {
  const Server server(Echo, {.max_connection_age = absl::Milliseconds(200)});
  LoadOptions options = Options(server.target());
  options.duration = absl::Seconds(2);
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, AnsweredAll());
}

TEST(LoadTest, CallsThatAConnectionRefusesGoToTheNext) {
  std::unique_ptr<Server> next;
  const RudeServer first(SettingsAndGoaway(0, ""),
                         [&](int port) { next = std::make_unique<Server>(Echo, ServerOptions{.port = port}); });
  LoadOptions options = Options(first.target());
  options.connections = 1;
  options.warm_up = absl::ZeroDuration();
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, AnsweredAll());
}

TEST(LoadTest, NobodyListening) {
  EXPECT_THAT(RunLoad(Options(absl::StrCat("127.0.0.1:", tests::FreePort()))),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Connection refused")));
}

class LoadTlsTest : public ::testing::Test {
 protected:
  // A certificate that has signed itself, for the name that openssl writes so.
  std::string Certify(const std::string& file, const std::string& name) {
    EXPECT_THAT(tests::RunProgram(
                    {.program = "openssl",
                     .arguments = {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                   "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=" + name, "-keyout",
                                   dir_.Path(file + ".key"), "-out", dir_.Path(file + ".pem")}},
                    absl::Now() + absl::Seconds(30)),
                IsOk());
    return tests::ReadFile(dir_.Path(file + ".pem"));
  }

  std::unique_ptr<Server> Serve(const std::string& file) {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back(
        {tests::ReadFile(dir_.Path(file + ".key")), tests::ReadFile(dir_.Path(file + ".pem"))});
    return std::make_unique<Server>(Echo, ServerOptions{.credentials = grpc::SslServerCredentials(tls)});
  }

  const tests::TempDir dir_;
};

TEST_F(LoadTlsTest, ACertifiedServerIsCalled) {
  const std::string ca = Certify("server", "IP:127.0.0.1");
  const auto server = Serve("server");
  LoadOptions options = Options(server->target());
  options.ca = ca;
  options.min_reply_bytes = 100'000;
  options.make_request = [] { return std::string(100'000, 'x'); };
  const auto result = RunLoad(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, AnsweredAll());
}

TEST_F(LoadTlsTest, AServerOfAnotherAuthorityIsRefused) {
  Certify("server", "IP:127.0.0.1");
  const auto server = Serve("server");
  LoadOptions options = Options(server->target());
  options.ca = Certify("stranger", "IP:127.0.0.1");
  EXPECT_THAT(RunLoad(options), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("certificate")));
}

TEST_F(LoadTlsTest, AServerOfAnotherNameIsRefused) {
  const std::string ca = Certify("server", "IP:127.0.0.9,DNS:example.org");
  const auto server = Serve("server");
  LoadOptions options = Options(server->target());
  options.ca = ca;
  EXPECT_THAT(RunLoad(options), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("IP address mismatch")));
}

}  // namespace
}  // namespace docket::bench
