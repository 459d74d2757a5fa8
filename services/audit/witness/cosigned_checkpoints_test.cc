#include "services/audit/witness/cosigned_checkpoints.h"

#include <optional>
#include <string>

#include "services/audit/tiles/tile_site.h"
#include "services/audit/witness/testing/witness_fixture.h"

namespace docket::audit {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

class CosignedCheckpointsTest : public WitnessTest {
 protected:
  StoredCheckpoint Shown() { return OrExit(room_->checkpoints().ToShow(Soon()), "what is shown").value(); }
  uint64_t NewestSize() {
    const std::optional<CosignedCheckpoint> newest = Newest();
    return newest.has_value() ? newest->checkpoint.size : 0;
  }
};

TEST_F(CosignedCheckpointsTest, NothingUntilOneIsCosigned) {
  EXPECT_FALSE(OrExit(room_->checkpoints().ToShow(Soon()), "what is shown").has_value());
  Grow(*log_, 5);
  Sign();
  EXPECT_FALSE(Newest().has_value());
  EXPECT_EQ(Shown().size, 5u);
  EXPECT_EQ(Shown().note, Sign().note);
}

TEST_F(CosignedCheckpointsTest, TheWorldIsShownTheNewestCosignedOne) {
  Grow(*log_, 5);
  Submit();
  Grow(*log_, 5);
  Sign();
  EXPECT_EQ(Shown().size, 5u);
  EXPECT_THAT(Shown().note, HasSubstr("witness.example/one"));
  // No witness answers any more: after a while the log's own word must do.
  clock_.Advance(absl::Minutes(5));
  EXPECT_EQ(Shown().size, 5u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Shown().size, 10u);
  EXPECT_EQ(Shown().note, Sign().note);
  Submit();
  EXPECT_EQ(Shown().size, 10u);
  EXPECT_THAT(Shown().note, HasSubstr("witness.example/two"));
  // A log that stands still stays cosigned.
  clock_.Advance(absl::Hours(24));
  EXPECT_THAT(Shown().note, HasSubstr("witness.example/two"));
}

TEST_F(CosignedCheckpointsTest, UpToASize) {
  Grow(*log_, 5);
  Submit();
  Grow(*log_, 5);
  Submit();
  EXPECT_EQ(NewestSize(), 10u);
  EXPECT_EQ(OrExit(room_->checkpoints().Newest(9, Soon()), "newest")->checkpoint.size, 5u);
  EXPECT_FALSE(OrExit(room_->checkpoints().Newest(4, Soon()), "newest").has_value());
}

// Whoever writes into the table can take cosignatures away, but make none.
TEST_F(CosignedCheckpointsTest, ForgedRowsAreNotShown) {
  Grow(*log_, 5);
  Submit();
  Grow(*log_, 5);
  Sign();
  // The lines of the cosigned checkpoint under the newer one, nonsense, and one for a size that was never signed.
  db_.Run(
      {"INSERT INTO cosignature SELECT 10, witness, key_id, sign_time_s, line, receive_us FROM cosignature WHERE size "
       "= 5",
       "INSERT INTO cosignature VALUES (9, 'witness.example/one', 1, 1, 'nonsense', 1)",
       "INSERT INTO cosignature VALUES (10, 'x', 1, 1, '', 1)",
       "INSERT INTO cosignature VALUES (18446744073709551615, 'x', 1, 1, '', 1)"});
  EXPECT_EQ(NewestSize(), 5u);
  EXPECT_EQ(Newest()->cosignatures.size(), 2u);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  // One good line beside a bad one counts.
  db_.Run({"UPDATE cosignature SET line = REPLACE(line, 'A', 'B') WHERE size = 5 AND witness = 'witness.example/one'"});
  ASSERT_EQ(Newest()->cosignatures.size(), 1u);
  EXPECT_EQ(Newest()->cosignatures[0].line.key_name, "witness.example/two");
  // What the other columns say is not what is shown.
  db_.Run({"UPDATE cosignature SET sign_time_s = 7 WHERE size = 5"});
  EXPECT_EQ(Newest()->cosignatures[0].time, absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(CosignedCheckpointsTest, AReplacedCheckpointIsFound) {
  Grow(*log_, 5);
  Submit();
  Grow(*log_, 5);
  Sign();
  const merkle::NoteSigner other = OrExit(merkle::NoteSigner::Generate(kOrigin), "another key");
  const std::string forged =
      OrExit(merkle::SignCheckpoint({.origin = kOrigin, .size = 5, .root = merkle::LeafHash("forged")}, {other}),
             "forged note");
  ASSERT_THAT(db_.pool().Execute(Soon(), "UPDATE checkpoint SET note = ? WHERE size = 5", mysql::Params{forged}),
              IsOk());
  EXPECT_THAT(room_->checkpoints().Newest(INT64_MAX, Soon()), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(room_->checkpoints().ToShow(Soon()), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(CosignedCheckpointsTest, AWitnessThatWasDismissedIsShownNoMore) {
  Grow(*log_, 5);
  Submit();
  WitnessRoom without({.pool = db_.pool(),
                       .log = log_->store,
                       .checkpointer = log_->checkpointer,
                       .mutations = mutations_,
                       .http = network_,
                       .clock = clock_,
                       .logger = log_->logger},
                      {{two_.key(), ""}});
  const auto newest = OrExit(without.checkpoints().Newest(INT64_MAX, Soon()), "newest");
  ASSERT_TRUE(newest.has_value());
  ASSERT_EQ(newest->cosignatures.size(), 1u);
  EXPECT_EQ(newest->cosignatures[0].line.key_name, "witness.example/two");
}

// The static tiles show it, with everything below it.
TEST_F(CosignedCheckpointsTest, ServedAsTiles) {
  Grow(*log_, 5);
  Submit();
  Grow(*log_, 300);
  Sign();
  TreePublisher publisher(log_->store, log_->guard,
                          [&](absl::Time deadline) { return room_->checkpoints().ToShow(deadline); });
  TileSite site(publisher, log_->guard, false);
  const TileAnswer answer = site.Get("/checkpoint", Soon());
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, Newest()->note);
  EXPECT_EQ(site.Get("/tile/0/000.p/5", Soon()).status, 200);
  EXPECT_EQ(site.Get("/tile/0/000.p/6", Soon()).status, 404);
  Submit();
  EXPECT_EQ(site.Get("/tile/0/001.p/49", Soon()).status, 200);
  EXPECT_THAT(site.Get("/checkpoint", Soon()).body, HasSubstr("\n305\n"));
}

}  // namespace
}  // namespace docket::audit
