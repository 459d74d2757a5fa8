// A COMMIT whose answer never comes: a proxy between the pool and the server cuts the connection at it.
#include <fcntl.h>
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
#include <vector>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/events/testing/event_tables.h"
#include "common/mutation/mutation.h"
#include "common/mutation/schema.h"
#include "common/mysql/error_table.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket {
namespace {

using tests::IsOk;
using tests::StatusIs;

// As the client sends it: the command's number (a query), then the statement.
constexpr absl::string_view kCommitCommand =
    "\x03"
    "COMMIT";

enum class Cut {
  kNot,
  // The server never sees the COMMIT.
  kBefore,
  // The server commits, and its answer is lost.
  kAfter,
  // The connection is cut while the server may still be committing.
  kDuring,
};

// Passes bytes between clients and the server's socket.
class CuttingProxy {
 public:
  explicit CuttingProxy(std::string server_socket) : server_socket_(std::move(server_socket)) {
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = Address(path());
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~CuttingProxy() {
    stop_ = true;
    acceptor_.join();
    for (std::thread& thread : connections_) thread.join();
    close(listener_);
  }

  std::string path() const { return dir_.Path("proxy.sock"); }
  // What happens to the next `times` COMMITs.
  void CutCommits(Cut how, int times) {
    absl::MutexLock lock(&mutex_);
    how_ = how;
    times_ = times;
  }
  int cuts() const { return cuts_; }

 private:
  static sockaddr_un Address(const std::string& path) {
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
      const sockaddr_un address = Address(server_socket_);
      EXPECT_EQ(connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
      connections_.emplace_back([this, client, server] {
        Pass(client, server);
        close(client);
        close(server);
      });
    }
  }

  Cut TakeCut() {
    absl::MutexLock lock(&mutex_);
    if (times_ == 0) return Cut::kNot;
    --times_;
    ++cuts_;
    return how_;
  }

  void Pass(int client, int server) {
    std::array<char, 65536> buffer;
    while (!stop_) {
      std::array<pollfd, 2> ready{
          {{.fd = client, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}}};
      if (poll(ready.data(), ready.size(), 20) <= 0) continue;
      for (int i = 0; i < 2; ++i) {
        if (ready[i].revents == 0) continue;
        const ssize_t n = read(ready[i].fd, buffer.data(), buffer.size());
        if (n <= 0) return;
        const Cut cut =
            i == 0 && absl::EndsWith(absl::string_view(buffer.data(), n), kCommitCommand) ? TakeCut() : Cut::kNot;
        if (cut == Cut::kBefore) return;
        if (write(i == 0 ? server : client, buffer.data(), n) != n) return;
        if (cut == Cut::kAfter) (void)!read(server, buffer.data(), buffer.size());
        if (cut != Cut::kNot) return;
      }
    }
  }

  const std::string server_socket_;
  tests::TempDir dir_;
  int listener_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<int> cuts_{0};
  absl::Mutex mutex_;
  Cut how_ ABSL_GUARDED_BY(mutex_) = Cut::kNot;
  int times_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

class MutationCommitLostTest : public ::testing::Test {
 protected:
  using Reply = event::v1::RequestSnapshot;

  MutationCommitLostTest() {
    events::testing::Migrate(database_, "mutation", mutation::Schema());
    database_.Run({"CREATE TABLE thing (id BINARY(16) NOT NULL PRIMARY KEY)"});
    call_.set_parent("organizations/acme");
    call_.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  }

  std::unique_ptr<mysql::Pool> MakePool() {
    mysql::ConnectionOptions options = database_.options();
    options.socket = proxy_.path();
    return mysql::Pool::Create({.connection = options});
  }

  absl::StatusOr<Reply> Run() {
    const rpc::CallContext context({.principal = rpc::testing::Person("acme", "wang", {common::v1::ROLE_REQUESTER}),
                                    .method = "docket.rpctest.v1.EchoService/CreateNote",
                                    .deadline = absl::Now() + absl::Seconds(20),
                                    .request = &call_});
    return mutations_.Run<Reply>(
        context, {.resource = "organizations/acme/requests/7"},
        [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<Reply> {
          const std::string id = uuids_.Next();
          DOCKET_RETURN_IF_ERROR(tx.Execute("INSERT INTO thing (id) VALUES (?)", {id}).status());
          recorder.Add(event::v1::RequestCreated(), {.subject = "organizations/acme/requests/7"});
          Reply reply;
          reply.set_name(FormatUuid(id));
          return reply;
        });
  }

  void ExpectHappenedOnce(const absl::StatusOr<Reply>& reply) {
    ASSERT_THAT(reply, IsOk());
    const auto direct = mysql::Pool::Create({.connection = database_.options()});
    const auto things = direct->Query(absl::Now() + absl::Seconds(10), "SELECT id FROM thing");
    ASSERT_THAT(things, IsOk());
    ASSERT_EQ(things->size(), 1u);
    EXPECT_EQ(FormatUuid((*things)[0].Text(0)), reply->name());
    const auto left = direct->Query(absl::Now() + absl::Seconds(10), "SELECT COUNT(*) FROM outbox");
    ASSERT_THAT(left, IsOk());
    EXPECT_EQ((*left)[0].Int(0), 1);
    EXPECT_GE(wakes_, 1);
  }

  events::testing::EventDatabase database_;
  CuttingProxy proxy_{database_.server().socket()};
  std::unique_ptr<mysql::Pool> pool_ = MakePool();
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  UuidGenerator uuids_{clock_};
  Logger logger_{-1, Severity::kError, "test", clock_};
  std::atomic<int> wakes_{0};
  Mutations mutations_{*pool_, clock_, uuids_, logger_, "services/request", [this] { ++wakes_; }};
  rpctest::v1::CreateNoteRequest call_;
};

TEST_F(MutationCommitLostTest, WhatWasCommittedIsAnswered) {
  proxy_.CutCommits(Cut::kAfter, 1);
  ExpectHappenedOnce(Run());
  EXPECT_EQ(proxy_.cuts(), 1);
}

TEST_F(MutationCommitLostTest, WhatWasNotCommittedIsDoneAgain) {
  proxy_.CutCommits(Cut::kBefore, 2);
  ExpectHappenedOnce(Run());
  EXPECT_EQ(proxy_.cuts(), 2);
}

TEST_F(MutationCommitLostTest, WhatMayBeCommittingHappensOnce) {
  proxy_.CutCommits(Cut::kDuring, 1);
  ExpectHappenedOnce(Run());
  EXPECT_EQ(proxy_.cuts(), 1);
}

TEST_F(MutationCommitLostTest, GivesUpAfterSomeTriesAndTheCallerMayRepeat) {
  proxy_.CutCommits(Cut::kBefore, 3);
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  EXPECT_EQ(proxy_.cuts(), 3);
  ExpectHappenedOnce(Run());
}

TEST_F(MutationCommitLostTest, WithoutARequestIdNobodyCanTell) {
  call_.clear_request_id();
  proxy_.CutCommits(Cut::kAfter, 1);
  const absl::StatusOr<Reply> reply = Run();
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(mysql::IsCommitLost(reply.status()));
}

}  // namespace
}  // namespace docket
