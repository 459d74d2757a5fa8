#include "tests/support/process.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::tests {
namespace {

using ::testing::HasSubstr;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

ProcessOptions Shell(const std::string& script) { return {.program = "sh", .arguments = {"-c", script}}; }

TEST(ProcessTest, ReturnsTheExitCode) {
  const auto process = Process::Start(Shell("exit 7"));
  ASSERT_THAT(process, IsOk());
  EXPECT_EQ((*process)->Wait(Soon()), 7);
  EXPECT_EQ((*process)->Wait(Soon()), 7);
  EXPECT_FALSE((*process)->running());
  (*process)->Signal(SIGTERM);
  EXPECT_EQ((*process)->Stop(Soon()), 7);
}

TEST(ProcessTest, PassesEnvironmentInputAndFolder) {
  const TempDir dir;
  EXPECT_THAT(RunProgram({.program = "sh",
                          .arguments = {"-c", "echo \"$0 $1 $GREETING\"; cat; pwd; echo oops >&2", "zero", "a b"},
                          .environment = {{"GREETING", "你好"}},
                          .input_file = dir.Write("input", "from input\n"),
                          .working_directory = "/"},
                         Soon()),
              IsOkAndHolds("zero a b 你好\nfrom input\n/\noops\n"));
}

TEST(ProcessTest, AMissingProgramIsAnError) {
  EXPECT_THAT(Process::Start({.program = "no-such-program"}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Process::Start({.program = "/no/such/program"}), StatusIs(absl::StatusCode::kNotFound));
  ProcessOptions nowhere = Shell("true");
  nowhere.working_directory = "/no/such/folder";
  EXPECT_THAT(Process::Start(nowhere), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(RunProgram(Shell("echo why; exit 3"), Soon()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("with 3:\nwhy")));
}

TEST(ProcessTest, WaitsNoLongerThanTheDeadline) {
  const auto process = Process::Start(Shell("exec sleep 1000"));
  ASSERT_THAT(process, IsOk());
  EXPECT_EQ((*process)->Wait(absl::Now() + absl::Milliseconds(20)), std::nullopt);
  EXPECT_TRUE((*process)->running());
  EXPECT_EQ((*process)->Stop(Soon()), 128 + SIGTERM);
}

TEST(ProcessTest, StopKillsWhatDoesNotListen) {
  const TempDir dir;
  ProcessOptions options = Shell("trap '' TERM; echo ready; while true; do sleep 1000; done");
  options.log_file = dir.Path("log");
  const auto process = Process::Start(options);
  ASSERT_THAT(process, IsOk());
  ASSERT_THAT((*process)->WaitForLog("ready", Soon()), IsOk());
  EXPECT_EQ((*process)->Stop(absl::Now() + absl::Milliseconds(50)), 128 + SIGKILL);
}

TEST(ProcessTest, ReadsTheLogOfThisRunOnly) {
  const TempDir dir;
  ProcessOptions options = Shell("echo ready; exec sleep 1000");
  options.log_file = dir.Write("log", "ready already\n");
  const auto process = Process::Start(options);
  ASSERT_THAT(process, IsOk());
  EXPECT_THAT((*process)->WaitForLog("ready\n", Soon()), IsOk());
  EXPECT_EQ((*process)->Log(), "ready\n");
  EXPECT_THAT((*process)->WaitForLog("never", absl::Now() + absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  (*process)->Kill();
  EXPECT_THAT((*process)->WaitForLog("never", Soon()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("ready")));
  EXPECT_EQ(ReadFile(dir.Path("log")), "ready already\nready\n");
}

TEST(ProcessTest, TheEndTakesTheWholeGroup) {
  const TempDir dir;
  ProcessOptions options = Shell("sleep 1000 & echo child $!; wait");
  options.log_file = dir.Path("log");
  pid_t grandchild = 0;
  {
    const auto process = Process::Start(options);
    ASSERT_THAT(process, IsOk());
    ASSERT_THAT((*process)->WaitForLog("\n", Soon()), IsOk());
    ASSERT_TRUE(absl::SimpleAtoi((*process)->Log().substr(6), &grandchild));
    EXPECT_EQ(kill(grandchild, 0), 0);
  }
  // The grandchild's entry goes when its new parent reaps it; until then it is a zombie.
  const std::string state = absl::StrCat("/proc/", grandchild, "/stat");
  EXPECT_TRUE(
      WaitUntil([&] { return ReadFile(state).empty() || ReadFile(state).find(") Z") != std::string::npos; }, Soon()));
}

TEST(ProcessTest, ASuspendedChildStandsStill) {
  const TempDir dir;
  ProcessOptions options = Shell("while true; do echo x; done");
  options.log_file = dir.Path("log");
  const auto process = Process::Start(options);
  ASSERT_THAT(process, IsOk());
  ASSERT_THAT((*process)->WaitForLog("x", Soon()), IsOk());
  (*process)->Suspend();
  const size_t written = (*process)->Log().size();
  EXPECT_EQ((*process)->Wait(absl::Now() + absl::Milliseconds(20)), std::nullopt);
  EXPECT_EQ((*process)->Log().size(), written);
  (*process)->Resume();
  EXPECT_TRUE(WaitUntil([&] { return (*process)->Log().size() > written; }, Soon()));
}

TEST(ProcessTest, AChildOutlivesTheThreadThatStartedIt) {
  std::unique_ptr<Process> process;
  std::thread([&] { process = *Process::Start(Shell("exec sleep 1000")); }).join();
  EXPECT_EQ(process->Wait(absl::Now() + absl::Milliseconds(50)), std::nullopt);
}

TEST(ProcessTest, AChildDiesWithTheTestProgram) {
  // The dying program is this one, started anew up to this test; the environment tells it where to write.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::optional<TempDir> dir;
  if (getenv("DOCKET_TEST_PID_FILE") == nullptr) setenv("DOCKET_TEST_PID_FILE", dir.emplace().Path("pid").c_str(), 1);
  const std::string pid_file = getenv("DOCKET_TEST_PID_FILE");
  EXPECT_EXIT(
      {
        const auto process = Process::Start(Shell(absl::StrCat("echo $$ > ", pid_file, "; exec sleep 1000")));
        (void)WaitUntil([&] { return absl::StrContains(ReadFile(pid_file), "\n"); }, Soon());
        raise(SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  unsetenv("DOCKET_TEST_PID_FILE");
  pid_t child = 0;
  ASSERT_TRUE(absl::SimpleAtoi(ReadFile(pid_file), &child));
  const std::string state = absl::StrCat("/proc/", child, "/stat");
  EXPECT_TRUE(
      WaitUntil([&] { return ReadFile(state).empty() || ReadFile(state).find(") Z") != std::string::npos; }, Soon()));
}

TEST(FreePortTest, IsFree) {
  const int port = FreePort();
  EXPECT_GT(port, 0);
  EXPECT_LT(port, 65536);
}

}  // namespace
}  // namespace docket::tests
