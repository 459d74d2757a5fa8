// A database administrator who carries a change on to all that is derived from it, or takes the log back to an earlier
// state: what is consistent in itself is found by what was signed, and by what is remembered outside the database.
#include <string>

#include "services/audit/scrub/testing/forger.h"
#include "services/audit/scrub/testing/scrub_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using Thoroughness = Forger::Thoroughness;

constexpr char kWang[] = "organizations/yunqi/people/wang";

class TamperedHistoryTest : public ScrubTest {
 protected:
  TamperedHistoryTest() {
    Grow(*log_, 300);
    Sign(*log_);
  }
  void GrowAndSign(int count) {
    Grow(*log_, count);
    Sign(*log_);
  }
  // By a process that runs on, the next time that something is signed.
  absl::Status StatusWhenSigning() { return log_->checkpointer.Current(Soon()).status(); }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  Forger forger_{db_};
};

TEST_F(TamperedHistoryTest, AnEntryWithItsLeafIsFoundByItsColumns) {
  forger_.RewriteActor(20, kWang, Thoroughness::kEntryAndLeaf);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("entry 20 is not found by what its bytes say: actor"));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("entry 20 is not found by what its bytes say: actor"));
}

TEST_F(TamperedHistoryTest, AnEntryWithItsColumnsIsFoundByItsDigest) {
  forger_.RewriteActor(20, kWang, Thoroughness::kColumns);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the digest of entry 20 in dedupe is not that of its event"));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("entry 20 is not the one that its tile was made of"));
}

TEST_F(TamperedHistoryTest, AnEntryWithItsDigestIsFoundByItsTile) {
  forger_.RewriteActor(20, kWang, Thoroughness::kDigest);
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("entry 20 is not the one that its tile was made of, tile 0/0"));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("entry 20 is not the one that its tile was made of"));
}

TEST_F(TamperedHistoryTest, AnEntryWithTheWholeTreeIsFoundByTheCheckpoint) {
  GrowAndSign(300);
  forger_.RewriteActor(320, kWang, Thoroughness::kTree);
  EXPECT_THAT(StatusAfterLap(),
              IsFrozenFor("the root over the first 600 entries is not that of the checkpoint of size 600"));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("the root over the first 600 entries is not that of the anchor"));
  // What was signed before the change still stands, and so is its own witness.
  Grow(*NewProcess(), 1);
  EXPECT_THAT(StatusWhenSigning(),
              IsFrozenFor("the root over the first 600 entries is not that of the checkpoint signed before"));
}

TEST_F(TamperedHistoryTest, AnEntryWithTheWholeTreeAndTheCheckpointsGoneIsFoundByTheAnchor) {
  forger_.RewriteActor(20, kWang, Thoroughness::kTree);
  db_.Run({"DELETE FROM checkpoint"});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("the root over the first 300 entries is not that of the anchor"));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("the root over the first 300 entries is not that of the anchor"));
}

// Whoever has only the newest checkpoint removed leaves the earlier ones.
TEST_F(TamperedHistoryTest, AnEntryIsFoundByAnEarlierCheckpointToo) {
  GrowAndSign(300);
  forger_.RewriteActor(20, kWang, Thoroughness::kTree);
  db_.Run({"DELETE FROM checkpoint WHERE size = 600"});
  ASSERT_EQ(unlink(anchor_file().c_str()), 0);
  EXPECT_THAT(StatusAfterLap(),
              IsFrozenFor("the root over the first 300 entries is not that of the checkpoint of size 300"));
}

TEST_F(TamperedHistoryTest, ATailThatWasCutOffIsFoundByTheAnchor) {
  Grow(*log_, 40);
  Sign(*log_);
  db_.Run({"DELETE FROM entry WHERE log_index >= 320", "DELETE FROM payload WHERE log_index >= 320",
           "DELETE FROM dedupe WHERE log_index >= 320", "DELETE FROM checkpoint WHERE size > 320"});
  forger_.DeriveTree();
  const std::string found = "the log has 320 entries, fewer than the 340 of the anchor";
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor(found));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor(found));
  EXPECT_THAT(StatusWhenSigning(), IsFrozenFor("the log has 320 entries, fewer than the 340"));
}

TEST_F(TamperedHistoryTest, YesterdaysDumpIsFoundByTheAnchor) {
  forger_.Dump();
  GrowAndSign(300);
  forger_.Restore();
  const std::string found = "the log has 300 entries, fewer than the 600 of the anchor";
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor(found));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor(found));
  EXPECT_THAT(StatusWhenSigning(), IsFrozenFor("the log has 300 entries, fewer than the 600"));
}

// Other processes have appended to the old state before anybody looked.
TEST_F(TamperedHistoryTest, YesterdaysDumpThatHasGrownAgainIsFoundByTheAnchor) {
  forger_.Dump();
  GrowAndSign(300);
  forger_.Restore();
  Grow(*NewProcess(), 400);
  const std::string found = "the root over the first 600 entries is not that of the anchor";
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor(found));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor(found));
  EXPECT_EQ(db_.Count("SELECT MAX(size) FROM checkpoint"), 300) << "a fork was signed";
}

TEST_F(TamperedHistoryTest, ACheckpointOfAnotherKeyIsNotOurs) {
  const auto stranger = OrExit(merkle::NoteSigner::Generate(kOrigin), "stranger");
  merkle::Checkpoint forged{.origin = kOrigin, .size = 300};
  forged.root = merkle::Sha256("forged");
  const std::string note = OrExit(merkle::SignCheckpoint(forged, {stranger}), "note");
  db_.Run({absl::StrCat("UPDATE checkpoint SET root = ", Forger::Quoted(forged.root.ToBytes()),
                        ", note = ", Forger::Quoted(note))});
  const std::string found = "the checkpoint of size 300 is not one that this log signed";
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor(found));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor(found));
}

// Genuine, but of another log that has the same key and other entries.
TEST_F(TamperedHistoryTest, AGenuineCheckpointOfOtherEntriesIsFound) {
  merkle::Checkpoint other{.origin = kOrigin, .size = 300};
  other.root = merkle::Sha256("the root of other entries");
  const std::string note = OrExit(merkle::SignCheckpoint(other, {signer_}), "note");
  db_.Run({absl::StrCat("UPDATE checkpoint SET root = ", Forger::Quoted(other.root.ToBytes()),
                        ", note = ", Forger::Quoted(note))});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("is not that of the checkpoint of size 300"));
  EXPECT_THAT(StatusAtStart(), IsFrozenFor("is not that of the last checkpoint"));
}

// Once a log has tiles over tiles: a tile of the second level, changed to fit its own root.
TEST_F(TamperedHistoryTest, ATileOfTheSecondLevelIsFound) {
  for (int i = 0; i < 11; ++i) ASSERT_THAT(log_->appender.Append(NewEvents(6000), Soon()), IsOk());
  ASSERT_EQ(db_.Count("SELECT COUNT(*) FROM tile WHERE level = 1"), 1);
  ASSERT_THAT(StatusAfterLap(), IsOk());
  std::string hashes = OrExit(db_.pool().Query(Soon(), "SELECT hashes FROM tile WHERE level = 1"), "tile")[0].Text(0);
  hashes[32 * 5] = static_cast<char>(hashes[32 * 5] ^ 1);
  const merkle::Hash root = OrExit(merkle::TileRoot(hashes), "root");
  db_.Run({absl::StrCat("UPDATE tile SET hashes = ", Forger::Quoted(hashes),
                        ", root = ", Forger::Quoted(root.ToBytes()), " WHERE level = 1")});
  EXPECT_THAT(StatusAfterLap(), IsFrozenFor("tile 1/0 is not made of the tiles below it: 0/5 differs"));
}

}  // namespace
}  // namespace docket::audit
