// Child processes for tests: real programs, started, signalled, waited for and always reaped.
//
//   TempDir dir;
//   absl::StatusOr<std::unique_ptr<Process>> request =
//       Process::Start({.program = "/path/to/request", .arguments = {"--port=0"}, .log_file =
//       dir.Path("request.log")});
//   ASSERT_THAT((*request)->WaitForLog("serving on port", absl::Now() + absl::Seconds(20)), IsOk());
//   (*request)->Signal(SIGTERM);
//   EXPECT_EQ((*request)->Wait(absl::Now() + absl::Seconds(10)), 0);
//
// A child runs in its own process group and dies with the test program, whatever ends that. The child is made by fork
// and exec with nothing but async-signal-safe calls between, so threads of the test do no harm.
#ifndef DOCKET_TESTS_SUPPORT_PROCESS_H_
#define DOCKET_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace docket::tests {

struct ProcessOptions {
  // A path, or a name that is looked for in $PATH, /usr/sbin and /sbin.
  std::string program;
  std::vector<std::string> arguments;
  // Added to this process's environment.
  std::map<std::string, std::string> environment;
  // Where standard output and error go, appended. Empty: nowhere.
  std::string log_file;
  // Where standard input comes from. Empty: nowhere.
  std::string input_file;
  // Empty: this process's.
  std::string working_directory;
};

class Process {
 public:
  // NOT_FOUND when the program does not exist or cannot be executed.
  static absl::StatusOr<std::unique_ptr<Process>> Start(ProcessOptions options);
  // Kill().
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running() { return !Reap(); }
  // Sends a signal to the child alone; nothing once it has ended.
  void Signal(int signal);
  // Makes the child stand still (SIGSTOP), and returns once all its threads do; and lets it go on.
  void Suspend();
  void Resume();
  // SIGKILL to the child and its process group, unless the child has ended by itself; then reaps it.
  void Kill();
  // The exit code once the child has ended (128 + signal where a signal ended it), nothing when the deadline passes
  // first.
  std::optional<int> Wait(absl::Time deadline);
  // SIGTERM, and SIGKILL if that has not ended it by the deadline. Returns the exit code.
  int Stop(absl::Time deadline);
  // Waits until the log file holds `text`: FAILED_PRECONDITION with the log's end when the child ends first,
  // DEADLINE_EXCEEDED.
  absl::Status WaitForLog(absl::string_view text, absl::Time deadline);
  // What this child has written so far.
  std::string Log() const;

 private:
  Process(ProcessOptions options, pid_t pid, size_t log_begin)
      : options_(std::move(options)), pid_(pid), log_begin_(log_begin) {}
  // True once the child has ended; takes its exit code the first time.
  bool Reap();

  const ProcessOptions options_;
  const pid_t pid_;
  // Where this child's part of the log file begins.
  const size_t log_begin_;
  std::optional<int> exit_code_;
};

// Runs a program to its end and returns what it wrote to standard output and error. INTERNAL with that text when it
// fails.
absl::StatusOr<std::string> RunProgram(ProcessOptions options, absl::Time deadline);

// The path of a program by the rule of ProcessOptions::program; empty when there is none.
std::string FindProgram(const std::string& name);

// A TCP port on 127.0.0.1 that was free a moment ago. Prefer letting the program choose (port 0) where it can.
int FreePort();

// Polls until `condition` holds; false when the deadline passes first. For conditions of other processes, which cannot
// notify.
template <typename Condition>
bool WaitUntil(Condition condition, absl::Time deadline) {
  while (!condition()) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

}  // namespace docket::tests

#endif  // DOCKET_TESTS_SUPPORT_PROCESS_H_
