#include "common/merkle/tile_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/merkle/compact_range.h"
#include "common/merkle/reference_tree.h"
#include "common/merkle/tile_reader.h"

namespace docket::merkle {
namespace {

// A log of tiles as a table would hold it: complete tiles, and the partial ones beside them.
class TileStore final : public TileReader {
 public:
  void Append(const Hash& leaf) {
    range_.Append(leaf, [&](const NodeId& node, const Hash& hash) { builder_.Add(node, hash); });
    for (CompleteTile& tile : builder_.TakeCompleted()) {
      EXPECT_EQ(tile.id.width, kTileWidth);
      EXPECT_EQ(*TileRoot(tile.bytes), tile.root);
      EXPECT_TRUE(complete_.emplace(tile.id, std::move(tile.bytes)).second);
    }
  }

  absl::StatusOr<std::vector<std::string>> ReadTiles(absl::Span<const TileId> tiles) override {
    std::vector<std::string> out;
    for (const TileId& id : tiles) {
      const auto found = complete_.find({id.level, id.index, kTileWidth});
      out.push_back(found != complete_.end() ? found->second : std::string(builder_.partial(id.level)));
    }
    reads_ += out.size();
    return out;
  }

  std::vector<std::string> Partials() const {
    std::vector<std::string> out;
    for (uint32_t level = 0; level < 8; ++level) out.emplace_back(builder_.partial(level));
    return out;
  }

  CompactRange range_;
  TileBuilder builder_;
  std::map<TileId, std::string> complete_;
  size_t reads_ = 0;
};

// The sizes around which tiles of one, two levels become complete.
TEST(TileBuilderTest, TilesAndProofsAcrossTheBorders) {
  constexpr size_t kSize = 65537 + 300;
  const Hashes leaves = TestLeaves(kSize);
  TileStore store;
  size_t next = 0;
  for (const size_t size : {1ul, 2ul, 255ul, 256ul, 257ul, 511ul, 512ul, 513ul, 65535ul, 65536ul, 65537ul, kSize}) {
    while (next < size) store.Append(leaves[next++]);
    ASSERT_EQ(store.complete_.size(), size / 256 + size / 65536) << size;
    const Hash root = store.range_.Root();
    TileNodeReader reader(store, size);
    ASSERT_EQ(*RootAt(reader, size), root) << size;
    for (const size_t at : {size_t{0}, size / 3, size / 2, size - 1}) {
      const absl::StatusOr<Hashes> path = InclusionProof(reader, at, size);
      ASSERT_TRUE(path.ok()) << path.status();
      ASSERT_TRUE(VerifyInclusion(leaves[at], at, size, *path, root).ok()) << at << " of " << size;
      const absl::StatusOr<Hashes> proof = ConsistencyProof(reader, at + 1, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      const Hash old_root = ReferenceRoot(absl::MakeSpan(leaves).subspan(0, at + 1));
      ASSERT_TRUE(VerifyConsistency(at + 1, size, old_root, root, *proof).ok()) << at + 1 << " to " << size;
      // The present tiles also serve every earlier size.
      ASSERT_EQ(*RootAt(reader, at + 1), old_root);
    }
    // What a restart knows is enough to go on.
    const absl::StatusOr<TileBuilder> resumed = TileBuilder::Resume(size, store.Partials());
    ASSERT_TRUE(resumed.ok()) << resumed.status();
    store.builder_ = *resumed;
  }
}

TEST(TileBuilderTest, HashesAreThoseOfTheDefinition) {
  const Hashes leaves = TestLeaves(600);
  TileStore store;
  for (const Hash& leaf : leaves) store.Append(leaf);
  std::string second;
  for (size_t i = 256; i < 512; ++i) second += leaves[i].ToBytes();
  EXPECT_EQ((store.complete_.at({0, 1, kTileWidth})), second);
  EXPECT_EQ(store.builder_.partial(1), ReferenceRoot(absl::MakeSpan(leaves).subspan(0, 256)).ToBytes() +
                                           ReferenceRoot(absl::MakeSpan(leaves).subspan(256, 256)).ToBytes());
  EXPECT_EQ(store.builder_.partial(0).size(), 88u * 32);
  EXPECT_TRUE(store.builder_.partial(2).empty());
  EXPECT_TRUE(store.builder_.partial(8).empty());
}

TEST(TileBuilderTest, ACopyIsUndone) {
  TileStore store;
  const Hashes leaves = TestLeaves(256);
  for (size_t i = 0; i < 255; ++i) store.Append(leaves[i]);
  // A batch that does not commit.
  TileBuilder copy = store.builder_;
  copy.Add({0, 255}, LeafHash("lost"));
  copy.Add({8, 0}, LeafHash("lost root"));
  ASSERT_EQ(copy.TakeCompleted().size(), 1u);
  EXPECT_TRUE(copy.TakeCompleted().empty());
  store.Append(leaves[255]);
  EXPECT_EQ(*TileRoot(store.complete_.begin()->second), ReferenceRoot(leaves));
}

TEST(TileBuilderTest, RefusesPartialTilesOfAnotherSize) {
  const std::string three(3 * 32, 'x');
  const std::string one(32, 'y');
  EXPECT_TRUE(TileBuilder::Resume(0, {}).ok());
  EXPECT_TRUE(TileBuilder::Resume(3, {three}).ok());
  EXPECT_TRUE(TileBuilder::Resume(256 + 3, {three, one}).ok());
  EXPECT_TRUE(TileBuilder::Resume(65536, {"", "", one}).ok());
  for (const absl::Status& status :
       {TileBuilder::Resume(3, {}).status(), TileBuilder::Resume(2, {three}).status(),
        TileBuilder::Resume(3, {three + "x"}).status(), TileBuilder::Resume(3, {three, one}).status(),
        TileBuilder::Resume(259, {three}).status(), TileBuilder::Resume(65536, {one}).status(),
        TileBuilder::Resume(kMaxTreeSize + 1, {one}).status(),
        TileBuilder::Resume(0, std::vector<std::string>(9)).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(TileReaderTest, ReadsEachTileOnce) {
  TileStore store;
  const Hashes leaves = TestLeaves(1000);
  for (const Hash& leaf : leaves) store.Append(leaf);
  TileNodeReader reader(store, 1000);
  ASSERT_TRUE(InclusionProof(reader, 5, 1000).ok());
  EXPECT_EQ(store.reads_, 3u);  // the leaf's, the tile of the other tiles' roots, the last
}

TEST(TileReaderTest, NoticesTilesThatAreNot) {
  class Liar final : public TileReader {
   public:
    explicit Liar(absl::StatusOr<std::vector<std::string>> answer) : answer_(std::move(answer)) {}
    absl::StatusOr<std::vector<std::string>> ReadTiles(absl::Span<const TileId>) override { return answer_; }

   private:
    absl::StatusOr<std::vector<std::string>> answer_;
  };
  const auto prove = [](absl::StatusOr<std::vector<std::string>> answer) {
    Liar liar(std::move(answer));
    TileNodeReader reader(liar, 2);
    return InclusionProof(reader, 0, 2).status().code();
  };
  EXPECT_EQ(prove(absl::UnavailableError("no database")), absl::StatusCode::kUnavailable);
  EXPECT_EQ(prove(std::vector<std::string>()), absl::StatusCode::kInternal);
  EXPECT_EQ(prove(std::vector<std::string>{std::string(32, 'x')}), absl::StatusCode::kDataLoss);
  EXPECT_EQ(prove(std::vector<std::string>{std::string(64, 'x')}), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace docket::merkle
