// Holds the audit log as the service does: verifies it, sends again what was never acknowledged, appends, signs. Ends
// itself with SIGKILL at a named point, or goes on until somebody else does or its work is done (exit code 0). 3: the
// log was found frozen.
//
//   docket_log_child socket=… database=… key=… anchor=… journal=… seed=1 batches=40 threads=1 [point="anchored"]
//   [size=256]
//
// `point` is where to end, "" for nowhere, "committing" for a moment within COMMIT. With `size` that counts only for
// the batch that makes the log just that long, and for the checkpoint after it.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/merkle/key_file.h"
#include "common/mysql/pool.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_appender.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "tests/fault/crash_journal.h"

namespace docket::fault {
namespace {

constexpr char kCommitting[] = "committing";
constexpr int kMaxBatch = 30;

using Arguments = std::map<std::string, std::string>;

absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

uint64_t NumberOf(const Arguments& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  uint64_t number = 0;
  return found != arguments.end() && absl::SimpleAtoi(found->second, &number) ? number : 0;
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  while (true) pause();
}

// Ends the process at its point, once it is due.
class Executioner {
 public:
  Executioner(std::string point, uint64_t seed) : point_(std::move(point)), random_(seed) {}

  void Arm() { armed_ = true; }
  void Reached(absl::string_view point) {
    if (!armed_) return;
    if (point == point_) Die();
    if (point_ != kCommitting || point != "tiles inserted") return;
    // COMMIT takes some hundred microseconds from here on.
    const absl::Duration wait = absl::Microseconds(std::uniform_int_distribution<int>(0, 900)(random_));
    std::thread([wait] {
      for (const absl::Time until = absl::Now() + wait; absl::Now() < until;) std::this_thread::yield();
      Die();
    }).detach();
  }

 private:
  const std::string point_;
  std::mt19937_64 random_;
  std::atomic<bool> armed_{false};
};

class Child {
 public:
  Child(const Arguments& arguments, merkle::NoteSigner signer)
      : arguments_(arguments),
        executioner_(arguments.at("point"), NumberOf(arguments, "seed")),
        logger_(STDERR_FILENO, Severity::kError, "log_child", clock_),
        pool_(mysql::Pool::Create(
            {.connection = {.socket = arguments.at("socket"), .user = "root", .database = arguments.at("database")},
             .max_connections = 8})),
        store_(*pool_),
        guard_(logger_),
        appender_(*pool_, store_, guard_, clock_, signer.name()),
        checkpointer_(store_, guard_, clock_, signer, arguments.at("anchor"),
                      {.anchor_lines = 3, .watcher = [this](absl::string_view point) { executioner_.Reached(point); }}),
        journal_(arguments.at("journal")) {
    appender_.WatchPoints([this](absl::string_view point) { executioner_.Reached(point); });
  }

  absl::Status Run() {
    DOCKET_RETURN_IF_ERROR(checkpointer_.VerifyAtStart(Soon()));
    DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
    DOCKET_ASSIGN_OR_RETURN(const JournalContent before, journal_.Read());
    // Delivery is at least once: what nobody acknowledged comes again.
    DOCKET_RETURN_IF_ERROR(Send(before.Unacknowledged()));
    const uint64_t size = NumberOf(arguments_, "size");
    return size > 0 ? GrowTo(size) : Work();
  }

 private:
  event::v1::Event NewEvent() {
    event::v1::Event event;
    event.set_event_id(FormatUuid(uuids_.Next()));
    event.set_source("services/request");
    event.set_type("RequestSubmitted");
    event.set_subject("organizations/yunqi/requests/r1");
    event.set_change("organizations/yunqi/requests/r1");
    event.set_organization("organizations/yunqi");
    event.mutable_actor()->set_name("organizations/yunqi/people/li-na");
    event.mutable_occur_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
    event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
    event.set_reason("门禁管理软件升级");
    event.mutable_payload()->PackFrom(event::v1::RequestSubmitted());
    return event;
  }
  std::vector<event::v1::Event> NewEvents(uint64_t count) {
    std::vector<event::v1::Event> events;
    for (; count > 0; --count) events.push_back(NewEvent());
    return events;
  }

  absl::Status Send(const std::vector<event::v1::Event>& events) {
    DOCKET_ASSIGN_OR_RETURN(const audit::LogAppender::Verdicts verdicts, appender_.Append(events, Soon()));
    for (const event::v1::DeliveryResult& verdict : verdicts) {
      using event::v1::DeliveryResult;
      if (verdict.verdict() != DeliveryResult::VERDICT_ACCEPTED &&
          verdict.verdict() != DeliveryResult::VERDICT_DUPLICATE) {
        return absl::InternalError(absl::StrCat(verdict.event_id(), " was refused: ", verdict.reason()));
      }
      DOCKET_RETURN_IF_ERROR(journal_.Acknowledged(verdict.event_id(), static_cast<uint64_t>(verdict.log_index())));
    }
    return absl::OkStatus();
  }
  absl::Status SendNew(uint64_t count) {
    const std::vector<event::v1::Event> events = NewEvents(count);
    DOCKET_RETURN_IF_ERROR(journal_.Sent(events));
    return Send(events);
  }
  absl::Status Sign() {
    DOCKET_ASSIGN_OR_RETURN(const audit::SignedCheckpoint made, checkpointer_.Current(Soon()));
    return journal_.Checkpoint(made.checkpoint.size, made.note);
  }

  // By batches of any size, and one that ends just there.
  absl::Status GrowTo(uint64_t size) {
    std::mt19937_64 random(NumberOf(arguments_, "seed"));
    while (true) {
      DOCKET_ASSIGN_OR_RETURN(const audit::TreeState tree, store_.ReadTreeState(Soon()));
      if (tree.size >= size) return absl::FailedPreconditionError(absl::StrCat("the log is longer than ", size));
      const uint64_t count =
          std::min<uint64_t>(std::uniform_int_distribution<uint64_t>(1, kMaxBatch)(random), size - tree.size);
      const bool last = tree.size + count == size;
      if (last) executioner_.Arm();
      DOCKET_RETURN_IF_ERROR(SendNew(count));
      DOCKET_RETURN_IF_ERROR(Sign());
      if (last) return absl::OkStatus();
    }
  }

  // Several senders at once share commits; a checkpoint follows each batch of the first.
  absl::Status Work() {
    executioner_.Arm();
    absl::Mutex mutex;
    absl::Status failed;
    std::vector<std::thread> senders;
    for (uint64_t thread = 0; thread < NumberOf(arguments_, "threads"); ++thread) {
      senders.emplace_back([&, thread] {
        std::mt19937_64 random(NumberOf(arguments_, "seed") * 31 + thread);
        for (uint64_t batch = 0; batch < NumberOf(arguments_, "batches"); ++batch) {
          absl::Status status = SendNew(std::uniform_int_distribution<uint64_t>(1, kMaxBatch)(random));
          if (status.ok() && thread == 0) status = Sign();
          absl::MutexLock lock(&mutex);
          failed.Update(status);
          if (!failed.ok()) return;
        }
      });
    }
    for (std::thread& sender : senders) sender.join();
    return failed;
  }

  const Arguments arguments_;
  Executioner executioner_;
  SystemClock clock_;
  UuidGenerator uuids_{clock_};
  Logger logger_;
  const std::unique_ptr<mysql::Pool> pool_;
  audit::LogStore store_;
  audit::LogGuard guard_;
  audit::LogAppender appender_;
  audit::Checkpointer checkpointer_;
  const CrashJournal journal_;
};

int Run(int argc, char** argv) {
  Arguments arguments = {{"point", ""}};
  for (int i = 1; i < argc; ++i) {
    const std::pair<std::string, std::string> argument = absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    arguments.insert_or_assign(argument.first, argument.second);
  }
  const auto signer = merkle::LoadSigner(arguments["key"]);
  const absl::Status status = signer.ok() ? Child(arguments, *signer).Run() : signer.status();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return GetReason(status) == Reason::REASON_LOG_FROZEN ? 3 : 1;
}

}  // namespace
}  // namespace docket::fault

int main(int argc, char** argv) { return docket::fault::Run(argc, argv); }
