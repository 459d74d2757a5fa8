// kill -9 while the log is written and signed, again and again on the same log: whatever was acknowledged is there
// once, the tree is whole, and checkpoints go on from where they were.
//
// Twenty times in a normal run; DOCKET_CRASHES sets how often.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/merkle/key_file.h"
#include "services/audit/scrub/testing/scrub_fixture.h"
#include "tests/fault/crash_journal.h"
#include "tests/support/process.h"

namespace docket::fault {
namespace {

using audit::OrExit;
using audit::Soon;
using tests::IsOk;

constexpr int kKilled = 128 + 9;
// Rounds on one log before a new one begins.
constexpr int kRoundsPerLog = 25;

// Where the process ends, in the order in which rounds go through them; "" is at a random moment.
constexpr const char* kPoints[] = {
    "tree swapped",   "",         "entries inserted", "committing", "tiles inserted",    "committed", "",
    "signed",         "anchored", "anchor written",   "committing", "checkpoint stored", "",          "anchor durable",
    "anchors copied", "",         "anchors replaced", "committing"};

int Crashes() {
  int crashes = 0;
  const char* wanted = std::getenv("DOCKET_CRASHES");
  return wanted != nullptr && absl::SimpleAtoi(wanted, &crashes) ? std::max(crashes, 1) : 20;
}

// The next size after `size` where a tile is almost complete, complete, or just begun.
uint64_t NextBoundary(uint64_t size, int which) {
  const uint64_t next = (size / 256 + 1) * 256 + static_cast<uint64_t>(which % 3) - 1;
  return next > size ? next : next + 256;
}

// One log, through many crashes.
class CrashedLog {
 public:
  CrashedLog() : signer_(OrExit(merkle::GenerateKey(dir_.Path("key"), audit::kOrigin), "key")) {}

  uint64_t size() { return OrExit(audit::LogStore(db_.pool()).ReadTreeState(Soon()), "tree").size; }
  const CrashJournal& journal() const { return journal_; }

  std::unique_ptr<tests::Process> Start(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"socket=" + db_.database().options().socket,
                                    "database=" + db_.database().name(),
                                    "key=" + dir_.Path("key"),
                                    "anchor=" + dir_.Path("anchor"),
                                    "journal=" + dir_.Path("journal"),
                                    "batches=60"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    connections_before_ = Connections();
    return OrExit(
        tests::Process::Start({.program = DOCKET_LOG_CHILD, .arguments = all, .log_file = dir_.Path("child.log")}),
        "child");
  }

  // Everything that can be known of the log afterwards.
  void Verify() {
    // A COMMIT that was under way is the server's to finish, or its connection's to lose.
    ASSERT_TRUE(tests::WaitUntil(
        [&] {
          const std::set<uint64_t> now = Connections();
          return std::includes(connections_before_.begin(), connections_before_.end(), now.begin(), now.end());
        },
        absl::Now() + absl::Minutes(1)));
    const JournalContent known = OrExit(journal_.Read(), "journal");
    Logger logger(STDERR_FILENO, Severity::kError, "test", clock_);
    audit::LogProcess log(db_.pool(), clock_, signer_, dir_.Path("anchor"), nullptr, nullptr, {.anchor_lines = 3});
    ASSERT_THAT(log.checkpointer.VerifyAtStart(Soon()), IsOk());
    ASSERT_THAT(log.guard.CheckOpen(), IsOk());
    // Every byte of it, and that each entry has its key and each key its entry.
    audit::ScrubProcess scrub(db_.pool(), log, clock_);
    scrub.RunLap(log);
    ASSERT_THAT(log.guard.CheckOpen(), IsOk());
    ExpectAcknowledgedOnce(known, scrub.scrubber.report().last_lap->size);
    // What was handed out is what the log says to this day, byte for byte.
    for (const auto& [size, note] : known.checkpoints) {
      const auto rows = OrExit(
          db_.pool().Query(Soon(), absl::StrCat("SELECT note FROM checkpoint WHERE size = ", size)), "checkpoint");
      ASSERT_EQ(rows.size(), 1u) << "a checkpoint of " << size << " was handed out";
      ASSERT_EQ(rows[0].Text(0), note);
    }
    // And it goes on.
    const auto next = log.checkpointer.Current(Soon());
    ASSERT_THAT(next, IsOk());
    ASSERT_EQ(next->checkpoint.size, size());
    ASSERT_EQ(next->checkpoint.root, scrub.scrubber.report().last_lap->root);
  }

 private:
  std::set<uint64_t> Connections() {
    std::set<uint64_t> ids;
    for (const mysql::Row& row :
         OrExit(db_.pool().Query(Soon(), "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE()"),
                "connections")) {
      ids.insert(row.UInt(0));
    }
    return ids;
  }

  void ExpectAcknowledgedOnce(const JournalContent& known, uint64_t size) {
    const auto rows = OrExit(db_.pool().Query(Soon(), "SELECT event_id, log_index FROM dedupe"), "dedupe");
    ASSERT_EQ(rows.size(), size);
    std::map<std::string, uint64_t> in_log;
    for (const mysql::Row& row : rows) {
      const auto [there, is_new] = in_log.emplace(FormatUuid(row.Text(0)), row.UInt(1));
      ASSERT_TRUE(is_new) << there->first << " is there twice";
      ASSERT_TRUE(known.sent.contains(there->first)) << there->first << " was never sent";
    }
    for (const auto& [id, index] : known.acknowledged) {
      ASSERT_TRUE(in_log.contains(id)) << id << " was acknowledged and is lost";
      ASSERT_EQ(in_log[id], index) << id;
    }
  }

  audit::AuditDatabase db_;
  tests::TempDir dir_;
  SystemClock clock_;
  const merkle::NoteSigner signer_;
  const CrashJournal journal_{dir_.Path("journal")};
  std::set<uint64_t> connections_before_;
};

class LogCrashTest : public ::testing::Test {
 protected:
  // At a named point of the batch or checkpoint that brings the log to a tile's end, or near it. False: the process had
  // ended before a moment within COMMIT came.
  bool KillAt(CrashedLog& log, const std::string& point, int round) {
    std::vector<std::string> arguments = {"point=" + point, absl::StrCat("seed=", round), "threads=1"};
    // The anchor file is shortened now and then only.
    if (!absl::StartsWith(point, "anchors ")) {
      arguments.push_back(absl::StrCat("size=", NextBoundary(log.size() + Outstanding(log), round)));
    }
    const auto child = log.Start(arguments);
    const auto code = child->Wait(absl::Now() + absl::Minutes(1));
    if (point == "committing" && code == 0) return false;
    EXPECT_EQ(code, kKilled) << point << ": " << child->Log();
    return true;
  }
  // What the next process sends again may be in the log already or come on top.
  static uint64_t Outstanding(CrashedLog& log) {
    return OrExit(log.journal().Read(), "journal").Unacknowledged().size();
  }

  // While three threads append, after a random number of acknowledgements.
  void KillAtRandom(CrashedLog& log, int round) {
    const size_t before = OrExit(log.journal().Read(), "journal").acknowledged.size();
    const size_t more = std::uniform_int_distribution<size_t>(0, 400)(random_);
    const auto child = log.Start({absl::StrCat("seed=", round), "threads=3"});
    ASSERT_TRUE(tests::WaitUntil(
        [&] {
          const auto journal = log.journal().Read();
          return !child->running() || (journal.ok() && journal->acknowledged.size() >= before + more);
        },
        absl::Now() + absl::Minutes(1)));
    ASSERT_TRUE(child->running()) << child->Log();
    child->Kill();
  }

  std::mt19937_64 random_{20261122};
};

TEST_F(LogCrashTest, LosesNothingAndRepeatsNothing) {
  std::unique_ptr<CrashedLog> log;
  int crashes = 0;
  for (int round = 0; crashes < Crashes(); ++round) {
    ASSERT_LT(round, 2 * Crashes()) << "too few processes were killed";
    if (round % kRoundsPerLog == 0) log = std::make_unique<CrashedLog>();
    const std::string point = kPoints[static_cast<size_t>(round) % std::size(kPoints)];
    SCOPED_TRACE(absl::StrCat("crash ", round, " at ", point.empty() ? "a random moment" : point));
    if (point.empty()) {
      KillAtRandom(*log, round);
      ++crashes;
    } else {
      crashes += KillAt(*log, point, round) ? 1 : 0;
    }
    if (HasFailure()) return;
    log->Verify();
    if (HasFailure()) return;
  }
  RecordProperty("crashes", crashes);
  // Left alone, a process ends its work, and all that was ever sent is there.
  const auto child = log->Start({"seed=1", "threads=2"});
  ASSERT_EQ(child->Wait(absl::Now() + absl::Minutes(2)), 0) << child->Log();
  EXPECT_EQ(OrExit(log->journal().Read(), "journal").Unacknowledged().size(), 0u);
  log->Verify();
}

}  // namespace
}  // namespace docket::fault
