#include "tests/support/process.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "tests/support/temp_dir.h"

extern char** environ;

namespace docket::tests {
namespace {

// The kernel sends a child's parent-death signal when the thread that forked it ends, not the process. So one thread,
// which lives as long as the process, forks for all.
class Spawner {
 public:
  static Spawner& Get() {
    // Never destroyed: its thread uses it until the process is gone.
    static Spawner* const spawner = new Spawner;
    return *spawner;
  }

  void Run(const std::function<void()>& job) {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Spawner::IsFree));
    bool done = false;
    const std::function<void()> noticed = [&] {
      job();
      done = true;
    };
    job_ = &noticed;
    mutex_.Await(absl::Condition(&done));
  }

 private:
  Spawner() { std::thread(&Spawner::Loop, this).detach(); }

  void Loop() {
    absl::MutexLock lock(&mutex_);
    while (true) {
      mutex_.Await(absl::Condition(this, &Spawner::HasJob));
      (*job_)();
      job_ = nullptr;
    }
  }

  bool IsFree() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return job_ == nullptr; }
  bool HasJob() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return job_ != nullptr; }

  absl::Mutex mutex_;
  const std::function<void()>* job_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// Everything that the child needs between fork and exec, made before, since memory cannot be allocated there.
struct Plan {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string log_file;
  std::string input_file;
  std::string working_directory;
  std::vector<char*> argv;
  std::vector<char*> envp;
};

void FillPointers(std::vector<std::string>& strings, std::vector<char*>& pointers) {
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
}

void MakePlan(const ProcessOptions& options, Plan& plan) {
  plan.program = FindProgram(options.program);
  plan.arguments.push_back(options.program);
  plan.arguments.insert(plan.arguments.end(), options.arguments.begin(), options.arguments.end());
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::vector<std::string> name_value = absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    if (!options.environment.contains(name_value[0])) plan.environment.push_back(*entry);
  }
  for (const auto& [name, value] : options.environment) plan.environment.push_back(absl::StrCat(name, "=", value));
  plan.log_file = options.log_file.empty() ? "/dev/null" : options.log_file;
  plan.input_file = options.input_file.empty() ? "/dev/null" : options.input_file;
  plan.working_directory = options.working_directory;
  FillPointers(plan.arguments, plan.argv);
  FillPointers(plan.environment, plan.envp);
}

// In the child: async-signal-safe calls only. Reports errno through the pipe, which a successful exec closes.
[[noreturn]] void BecomeProgram(const Plan& plan, pid_t parent, int error_pipe) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) signal(number, SIG_DFL);
  const int input = open(plan.input_file.c_str(), O_RDONLY);
  const int output = open(plan.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const bool ready = getppid() == parent && input >= 0 && output >= 0 && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 &&
                     dup2(output, 2) >= 0 &&
                     (plan.working_directory.empty() || chdir(plan.working_directory.c_str()) == 0);
  if (ready) {
    if (input > 2) close(input);
    if (output > 2) close(output);
    execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(error_pipe, &error, sizeof error);
  _exit(127);
}

// Returns the child's id, or -1 with the child's errno in `error`.
pid_t Fork(const Plan& plan, int& error) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    error = errno;
    return -1;
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(plan, parent, pipe_ends[1]);
  error = errno;
  close(pipe_ends[1]);
  if (pid > 0) {
    error = 0;
    if (read(pipe_ends[0], &error, sizeof error) == sizeof error) {
      waitpid(pid, nullptr, 0);
      close(pipe_ends[0]);
      return -1;
    }
  }
  close(pipe_ends[0]);
  return pid;
}

size_t FileSize(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(ProcessOptions options) {
  Plan plan;
  MakePlan(options, plan);
  if (plan.program.empty()) return absl::NotFoundError(absl::StrCat("no program ", options.program));
  const size_t log_begin = FileSize(plan.log_file);
  pid_t pid = -1;
  int error = 0;
  Spawner::Get().Run([&] { pid = Fork(plan, error); });
  if (pid < 0) return absl::NotFoundError(absl::StrCat("cannot start ", plan.program, ": ", std::strerror(error)));
  return std::unique_ptr<Process>(new Process(std::move(options), pid, log_begin));
}

Process::~Process() { Kill(); }

bool Process::Reap() {
  if (exit_code_.has_value()) return true;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

void Process::Signal(int signal) {
  if (!Reap()) kill(pid_, signal);
}

void Process::Suspend() {
  Signal(SIGSTOP);
  (void)WaitUntil(
      [&] {
        siginfo_t info = {};
        return Reap() ||
               (waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == pid_);
      },
      absl::Now() + absl::Seconds(10));
}

void Process::Resume() { Signal(SIGCONT); }

void Process::Kill() {
  // Once the child is reaped, its number may belong to a stranger.
  if (!Reap()) kill(-pid_, SIGKILL);
  Wait(absl::InfiniteFuture());
}

std::optional<int> Process::Wait(absl::Time deadline) {
  if (!WaitUntil([&] { return Reap(); }, deadline)) return std::nullopt;
  return exit_code_;
}

int Process::Stop(absl::Time deadline) {
  Signal(SIGTERM);
  if (!Wait(deadline).has_value()) Kill();
  return *exit_code_;
}

absl::Status Process::WaitForLog(absl::string_view text, absl::Time deadline) {
  bool found = false;
  const bool settled = WaitUntil(
      [&] {
        // Asked before the log is read, so that a child's last words are not missed.
        const bool ended = Reap();
        found = absl::StrContains(Log(), text);
        return found || ended;
      },
      deadline);
  if (found) return absl::OkStatus();
  std::string log = Log();
  if (log.size() > 4000) log.erase(0, log.size() - 4000);
  const std::string message = absl::StrCat(options_.program, " has not said \"", text, "\":\n", log);
  return settled ? absl::FailedPreconditionError(message) : absl::DeadlineExceededError(message);
}

std::string Process::Log() const {
  if (options_.log_file.empty()) return "";
  std::string log = ReadFile(options_.log_file);
  return log.substr(std::min(log_begin_, log.size()));
}

absl::StatusOr<std::string> RunProgram(ProcessOptions options, absl::Time deadline) {
  const TempDir dir;
  if (options.log_file.empty()) options.log_file = dir.Path("log");
  const std::string program = options.program;
  absl::StatusOr<std::unique_ptr<Process>> process = Process::Start(std::move(options));
  if (!process.ok()) return process.status();
  const std::optional<int> code = (*process)->Wait(deadline);
  std::string log = (*process)->Log();
  if (!code.has_value()) return absl::DeadlineExceededError(absl::StrCat(program, " is not done:\n", log));
  if (*code != 0) return absl::InternalError(absl::StrCat(program, " ended with ", *code, ":\n", log));
  return log;
}

std::string FindProgram(const std::string& name) {
  if (absl::StrContains(name, '/')) return access(name.c_str(), X_OK) == 0 ? name : "";
  const char* const path = std::getenv("PATH");
  const std::string places = absl::StrCat(path == nullptr ? "/usr/bin:/bin" : path, ":/usr/sbin:/sbin");
  for (absl::string_view place : absl::StrSplit(places, ':', absl::SkipEmpty())) {
    const std::string candidate = absl::StrCat(place, "/", name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace docket::tests
