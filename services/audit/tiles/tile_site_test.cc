#include "services/audit/tiles/tile_site.h"

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "services/audit/testing/log_fixture.h"
#include "services/audit/tiles/entry_bundle.h"

namespace docket::audit {
namespace {

using tests::IsOk;

// Follows a site as a stranger would: every tile by its path, as wide as the tree demands.
class SiteReader final : public merkle::TileReader {
 public:
  explicit SiteReader(TileSite& site) : site_(site) {}
  absl::StatusOr<std::vector<std::string>> ReadTiles(absl::Span<const merkle::TileId> tiles) override {
    std::vector<std::string> result;
    for (const merkle::TileId& tile : tiles) {
      const TileAnswer answer = site_.Get("/" + merkle::TilePath(tile), Soon());
      if (answer.status != 200) return absl::NotFoundError(merkle::TilePath(tile));
      EXPECT_EQ(answer.body.size(), tile.width * merkle::Hash::kSize);
      result.push_back(answer.body);
    }
    return result;
  }

 private:
  TileSite& site_;
};

class TileSiteTest : public LogTest {
 protected:
  // Signs the tree as it stands, as the process does every second.
  void Sign() { ASSERT_THAT(log_->checkpointer.Current(Soon()), IsOk()); }
  void Publish() {
    Sign();
    ASSERT_THAT(publisher_.Refresh(publisher_.Current(), Soon()), IsOk());
  }
  TileAnswer Get(const std::string& path) { return site_.Get(path, Soon()); }
  int StatusOf(const std::string& path) { return Get(path).status; }
  merkle::Checkpoint Checkpoint() {
    const TileAnswer answer = Get("/checkpoint");
    EXPECT_EQ(answer.status, 200);
    return OrExit(merkle::VerifyCheckpoint(answer.body, kOrigin, {signer_.verifier()}), "checkpoint");
  }
  uint64_t publisher_size_ = 0;
  std::string LeavesOf(uint64_t begin, uint64_t end) {
    const merkle::Hashes leaves = Leaves();
    std::string bytes;
    for (uint64_t i = begin; i < end; ++i) bytes += leaves[i].ToBytes();
    return bytes;
  }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  TreePublisher publisher_{log_->store, log_->guard,
                           [this](absl::Time deadline) { return log_->store.LastCheckpoint(deadline); }};
  TileSite site_{publisher_, log_->guard, false};
  TileSite open_site_{publisher_, log_->guard, true};
};

TEST_F(TileSiteTest, NothingBeforeTheFirstCheckpoint) {
  Grow(*log_, 3);
  EXPECT_EQ(StatusOf("/checkpoint"), 404);
  EXPECT_EQ(StatusOf("/tile/0/000.p/3"), 404);
  // Asked for again, it is looked for again.
  Sign();
  EXPECT_EQ(StatusOf("/tile/0/000.p/3"), 200);
  EXPECT_EQ(Checkpoint().size, 3u);
}

TEST_F(TileSiteTest, TheEmptyLog) {
  Publish();
  EXPECT_EQ(Checkpoint().size, 0u);
  EXPECT_EQ(Checkpoint().root, merkle::EmptyRoot());
  EXPECT_EQ(StatusOf("/tile/0/000"), 404);
  EXPECT_EQ(StatusOf("/tile/0/000.p/1"), 404);
}

// At sizes around the borders of tiles, everything that the tree has verifies, and what it has not is not there.
TEST_F(TileSiteTest, EveryTileMakesTheCheckpointsRoot) {
  for (const uint64_t size : {1, 2, 255, 256, 257, 511, 512, 700}) {
    Grow(*log_, static_cast<int>(size - publisher_size_));
    publisher_size_ = size;
    Publish();
    const merkle::Checkpoint checkpoint = Checkpoint();
    ASSERT_EQ(checkpoint.size, size);
    SiteReader reader(site_);
    merkle::TileNodeReader nodes(reader, size);
    ASSERT_EQ(*merkle::RootAt(nodes, size), checkpoint.root) << size;
    const merkle::Hashes leaves = Leaves();
    for (const uint64_t index : {uint64_t{0}, size / 2, size - 1}) {
      const auto proof = merkle::InclusionProof(nodes, index, size);
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(merkle::VerifyInclusion(leaves[index], index, size, *proof, checkpoint.root), IsOk());
    }
    const uint64_t tile = size / 256;
    const uint64_t rest = size % 256;
    EXPECT_EQ(StatusOf(absl::StrFormat("/tile/0/%03d", tile)), 404);
    EXPECT_EQ(StatusOf(absl::StrFormat("/tile/0/%03d.p/%d", tile, rest + 1)), 404);
    EXPECT_EQ(StatusOf("/tile/1/000"), 404);
    EXPECT_EQ(StatusOf(absl::StrCat("/tile/1/000.p/", tile + 1)), 404);
    EXPECT_EQ(StatusOf("/tile/2/000.p/1"), 404);
    EXPECT_EQ(StatusOf("/tile/8/000"), 404);
    EXPECT_EQ(StatusOf("/tile/63/000"), 404);
  }
}

// Who read a checkpoint a moment ago can still finish with its tiles.
TEST_F(TileSiteTest, TheTilesOfEarlierCheckpointsStay) {
  Grow(*log_, 200);
  Publish();
  const std::string narrow = Get("/tile/0/000.p/200").body;
  Grow(*log_, 30);
  Publish();
  EXPECT_EQ(Get("/tile/0/000.p/200").body, narrow);
  Grow(*log_, 100);
  Publish();
  EXPECT_EQ(Get("/tile/0/000.p/200").body, narrow);
  EXPECT_EQ(Get("/tile/0/000").body, LeavesOf(0, 256));
  EXPECT_EQ(Get("/tile/0/000.p/255").body, LeavesOf(0, 255));
  EXPECT_EQ(Get("/tile/0/001.p/74").body, LeavesOf(256, 330));
  EXPECT_EQ(StatusOf("/tile/0/001.p/75"), 404);
}

TEST_F(TileSiteTest, WhatIsNotPublishedIsNotThere) {
  Grow(*log_, 300);
  Publish();
  Grow(*log_, 300);
  // In the tree, but in no checkpoint yet.
  EXPECT_EQ(Checkpoint().size, 300u);
  EXPECT_EQ(StatusOf("/tile/0/001"), 404);
  EXPECT_EQ(StatusOf("/tile/0/001.p/45"), 404);
  EXPECT_EQ(StatusOf("/tile/0/001.p/44"), 200);
}

TEST_F(TileSiteTest, FollowsWhatAnotherProcessSigned) {
  Grow(*log_, 10);
  Publish();
  const std::unique_ptr<LogProcess> other = NewProcess();
  Grow(*other, 10);
  ASSERT_THAT(other->checkpointer.Current(Soon()), IsOk());
  // A client of that process comes here with its checkpoint.
  EXPECT_EQ(StatusOf("/tile/0/000.p/20"), 200);
  EXPECT_EQ(Checkpoint().size, 20u);
}

TEST_F(TileSiteTest, NeverGoesBack) {
  Grow(*log_, 20);
  Publish();
  const auto before = publisher_.Current();
  TreePublisher publisher(log_->store, log_->guard, [&, first = true](absl::Time deadline) mutable {
    if (std::exchange(first, false)) return log_->store.LastCheckpoint(deadline);
    return absl::StatusOr<std::optional<StoredCheckpoint>>(
        StoredCheckpoint{.size = 10, .root = before->root(), .note = "old"});
  });
  ASSERT_THAT(publisher.Refresh(nullptr, Soon()), IsOk());
  const auto tree = publisher.Current();
  ASSERT_THAT(publisher.Refresh(tree, Soon()), IsOk());
  EXPECT_EQ(publisher.Current(), tree);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
}

TEST_F(TileSiteTest, EachResourceHasOneSpelling) {
  Grow(*log_, 300);
  Publish();
  for (const char* path : {"",
                           "/",
                           "checkpoint",
                           "/checkpoint/",
                           "/Checkpoint",
                           "//checkpoint",
                           "/checkpoint%20",
                           "/tile",
                           "/tile/",
                           "/tile/0",
                           "/tile/0/0",
                           "/tile/0/000/",
                           "/tile/00/000",
                           "/tile/0/x000/000",
                           "/tile/0/%30%30%30",
                           "/tile/0/../0/000",
                           "/tile/-1/000",
                           "/tile/0/000.p/0",
                           "/tile/0/000.p/256",
                           "/tile/0/001.p/044",
                           "/tile/0/x999/x999/x999/x999/x999/x999/999",
                           "/tile/0/99999999999999999999999999",
                           "/tile/\xE4\xB8\x80/000",
                           "/tile/0/000\n",
                           "/favicon.ico",
                           "/metrics"}) {
    EXPECT_EQ(StatusOf(path), 404) << path;
  }
  EXPECT_EQ(StatusOf(std::string("/tile/0/000\0", 12)), 404);
  EXPECT_EQ(StatusOf("/" + std::string(100'000, 'x')), 404);
}

TEST_F(TileSiteTest, SaysHowLongItStaysTrue) {
  Grow(*log_, 300);
  Publish();
  const TileAnswer checkpoint = Get("/checkpoint");
  EXPECT_EQ(checkpoint.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(checkpoint.cache_control, "no-store");
  const TileAnswer full = Get("/tile/0/000");
  EXPECT_EQ(full.content_type, "application/octet-stream");
  EXPECT_EQ(full.cache_control, "public, max-age=31536000, immutable");
  EXPECT_EQ(Get("/tile/0/001.p/44").cache_control, "public, max-age=300, immutable");
  // It may be there tomorrow.
  EXPECT_EQ(Get("/tile/0/002").cache_control, "no-store");
}

TEST_F(TileSiteTest, EntriesAreServedOnlyWhereThatWasTurnedOn) {
  Grow(*log_, 260);
  Publish();
  EXPECT_EQ(StatusOf("/tile/entries/000"), 404);
  EXPECT_EQ(StatusOf("/tile/entries/001.p/4"), 404);
  for (const auto& [path, begin, end] : std::vector<std::tuple<std::string, uint64_t, uint64_t>>{
           {"/tile/entries/000", 0, 256}, {"/tile/entries/001.p/4", 256, 260}, {"/tile/entries/000.p/3", 0, 3}}) {
    const TileAnswer answer = open_site_.Get(path, Soon());
    ASSERT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.content_type, "application/octet-stream");
    // Split by hand, as a reader would.
    std::string hashes;
    absl::string_view rest = answer.body;
    while (rest.size() >= 2) {
      const size_t length = static_cast<size_t>(static_cast<uint8_t>(rest[0])) << 8 | static_cast<uint8_t>(rest[1]);
      ASSERT_LE(length, rest.size() - 2);
      hashes += merkle::LeafHash(rest.substr(2, length)).ToBytes();
      // Payloads, reasons and names of people are beside the entry, not in it.
      EXPECT_EQ(rest.substr(2, length).find("李娜"), absl::string_view::npos);
      rest.remove_prefix(2 + length);
    }
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(hashes, LeavesOf(begin, end)) << path;
  }
  EXPECT_EQ(open_site_.Get("/tile/entries/001.p/5", Soon()).status, 404);
  EXPECT_EQ(open_site_.Get("/tile/entries/001", Soon()).status, 404);
}

struct Tampering {
  const char* name;
  const char* sql;
  const char* path;
};

class TamperedTileTest : public TileSiteTest, public ::testing::WithParamInterface<Tampering> {};

// What a database administrator changed is not served, and freezes the log.
TEST_P(TamperedTileTest, IsNotServed) {
  Grow(*log_, 600);
  Publish();
  ASSERT_EQ(open_site_.Get(GetParam().path, Soon()).status, 200);
  db_.Run({GetParam().sql});
  const TileAnswer answer = open_site_.Get(GetParam().path, Soon());
  EXPECT_EQ(answer.status, 500) << answer.body;
  EXPECT_FALSE(log_->guard.CheckOpen().ok());
  // What was published before is still what it was.
  EXPECT_EQ(Checkpoint().size, 600u);
  EXPECT_EQ(StatusOf("/tile/0/002.p/88"), 200);
}

INSTANTIATE_TEST_SUITE_P(
    Edits, TamperedTileTest,
    ::testing::Values(
        Tampering{"Hashes",
                  "UPDATE tile SET hashes = CONCAT(REPEAT('x', 32), SUBSTRING(hashes, 33)) WHERE tile_index = 1",
                  "/tile/0/001"},
        Tampering{"Root", "UPDATE tile SET root = REPEAT('x', 32) WHERE tile_index = 1", "/tile/0/001"},
        Tampering{"AnotherTileWhole",
                  "UPDATE tile a JOIN tile b ON b.tile_index = 0 SET a.hashes = b.hashes, a.root = b.root "
                  "WHERE a.tile_index = 1",
                  "/tile/0/001"},
        Tampering{"Missing", "DELETE FROM tile WHERE tile_index = 1", "/tile/0/001.p/7"},
        Tampering{"Entry", "UPDATE entry SET entry = CONCAT(entry, ' ') WHERE log_index = 300", "/tile/entries/001"},
        Tampering{
            "EntryAndLeaf",
            "UPDATE entry SET entry = 'x', leaf_hash = UNHEX(SHA2(CONCAT(CHAR(0), 'x'), 256)) WHERE log_index = 599",
            "/tile/entries/002.p/88"},
        Tampering{"EntryGone", "DELETE FROM entry WHERE log_index = 300", "/tile/entries/001.p/50"}),
    [](const auto& edit) { return std::string(edit.param.name); });

TEST_F(TileSiteTest, ACheckpointThatTheTilesDoNotMakeIsNotPublished) {
  Grow(*log_, 600);
  Publish();
  Grow(*log_, 10);
  Sign();
  db_.Run({"UPDATE entry SET leaf_hash = REPEAT('x', 32) WHERE log_index = 605"});
  EXPECT_FALSE(publisher_.Refresh(publisher_.Current(), Soon()).ok());
  EXPECT_FALSE(log_->guard.CheckOpen().ok());
  EXPECT_EQ(Checkpoint().size, 600u);
}

TEST_F(TileSiteTest, SaysWhenTheDatabaseDoesNotAnswer) {
  Grow(*log_, 300);
  Publish();
  db_.pool().Close();
  EXPECT_EQ(Checkpoint().size, 300u);
  EXPECT_EQ(StatusOf("/tile/0/001.p/44"), 200);
  EXPECT_EQ(StatusOf("/tile/0/000"), 503);
  EXPECT_EQ(StatusOf("/tile/0/001.p/45"), 503);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
}

TEST(EntryBundleTest, LengthsAreSixteenBits) {
  EXPECT_EQ(*EncodeEntryBundle({}), "");
  EXPECT_EQ(*EncodeEntryBundle({"", "ab"}), std::string("\0\0\0\2ab", 6));
  const std::string longest(65'535, 'x');
  EXPECT_EQ(EncodeEntryBundle({longest})->substr(0, 3), "\xFF\xFFx");
  EXPECT_FALSE(EncodeEntryBundle({longest + "x"}).ok());
}

}  // namespace
}  // namespace docket::audit
