#include "common/mysql/testing/cutting_proxy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace docket::mysql::testing {
namespace {

// As the client sends it: the command's number (a query), then the statement.
constexpr absl::string_view kCommitCommand =
    "\x03"
    "COMMIT";

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

bool Write(int to, absl::string_view bytes) {
  return write(to, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

void Drop(int from) {
  std::array<char, 65536> buffer;
  (void)!read(from, buffer.data(), buffer.size());
}

}  // namespace

CuttingProxy::CuttingProxy(std::string server_socket) : server_socket_(std::move(server_socket)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(path());
  EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(listener_, 16), 0);
  acceptor_ = std::thread([this] { Accept(); });
}

CuttingProxy::~CuttingProxy() {
  stop_ = true;
  Release();
  DeliverLate();
  acceptor_.join();
  for (std::thread& thread : connections_) thread.join();
  close(listener_);
}

void CuttingProxy::CutCommits(Cut how, int times) {
  absl::MutexLock lock(&mutex_);
  how_ = how;
  times_ = times;
  late_may_go_ = false;
}

void CuttingProxy::Hold() {
  absl::MutexLock lock(&mutex_);
  open_ = false;
}

void CuttingProxy::AwaitHeld(int count) {
  absl::MutexLock lock(&mutex_);
  const auto waits = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return held_ >= count; };
  mutex_.Await(absl::Condition(&waits));
}

void CuttingProxy::Release() {
  absl::MutexLock lock(&mutex_);
  open_ = true;
}

void CuttingProxy::DeliverLate() {
  absl::MutexLock lock(&mutex_);
  late_may_go_ = true;
}

void CuttingProxy::Accept() {
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

Cut CuttingProxy::TakeCut() {
  absl::MutexLock lock(&mutex_);
  ++commits_;
  ++held_;
  mutex_.Await(absl::Condition(&open_));
  --held_;
  if (times_ == 0) return Cut::kNot;
  --times_;
  ++cuts_;
  return how_;
}

void CuttingProxy::Pass(int client, int server) {
  std::array<char, 65536> buffer;
  while (!stop_) {
    std::array<pollfd, 2> ready{
        {{.fd = client, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}}};
    if (poll(ready.data(), ready.size(), 20) <= 0) continue;
    for (int i = 0; i < 2; ++i) {
      if (ready[i].revents == 0) continue;
      const ssize_t n = read(ready[i].fd, buffer.data(), buffer.size());
      if (n <= 0) return;
      const absl::string_view bytes(buffer.data(), static_cast<size_t>(n));
      const Cut cut = i == 0 && absl::EndsWith(bytes, kCommitCommand) ? TakeCut() : Cut::kNot;
      if (cut != Cut::kNot) return EndCut(cut, client, server, bytes);
      if (!Write(i == 0 ? server : client, bytes)) return;
    }
  }
}

void CuttingProxy::EndCut(Cut cut, int client, int server, absl::string_view command) {
  if (cut == Cut::kBefore) return;
  if (cut == Cut::kLate) {
    shutdown(client, SHUT_RDWR);
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&late_may_go_));
  }
  if (!Write(server, command) || cut == Cut::kDuring) return;
  Drop(server);
  // Until the client gives up.
  if (cut == Cut::kSilent) Drop(client);
}

}  // namespace docket::mysql::testing
