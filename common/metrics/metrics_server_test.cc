#include "common/metrics/metrics_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What an HTTP/1.0 server on this port of the loopback answers; empty where nobody does.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t got; (got = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return answer;
}

TEST(MetricsServerTest, ServesMetricsOnAFreePort) {
  Metrics metrics;
  metrics.GetCounter("docket_a_total", "h").Increment();
  const auto observed = metrics.Observe("docket_o", "h", {}, [] { return 7.0; });
  auto server = MetricsServer::Start("127.0.0.1", 0, metrics);
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->port();
  ASSERT_GT(port, 0);
  const std::string answer = Get(port, "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1."));
  EXPECT_THAT(answer, HasSubstr(" 200 "));
  EXPECT_THAT(answer, HasSubstr("docket_a_total 1\n"));
  EXPECT_THAT(answer, HasSubstr("docket_o 7\n"));
  EXPECT_THAT(Get(port, "/"), HasSubstr(" 404 "));
  server->reset();
  EXPECT_EQ(Get(port, "/metrics"), "");
}

TEST(MetricsServerTest, APortInUseIsUnavailable) {
  Metrics metrics;
  const auto first = MetricsServer::Start("127.0.0.1", 0, metrics);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = MetricsServer::Start("127.0.0.1", (*first)->port(), metrics);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable) << second.status();
  EXPECT_THAT(second.status().message(), HasSubstr(absl::StrCat((*first)->port())));
}

TEST(MetricsServerTest, RefusesWhatIsNoAddress) {
  Metrics metrics;
  for (const char* host : {"", "localhost", "127.0.0.1:80", "*", "0.0.0.0,1.2.3.4", "127.0.0.1r"}) {
    EXPECT_EQ(MetricsServer::Start(host, 0, metrics).status().code(), absl::StatusCode::kInvalidArgument) << host;
  }
  EXPECT_EQ(MetricsServer::Start("127.0.0.1", -1, metrics).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MetricsServer::Start("127.0.0.1", 65536, metrics).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace docket
