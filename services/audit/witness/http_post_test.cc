#include "services/audit/witness/http_post.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;
using tests::IsOk;
using tests::StatusIs;

// A server of one connection that reads a whole request, says what it was told to, and hangs up or stays silent.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string answer, bool stay = false) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, said = std::move(answer), stay] { Serve(said, stay); });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_, "/w/add-checkpoint"); }
  // Once the answer was given.
  std::string request() {
    shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return request_;
  }

 private:
  void Serve(const std::string& answer, bool stay) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    char buffer[4096];
    while (!IsWhole()) {
      const ssize_t n = recv(connection, buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      request_.append(buffer, static_cast<size_t>(n));
    }
    send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    // Until the client has had enough.
    while (stay && recv(connection, buffer, sizeof(buffer), 0) > 0) {
    }
    close(connection);
  }
  bool IsWhole() const {
    const size_t end = request_.find("\r\n\r\n");
    const size_t length = request_.find("Content-Length: ");
    size_t bytes = 0;
    if (end == std::string::npos || length == std::string::npos) return false;
    const std::string digits = request_.substr(length + 16, request_.find('\r', length) - length - 16);
    return absl::SimpleAtoi(digits, &bytes) && request_.size() >= end + 4 + bytes;
  }

  const int listener_;
  int port_ = 0;
  std::string request_;
  std::thread thread_;
};

absl::Time In(absl::Duration time) { return absl::Now() + time; }

TEST(CurlPosterTest, PostsAndReads) {
  ScriptedServer server("HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 3\r\n\r\n42\n");
  CurlPoster poster;
  const auto answer = poster.Post(server.url(), "old 0\n\nnote\n", In(absl::Seconds(20)));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 409);
  EXPECT_EQ(answer->body, "42\n");
  EXPECT_THAT(server.request(), StartsWith("POST /w/add-checkpoint HTTP/1.1\r\n"));
  EXPECT_THAT(server.request(), EndsWith("\r\n\r\nold 0\n\nnote\n"));
}

TEST(CurlPosterTest, GoesWhereItWasToldAndNowhereElse) {
  ScriptedServer server("HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  CurlPoster poster;
  const auto answer = poster.Post(server.url(), "x", In(absl::Seconds(20)));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 307);
}

TEST(CurlPosterTest, ReadsNoMoreThanAnAnswerCanHave) {
  ScriptedServer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'));
  CurlPoster poster;
  EXPECT_THAT(poster.Post(server.url(), "x", In(absl::Seconds(20))), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(CurlPosterTest, WaitsNoLongerThanItMay) {
  CurlPoster poster;
  // Nothing, half a header, half a body.
  for (const char* said : {"", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}) {
    ScriptedServer server(said, true);
    const absl::Time begin = absl::Now();
    EXPECT_THAT(poster.Post(server.url(), "x", In(absl::Milliseconds(300))), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  }
  EXPECT_THAT(poster.Post("http://127.0.0.1:9/", "x", absl::Now()), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(CurlPosterTest, WhatIsNoAnswer) {
  CurlPoster poster;
  for (const char* said : {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}) {
    ScriptedServer server(said);
    EXPECT_THAT(poster.Post(server.url(), "x", In(absl::Seconds(20))), StatusIs(absl::StatusCode::kUnavailable))
        << said;
  }
  for (const char* url :
       {"", "nowhere", "ftp://127.0.0.1/", "file:///etc/passwd", "http://127.0.0.1:1/", "http://name.invalid/"}) {
    EXPECT_THAT(poster.Post(url, "x", In(absl::Seconds(20))), StatusIs(absl::StatusCode::kUnavailable)) << url;
  }
}

}  // namespace
}  // namespace docket::audit
