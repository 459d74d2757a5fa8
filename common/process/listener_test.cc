#include "common/process/listener.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::process {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;

absl::StatusOr<CommandLine> Parse(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  return ParseCommandLine(static_cast<int>(pointers.size()), pointers.data());
}

TEST(ListenerTest, ACommandLineIsACommandAndAFile) {
  for (const std::string command : {"serve", "migrate"}) {
    const auto line = Parse({"docket-request", command, "--config=/etc/docket/request.json"});
    ASSERT_THAT(line, IsOk());
    EXPECT_EQ(line->command, command);
    EXPECT_EQ(line->config_file, "/etc/docket/request.json");
  }
}

TEST(ListenerTest, AnyOtherCommandLineIsAnsweredWithTheUsage) {
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {"docket-request"},
                                                                 {"docket-request", "serve"},
                                                                 {"docket-request", "serve", "--config="},
                                                                 {"docket-request", "serve", "/etc/docket.json"},
                                                                 {"docket-request", "Serve", "--config=x"},
                                                                 {"docket-request", "serve", "--config=x", "more"}}) {
    const absl::Status status = Parse(words).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("serve|migrate --config=FILE"));
  }
}

TEST(ListenerTest, ExactlyOneOfTlsAndInsecureIsChosen) {
  v1::Listener listener;
  EXPECT_FALSE(CheckListener(listener).ok());
  listener.set_insecure(true);
  EXPECT_THAT(CheckListener(listener), IsOk());
  listener.mutable_tls()->set_ca_file("ca");
  EXPECT_FALSE(CheckListener(listener).ok());
  listener.set_insecure(false);
  EXPECT_THAT(CheckListener(listener), IsOk());
}

TEST(ListenerTest, WhatIsNotSaidHasADefault) {
  v1::Listener listener;
  listener.set_address("127.0.0.1:7401");
  listener.set_insecure(true);
  const rpc::ServerOptions options = ServerOptionsOf(listener, "request");
  EXPECT_EQ(options.service, "request");
  EXPECT_EQ(options.address, "127.0.0.1:7401");
  EXPECT_FALSE(options.tls.has_value());
  EXPECT_EQ(options.workers, kDefaultWorkers);
  EXPECT_EQ(options.queue_limit, 4 * kDefaultWorkers);
  EXPECT_EQ(SeverityOf(listener), Severity::kInfo);

  listener.set_workers(3);
  listener.set_queue_limit(5);
  listener.mutable_drain_delay()->set_nanos(250'000'000);
  listener.set_log_severity(std::string(SeverityName(Severity::kError)));
  const rpc::ServerOptions said = ServerOptionsOf(listener, "request");
  EXPECT_EQ(said.workers, 3);
  EXPECT_EQ(said.queue_limit, 5);
  EXPECT_EQ(said.drain_delay, absl::Milliseconds(250));
  EXPECT_EQ(SeverityOf(listener), Severity::kError);
}

TEST(ListenerTest, APeerThatIsNotNamedHasNoChannel) {
  const absl::Status status = ChannelTo(v1::Listener(), {}, "audit").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("audit"));
}

}  // namespace
}  // namespace docket::process
