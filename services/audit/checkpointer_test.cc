#include "services/audit/checkpointer.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_tiles.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

MATCHER_P(IsFrozenFor, reason, "") {
  *result_listener << arg.ToString();
  return arg.code() == absl::StatusCode::kUnavailable && GetReason(arg) == Reason::REASON_LOG_FROZEN &&
         GetErrorInfo(arg)->metadata().at("cause").find(reason) != std::string::npos;
}

class CheckpointerTest : public LogTest {
 protected:
  // What a process that starts now finds.
  absl::Status StatusAtStart() {
    const std::unique_ptr<LogProcess> process = NewProcess();
    const absl::Status verified = process->checkpointer.VerifyAtStart(Soon());
    return verified.ok() ? process->guard.CheckOpen() : verified;
  }
  SignedCheckpoint Sign(LogProcess& log) { return OrExit(log.checkpointer.Current(Soon()), "checkpoint"); }

  std::unique_ptr<LogProcess> log_ = NewProcess();
};

TEST_F(CheckpointerTest, SignsTheTreeAsItStands) {
  Grow(*log_, 5);
  const SignedCheckpoint made = Sign(*log_);
  EXPECT_EQ(made.checkpoint.size, 5u);
  EXPECT_EQ(made.checkpoint.root, merkle::ReferenceRoot(Leaves()));
  const auto verified = merkle::VerifyCheckpoint(made.note, kOrigin, {signer_.verifier()});
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(*verified, made.checkpoint);
  EXPECT_EQ(tests::ReadFile(anchor_file()), absl::StrCat("5 ", made.checkpoint.root.ToBase64(), "\n"));
  EXPECT_THAT(StatusAtStart(), IsOk());
}

TEST_F(CheckpointerTest, SignsTheEmptyTree) {
  EXPECT_EQ(Sign(*log_).checkpoint.root, merkle::EmptyRoot());
  EXPECT_THAT(StatusAtStart(), IsOk());
}

TEST_F(CheckpointerTest, SignsOneTreeOnce) {
  Grow(*log_, 3);
  const std::string note = Sign(*log_).note;
  EXPECT_EQ(Sign(*log_).note, note);
  // A process that knows nothing of it makes the same bytes.
  const auto other = NewProcess();
  EXPECT_EQ(Sign(*other).note, note);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM checkpoint"), 1);
}

TEST_F(CheckpointerTest, NoCheckpointWithoutItsAnchor) {
  LogProcess log(db_.pool(), clock_, signer_, dir_.Path("missing/anchor"));
  Grow(log, 3);
  EXPECT_THAT(log.checkpointer.Current(Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM checkpoint"), 0);
  EXPECT_THAT(log.guard.CheckOpen(), IsOk());
}

// As after a crash between the two: the anchor knows a checkpoint that the database does not.
TEST_F(CheckpointerTest, SignsAgainWhatWasAnchoredOnly) {
  Grow(*log_, 3);
  const std::string note = Sign(*log_).note;
  db_.Run({"DELETE FROM checkpoint"});
  EXPECT_THAT(StatusAtStart(), IsOk());
  EXPECT_EQ(Sign(*NewProcess()).note, note);
}

TEST_F(CheckpointerTest, AnAnchorThatWasCutShortIsNoObstacle) {
  Grow(*log_, 3);
  Sign(*log_);
  Grow(*log_, 3);
  Sign(*log_);
  const std::string anchors = tests::ReadFile(anchor_file());
  ASSERT_EQ(truncate(anchor_file().c_str(), static_cast<off_t>(anchors.size()) - 7), 0);
  EXPECT_THAT(StatusAtStart(), IsOk());
  const auto next = NewProcess();
  Grow(*next, 1);
  Sign(*next);
  EXPECT_THAT(tests::ReadFile(anchor_file()),
              EndsWith(absl::StrCat("7 ", merkle::ReferenceRoot(Leaves()).ToBase64(), "\n")));
  EXPECT_THAT(StatusAtStart(), IsOk());
}

// The log's key was changed: what the earlier one signed still counts, where the configuration names it.
TEST_F(CheckpointerTest, GoesOnUnderANewKey) {
  Grow(*log_, 3);
  Sign(*log_);
  const auto next = OrExit(merkle::NoteSigner::Generate(kOrigin), "key");
  LogProcess process(db_.pool(), clock_, next, anchor_file(), nullptr, nullptr, {.other_keys = {signer_.verifier()}});
  ASSERT_THAT(process.checkpointer.VerifyAtStart(Soon()), IsOk());
  ASSERT_THAT(process.guard.CheckOpen(), IsOk());
  // The same tree, signed anew; the row of its size stays as it was.
  const SignedCheckpoint again = Sign(process);
  EXPECT_THAT(merkle::VerifyCheckpoint(again.note, kOrigin, {next.verifier()}), IsOk());
  EXPECT_EQ(again.checkpoint.size, 3u);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM checkpoint"), 1);
  Grow(process, 2);
  EXPECT_THAT(merkle::VerifyCheckpoint(Sign(process).note, kOrigin, {next.verifier()}), IsOk());
  EXPECT_THAT(process.guard.CheckOpen(), IsOk());
  // A replica that still has the earlier key and was told of the next one goes on beside it.
  LogProcess behind(db_.pool(), clock_, signer_, anchor_file(), nullptr, nullptr, {.other_keys = {next.verifier()}});
  Grow(behind, 1);
  Sign(behind);
  EXPECT_THAT(behind.guard.CheckOpen(), IsOk());
}

TEST_F(CheckpointerTest, AKeyThatTheConfigurationDoesNotNameIsAStrangers) {
  Grow(*log_, 3);
  Sign(*log_);
  const auto next = OrExit(merkle::NoteSigner::Generate(kOrigin), "key");
  const auto third = OrExit(merkle::NoteSigner::Generate(kOrigin), "key");
  LogProcess process(db_.pool(), clock_, next, anchor_file(), nullptr, nullptr, {.other_keys = {third.verifier()}});
  ASSERT_THAT(process.checkpointer.VerifyAtStart(Soon()), IsOk());
  EXPECT_THAT(process.guard.CheckOpen(), IsFrozenFor("the checkpoint of size 3 is not one that this log signed"));
}

// Under a second, whatever payloads weigh: of the large ones only the last are read.
TEST_F(CheckpointerTest, AStartReadsLargePayloadsOnlyInPart) {
  for (int i = 0; i < 20; ++i) {
    event::v1::Event event = NewEvent();
    for (int k = 0; k < 100; ++k) event.add_changes()->set_before(std::string(5'000, 'x'));
    ASSERT_THAT(log_->appender.Append({event}, Soon()), IsOk());
  }
  Sign(*log_);
  db_.Run({"UPDATE payload SET payload = CONCAT(payload, 'x') WHERE log_index = 3"});
  EXPECT_THAT(StatusAtStart(), IsOk()) << "left to the scrubber";
  db_.Run({"UPDATE payload SET payload = CONCAT(payload, 'x') WHERE log_index = 19"});
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("the payload of entry 19"));
  db_.Run({"UPDATE entry SET actor = '' WHERE log_index = 3"});
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("entry 3 is not found by"));
}

class RolledBackTest : public CheckpointerTest {
 protected:
  RolledBackTest() {
    Grow(*log_, 3);
    Sign(*log_);
    db_.Run({"CREATE TABLE backup AS SELECT * FROM tree_state"});
    Grow(*log_, 4);
    Sign(*log_);
  }
  // Yesterday's backup is put back.
  void Restore() {
    db_.Run({"DELETE FROM entry WHERE log_index >= 3", "DELETE FROM payload WHERE log_index >= 3",
             "DELETE FROM dedupe WHERE log_index >= 3", "DELETE FROM checkpoint WHERE size > 3",
             "REPLACE INTO tree_state SELECT * FROM backup"});
  }
};

TEST_F(RolledBackTest, IsNoticedAtTheStart) {
  Restore();
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("fewer than the 7 of the anchor"));
}

TEST_F(RolledBackTest, IsNoticedWhileRunning) {
  Restore();
  EXPECT_THAT(log_->checkpointer.Current(Soon()).status(), IsFrozenFor("fewer than the 7"));
}

TEST_F(RolledBackTest, IsNoticedByAProcessThatSignedNothingYet) {
  const auto other = NewProcess();
  Restore();
  EXPECT_THAT(other->checkpointer.Current(Soon()).status(), IsFrozenFor("the anchor"));
}

TEST_F(RolledBackTest, IsNoticedWhenTheLogHasGrownAgain) {
  Restore();
  const auto other = NewProcess();
  Grow(*other, 10);
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("is not that of the anchor"));
  EXPECT_THAT(other->checkpointer.Current(Soon()).status(), IsFrozenFor("is not that of the anchor"));
  EXPECT_EQ(db_.Count("SELECT MAX(size) FROM checkpoint"), 3) << "a fork was signed";
}

TEST_F(RolledBackTest, IsNoticedWithoutTheAnchorWhereTheCheckpointsWereLeft) {
  ASSERT_EQ(unlink(anchor_file().c_str()), 0);
  db_.Run({"DELETE FROM entry WHERE log_index >= 3", "REPLACE INTO tree_state SELECT * FROM backup"});
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("the last checkpoint"));
}

struct Tampering {
  std::string name;
  std::vector<std::string> statements;
  std::string reason;
};

class TamperingTest : public CheckpointerTest, public ::testing::WithParamInterface<Tampering> {
 protected:
  // 600 entries: two complete tiles and 88 entries after them.
  TamperingTest() {
    Grow(*log_, 600);
    Sign(*log_);
    EXPECT_THAT(StatusAtStart(), IsOk());
  }
};

TEST_P(TamperingTest, FreezesTheLogAtTheStart) {
  db_.Run(GetParam().statements);
  const auto process = NewProcess();
  ASSERT_THAT(process->checkpointer.VerifyAtStart(Soon()), IsOk());
  EXPECT_THAT(process->guard.CheckOpen(), IsFrozenFor(GetParam().reason));
  EXPECT_THAT(process->checkpointer.Current(Soon()).status(), IsFrozenFor(GetParam().reason));
  EXPECT_THAT(process->appender.Append(NewEvents(1), Soon()).status(), IsFrozenFor(GetParam().reason));
  EXPECT_EQ(db_.Count("SELECT MAX(size) FROM checkpoint"), 600) << "something was signed";
  // Reading goes on.
  const auto read = process->store.SelectEntries(
      {.organization_id = "yunqi", .end = 600, .limit = 500, .condition = {.where = "TRUE"}}, Soon());
  ASSERT_THAT(read, IsOk());
  EXPECT_GT(read->entries.size(), 400u);
}

const char kFlip[] = "CONCAT(LEFT(entry, 10), CHAR(ASCII(SUBSTR(entry, 11, 1)) ^ 1), SUBSTR(entry, 12))";

INSTANTIATE_TEST_SUITE_P(
    Ways, TamperingTest,
    ::testing::Values(
        Tampering{"EntryOfTheTail",
                  {absl::StrCat("UPDATE entry SET entry = ", kFlip, " WHERE log_index = 580")},
                  "entry 580"},
        Tampering{
            "EntryOfATile", {absl::StrCat("UPDATE entry SET entry = ", kFlip, " WHERE log_index = 10")}, "entry 10 "},
        Tampering{"LeafHashOfTheTail",
                  {"UPDATE entry SET leaf_hash = REVERSE(leaf_hash) WHERE log_index = 599"},
                  "entry 599"},
        Tampering{
            "LeafHashOfATile", {"UPDATE entry SET leaf_hash = REVERSE(leaf_hash) WHERE log_index = 255"}, "entry 255"},
        Tampering{"EntryAndLeafHashOfTheTail",
                  {absl::StrCat("UPDATE entry SET entry = ", kFlip, " WHERE log_index = 580"),
                   "UPDATE entry SET leaf_hash = UNHEX(SHA2(CONCAT(CHAR(0), entry), 256)) WHERE log_index = 580"},
                  "tree_state"},
        Tampering{"EntryAndLeafHashOfATile",
                  {absl::StrCat("UPDATE entry SET entry = ", kFlip, " WHERE log_index = 300"),
                   "UPDATE entry SET leaf_hash = UNHEX(SHA2(CONCAT(CHAR(0), entry), 256)) WHERE log_index = 300"},
                  "entry 300"},
        Tampering{
            "TileHashes", {"UPDATE tile SET hashes = REVERSE(hashes) WHERE level = 0 AND tile_index = 1"}, "tile 0/1"},
        Tampering{
            "TileRoot", {"UPDATE tile SET root = REVERSE(root) WHERE level = 0 AND tile_index = 1"}, "tree_state"},
        Tampering{"TileDeleted", {"DELETE FROM tile WHERE level = 0 AND tile_index = 0"}, "tiles 0 to 2 of level 0"},
        Tampering{"TreeStateRoot", {"UPDATE tree_state SET root = REVERSE(root)"}, "tree_state"},
        Tampering{"TreeStateSize", {"UPDATE tree_state SET size = size - 1"}, "tree_state"},
        Tampering{"TreeStateDeleted", {"DELETE FROM tree_state"}, "tree_state"},
        Tampering{"TreeStateOfTheEmptyTree",
                  {absl::StrCat("UPDATE tree_state SET size = 0, root = UNHEX('", merkle::EmptyRoot().ToHex(),
                                "'), edge = UNHEX('0000000000000000')")},
                  "the tree has 0 entries"},
        Tampering{"TailDeleted", {"DELETE FROM entry WHERE log_index >= 590"}, "the table of entries ends at 590"},
        Tampering{"EntryOfTheTailDeleted", {"DELETE FROM entry WHERE log_index = 550"}, "missing between 512 and 600"},
        Tampering{"EntryOfATileDeleted", {"DELETE FROM entry WHERE log_index = 5"}, "missing between 0 and 256"},
        Tampering{"EntriesSwapped",
                  {"UPDATE entry SET log_index = 9999 WHERE log_index = 20",
                   "UPDATE entry SET log_index = 20 WHERE log_index = 30",
                   "UPDATE entry SET log_index = 30 WHERE log_index = 9999"},
                  "entry 20 "},
        Tampering{"EntryAdded",
                  {"INSERT INTO entry SELECT 600, leaf_hash, entry, receive_us, occur_us, organization_id, "
                   "change_name, subject, actor, type, "
                   "source, method, outcome, trace_id FROM entry WHERE log_index = 1"},
                  "ends at 601"},
        Tampering{"PayloadsSwapped",
                  {"UPDATE payload SET log_index = 9999 WHERE log_index = 520",
                   "UPDATE payload SET log_index = 520 WHERE log_index = 530",
                   "UPDATE payload SET log_index = 530 WHERE log_index = 9999"},
                  "payload of entry 520"},
        Tampering{"PayloadOfATile",
                  {"UPDATE payload SET payload = CONCAT(payload, 'x') WHERE log_index = 40"},
                  "payload of entry 40"},
        Tampering{"ActorOfATile",
                  {"UPDATE entry SET actor = 'organizations/yunqi/people/wang' WHERE log_index = 77"},
                  "entry 77 is not found by"},
        Tampering{"TimeOfTheTail",
                  {"UPDATE entry SET receive_us = receive_us - 1 WHERE log_index = 577"},
                  "entry 577 is not found by"},
        Tampering{"EntryHiddenFromItsChange",
                  {"UPDATE entry SET change_name = '' WHERE log_index = 300"},
                  "entry 300 is not found by"},
        Tampering{
            "CheckpointNote", {"UPDATE checkpoint SET note = REPLACE(note, '600', '599')"}, "checkpoint of size 600"},
        Tampering{"CheckpointRoot", {"UPDATE checkpoint SET root = REVERSE(root)"}, "checkpoint of size 600"}),
    [](const auto& way) { return way.param.name; });

TEST_F(CheckpointerTest, TamperingIsNoticedWhileRunning) {
  const std::vector<Tampering> ways = {
      {"leaf",
       {"UPDATE entry SET leaf_hash = REVERSE(leaf_hash) WHERE log_index = 1"},
       "the root over the first 2 entries"},
      {"tail", {"DELETE FROM entry WHERE log_index = 2"}, "entries 0 to"},
      {"checkpoint", {"UPDATE checkpoint SET root = REVERSE(root)"}, "checkpoint of size 2"},
      {"edge", {"UPDATE tree_state SET edge = REVERSE(edge)"}, "tree_state"}};
  for (const Tampering& way : ways) {
    SCOPED_TRACE(way.name);
    AuditDatabase database;
    LogProcess log(database.pool(), clock_, signer_, dir_.Path(way.name));
    Grow(log, 2);
    ASSERT_THAT(log.checkpointer.Current(Soon()), IsOk());
    Grow(log, 3);
    database.Run(way.statements);
    EXPECT_THAT(log.checkpointer.Current(Soon()).status(), IsFrozenFor(way.reason));
    EXPECT_EQ(database.Count("SELECT MAX(size) FROM checkpoint"), 2);
  }
}

// A tree that somebody wrote by hand is sound in itself; the tiles do not bear it out.
TEST_F(CheckpointerTest, DoesNotSignATreeThatTheTilesDoNotBearOut) {
  Grow(*log_, 3);
  TreeState forged;
  for (const merkle::Hash& leaf : merkle::TestLeaves(3)) forged.edge.Append(leaf);
  db_.Run({absl::StrCat("UPDATE tree_state SET root = UNHEX('", forged.edge.Root().ToHex(), "'), edge = UNHEX('",
                        absl::BytesToHexString(forged.edge.Serialize()), "')")});
  EXPECT_THAT(log_->checkpointer.Current(Soon()).status(), IsFrozenFor("tree_state"));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM checkpoint"), 0);
}

TEST_F(CheckpointerTest, AnotherCheckpointOfTheSameSizeFreezes) {
  Grow(*log_, 3);
  const auto stranger = OrExit(merkle::NoteSigner::Generate(kOrigin), "stranger");
  LogProcess other(db_.pool(), clock_, stranger, dir_.Path("other"));
  Sign(other);
  EXPECT_THAT(log_->checkpointer.Current(Soon()).status(), IsFrozenFor("checkpoint of size 3"));
}

// A second replica starts and signs while the first one works: neither takes the other's work for tampering.
TEST_F(CheckpointerTest, AStartBesideAWorkingProcessIsNoFault) {
  std::atomic<bool> stop{false};
  std::vector<event::v1::Event> events = NewEvents(4000);
  std::thread worker([&] {
    for (size_t i = 0; i + 4 <= events.size() && !stop; i += 4) {
      ASSERT_THAT(log_->appender.Append(
                      {events.begin() + static_cast<long>(i), events.begin() + static_cast<long>(i) + 4}, Soon()),
                  IsOk());
      ASSERT_THAT(log_->checkpointer.Current(Soon()), IsOk());
    }
  });
  const auto other = NewProcess();
  for (int i = 0; i < 25; ++i) {
    EXPECT_THAT(StatusAtStart(), IsOk());
    EXPECT_THAT(other->checkpointer.Current(Soon()), IsOk());
  }
  stop = true;
  worker.join();
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  EXPECT_THAT(StatusAtStart(), IsOk());
}

TEST_F(CheckpointerTest, EveryEntryIsProvenAtEverySize) {
  Grow(*log_, 770);
  const merkle::Hashes leaves = Leaves();
  const uint64_t sizes[] = {1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 512, 513, 768, 770};
  LogTiles tiles(log_->store, 770, Soon());
  merkle::TileNodeReader nodes(tiles, 770);
  for (const uint64_t size : sizes) {
    const merkle::Hash root = merkle::ReferenceRoot(absl::MakeSpan(leaves).subspan(0, size));
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = merkle::InclusionProof(nodes, index, size);
      ASSERT_THAT(proof, IsOk());
      ASSERT_THAT(merkle::VerifyInclusion(leaves[index], index, size, *proof, root), IsOk()) << index << " in " << size;
    }
    for (const uint64_t older : sizes) {
      if (older > size) break;
      const auto proof = merkle::ConsistencyProof(nodes, older, size);
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(merkle::VerifyConsistency(
                      older, size, merkle::ReferenceRoot(absl::MakeSpan(leaves).subspan(0, older)), root, *proof),
                  IsOk())
          << older << " in " << size;
    }
  }
}

}  // namespace
}  // namespace docket::audit
