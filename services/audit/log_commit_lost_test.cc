// A COMMIT whose answer never comes. The appender cannot know what became of it; the event's id tells when it is sent
// again.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;
using tests::IsOk;
using tests::StatusIs;

// Stands between a pool and the server's socket, and ends the connection over which the next COMMIT goes: before the
// server sees it, or when the server has answered.
class CommitCutter {
 public:
  enum class When { kNever, kBefore, kAfter };

  explicit CommitCutter(std::string server)
      : server_(std::move(server)), listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = AddressOf(path());
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~CommitCutter() {
    stop_ = true;
    acceptor_.join();
    for (std::thread& connection : connections_) connection.join();
    close(listener_);
  }

  std::string path() const { return dir_.Path("cut.sock"); }
  void CutNext(When when) { next_ = when; }
  int cuts() const { return cuts_; }

 private:
  static sockaddr_un AddressOf(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    return address;
  }

  void Accept() {
    while (!stop_) {
      pollfd ready{.fd = listener_, .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, 20) <= 0) continue;
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_un address = AddressOf(server_);
      EXPECT_EQ(connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
      connections_.emplace_back([this, client, server] {
        while (!stop_ && Carry(client, server)) {
        }
        close(client);
        close(server);
      });
    }
  }

  // False: the connection is over.
  bool Carry(int client, int server) {
    std::array<pollfd, 2> ready{
        {{.fd = client, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}}};
    if (poll(ready.data(), ready.size(), 20) <= 0) return true;
    for (const pollfd& side : ready) {
      if (side.revents == 0) continue;
      const ssize_t size = read(side.fd, buffer(side.fd == client).data(), kBuffer);
      if (size <= 0) return false;
      const char* const bytes = buffer(side.fd == client).data();
      When when = When::kNever;
      if (side.fd == client && absl::EndsWith(absl::string_view(bytes, static_cast<size_t>(size)), "COMMIT"))
        when = next_.exchange(when);
      if (when != When::kNever) ++cuts_;
      if (when == When::kBefore) return false;
      if (write(side.fd == client ? server : client, bytes, static_cast<size_t>(size)) != size) return false;
      if (when == When::kAfter) {
        // The answer is there before the connection ends, so that the server has committed.
        pollfd answer{.fd = server, .events = POLLIN, .revents = 0};
        poll(&answer, 1, 10000);
        return false;
      }
    }
    return true;
  }

  static constexpr size_t kBuffer = 1 << 16;
  static std::array<char, kBuffer>& buffer(bool from_client) {
    thread_local std::array<char, kBuffer> up;
    thread_local std::array<char, kBuffer> down;
    return from_client ? up : down;
  }

  const std::string server_;
  const int listener_;
  tests::TempDir dir_;
  std::atomic<bool> stop_{false};
  std::atomic<When> next_{When::kNever};
  std::atomic<int> cuts_{0};
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

class LogCommitLostTest : public LogTest {
 protected:
  LogCommitLostTest() {
    mysql::ConnectionOptions options = db_.database().options();
    options.socket = cutter_.path();
    pool_ = mysql::Pool::Create({.connection = options, .max_connections = 4});
    log_ = std::make_unique<LogProcess>(*pool_, clock_, signer_, anchor_file());
  }
  ~LogCommitLostTest() override {
    log_.reset();
    pool_.reset();
  }

  CommitCutter cutter_{db_.database().server().socket()};
  std::unique_ptr<mysql::Pool> pool_;
  std::unique_ptr<LogProcess> log_;
};

TEST_F(LogCommitLostTest, WhatWasCommittedIsADuplicateWhenItIsSentAgain) {
  Grow(*log_, 254);
  const std::vector<event::v1::Event> events = NewEvents(4);
  cutter_.CutNext(CommitCutter::When::kAfter);
  EXPECT_THAT(log_->appender.Append(events, Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(cutter_.cuts(), 1);
  EXPECT_EQ(db_.Count("SELECT size FROM tree_state"), 258);
  const auto again = log_->appender.Append(events, Soon());
  ASSERT_THAT(again, IsOk());
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ((*again)[static_cast<size_t>(i)].verdict(), DeliveryResult::VERDICT_DUPLICATE);
    EXPECT_EQ((*again)[static_cast<size_t>(i)].log_index(), 254 + i);
  }
  Grow(*log_, 3);
  ExpectWholeTree(261);
}

TEST_F(LogCommitLostTest, WhatWasNotCommittedIsTakenWhenItIsSentAgain) {
  Grow(*log_, 254);
  const std::vector<event::v1::Event> events = NewEvents(4);
  cutter_.CutNext(CommitCutter::When::kBefore);
  EXPECT_THAT(log_->appender.Append(events, Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(cutter_.cuts(), 1);
  const auto again = log_->appender.Append(events, Soon());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)[0].verdict(), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ((*again)[0].log_index(), 254);
  ExpectWholeTree(258);
}

}  // namespace
}  // namespace docket::audit
