#include "services/audit/tiles/tile_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "services/audit/testing/log_fixture.h"
#include "services/audit/tiles/gzip.h"

namespace docket::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tests::IsOk;
using tests::StatusIs;

// A client that says exactly what it is told to.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool Send(absl::string_view text) {
    return connected_ && send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Until the server hangs up.
  std::string ReadAll() {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof(buffer), 0)) > 0;) all.append(buffer, static_cast<size_t>(n));
    return all;
  }

 private:
  const int fd_;
  bool connected_ = false;
};

class TileServerTest : public LogTest {
 protected:
  void SetUp() override {
    Grow(*log_, 300);
    ASSERT_THAT(log_->checkpointer.Current(Soon()), IsOk());
    ASSERT_THAT(publisher_.Refresh(nullptr, Soon()), IsOk());
    Start(2);
  }
  void Start(int threads) {
    server_ = OrExit(TileServer::Start("127.0.0.1:0", threads, site_, metrics_), "tile server");
  }
  // Status line, headers and body, all of it.
  std::string Ask(absl::string_view method, absl::string_view path, absl::string_view more = "") {
    RawClient client(server_->port());
    EXPECT_TRUE(client.Send(
        absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: log.example\r\n", more, "Connection: close\r\n\r\n")));
    return client.ReadAll();
  }
  static std::string BodyOf(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  TreePublisher publisher_{log_->store, log_->guard,
                           [this](absl::Time deadline) { return log_->store.LastCheckpoint(deadline); }};
  TileSite site_{publisher_, log_->guard, false};
  Metrics metrics_;
  std::unique_ptr<TileServer> server_;
};

TEST_F(TileServerTest, ServesTheSite) {
  const std::string checkpoint = Ask("GET", "/checkpoint");
  EXPECT_THAT(checkpoint, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(checkpoint, HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(checkpoint, HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_EQ(BodyOf(checkpoint), site_.Get("/checkpoint", Soon()).body);
  const std::string tile = Ask("GET", "/tile/0/000");
  EXPECT_THAT(tile, HasSubstr("\r\nContent-Type: application/octet-stream\r\n"));
  EXPECT_THAT(tile, HasSubstr("\r\nContent-Length: 8192\r\n"));
  EXPECT_THAT(tile, HasSubstr("immutable\r\n"));
  EXPECT_EQ(BodyOf(tile), site_.Get("/tile/0/000", Soon()).body);
  EXPECT_THAT(Ask("GET", "/tile/0/001"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("GET", "/tile/entries/000"), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(metrics_.GetCounter("docket_tile_requests_total", "", {{"kind", "tile"}, {"code", "200"}}).Value(), 1);
  EXPECT_EQ(metrics_.GetCounter("docket_tile_requests_total", "", {{"kind", "entries"}, {"code", "404"}}).Value(), 1);
}

TEST_F(TileServerTest, HeadIsGetWithoutTheBody) {
  const std::string answer = Ask("HEAD", "/tile/0/000");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 8192\r\n"));
  EXPECT_EQ(BodyOf(answer), "");
}

TEST_F(TileServerTest, EntriesAreCompressedForWhoAcceptsIt) {
  TileSite site(publisher_, log_->guard, true);
  server_ = OrExit(TileServer::Start("127.0.0.1:0", 2, site, metrics_), "tile server");
  const std::string plain = Ask("GET", "/tile/entries/000");
  const std::string body = BodyOf(plain);
  EXPECT_EQ(body, site.Get("/tile/entries/000", Soon()).body);
  EXPECT_THAT(plain, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(plain, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  const std::string compressed = Ask("GET", "/tile/entries/000", "Accept-Encoding: deflate, gzip, br\r\n");
  EXPECT_THAT(compressed, HasSubstr("\r\nContent-Encoding: gzip\r\n"));
  EXPECT_THAT(compressed, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_EQ(BodyOf(compressed), Gzip(body));
  EXPECT_LT(BodyOf(compressed).size() * 2, body.size());
  const std::string length = absl::StrCat("\r\nContent-Length: ", BodyOf(compressed).size(), "\r\n");
  EXPECT_THAT(compressed, HasSubstr(length));
  const std::string head = Ask("HEAD", "/tile/entries/000", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(head, HasSubstr(length));
  EXPECT_EQ(BodyOf(head), "");
  EXPECT_EQ(BodyOf(Ask("GET", "/tile/entries/000", "Accept-Encoding: gzip;q=0\r\n")), body);
  // Everything else stays as it is.
  for (const char* path : {"/checkpoint", "/tile/0/000", "/tile/entries/009"}) {
    const std::string answer = Ask("GET", path, "Accept-Encoding: gzip\r\n");
    EXPECT_THAT(answer, Not(HasSubstr("Content-Encoding"))) << path;
    EXPECT_THAT(answer, Not(HasSubstr("Vary"))) << path;
  }
}

TEST_F(TileServerTest, NothingElseIsAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string answer = Ask(method, "/checkpoint", "Content-Length: 3\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n")) << method;
  }
}

TEST_F(TileServerTest, PathsAreComparedAsTheyAreSent) {
  for (const char* path : {"/tile/0/%30%30%30", "/tile/0/../0/000", "/%63heckpoint", "//checkpoint", "/tile/0/000;x",
                           "/..%2f..%2fetc/passwd"}) {
    EXPECT_THAT(Ask("GET", path), Not(StartsWith("HTTP/1.1 200"))) << path;
  }
  // What stands behind a question mark names nothing.
  EXPECT_THAT(Ask("GET", "/checkpoint?now"), StartsWith("HTTP/1.1 200"));
}

TEST_F(TileServerTest, OneConnectionAsksManyTimes) {
  RawClient client(server_->port());
  const std::string ask = "GET /tile/0/001.p/1 HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.Send(ask + ask + "GET /checkpoint HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const std::string all = client.ReadAll();
  int answers = 0;
  for (size_t at = 0; (at = all.find("HTTP/1.1 200 OK\r\n", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 3);
}

TEST_F(TileServerTest, NonsenseIsRefusedAndTheServerGoesOn) {
  for (const std::string& nonsense :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9),
        std::string("GET /checkpoint HTTP/9.9\r\n\r\n"), "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n\r\n",
        "GET /checkpoint HTTP/1.1\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n"}) {
    RawClient client(server_->port());
    client.Send(nonsense);
    EXPECT_THAT(client.ReadAll(), Not(HasSubstr("200 OK"))) << nonsense.substr(0, 40);
  }
  EXPECT_THAT(Ask("GET", "/checkpoint"), StartsWith("HTTP/1.1 200"));
}

// Connections that say nothing hold the threads no longer than a request may take to be sent.
TEST_F(TileServerTest, SilentConnectionsAreEnded) {
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 2; ++i) {
    silent.push_back(std::make_unique<RawClient>(server_->port()));
    ASSERT_TRUE(silent.back()->Send("GET /checkpoint HTTP/1.1\r\nX-Slow: "));
  }
  EXPECT_THAT(Ask("GET", "/checkpoint"), StartsWith("HTTP/1.1 200"));
}

TEST_F(TileServerTest, ManyAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        if (absl::StartsWith(Ask("GET", i % 2 == 0 ? "/tile/0/000" : "/tile/1/000.p/1"), "HTTP/1.1 200")) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
}

TEST_F(TileServerTest, AddressesThatAreNone) {
  for (const char* address :
       {"", "7411", ":7411", "localhost:7411", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
        "127.0.0.1:-1", "::1:7411", "[::1:7411", "127.0.0.1:80,443s", "0.0.0.0:80r"}) {
    EXPECT_THAT(TileServer::Start(address, 1, site_, metrics_), StatusIs(absl::StatusCode::kInvalidArgument))
        << address;
  }
  // Taken already.
  EXPECT_THAT(TileServer::Start(absl::StrCat("127.0.0.1:", server_->port()), 1, site_, metrics_),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace docket::audit
