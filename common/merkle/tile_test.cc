#include "common/merkle/tile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/merkle/reference_tree.h"

namespace docket::merkle {
namespace {

std::string BytesOf(absl::Span<const Hash> hashes) {
  std::string bytes;
  for (const Hash& hash : hashes) bytes += hash.ToBytes();
  return bytes;
}

TEST(TilePathTest, OneSpellingPerTile) {
  const std::vector<std::pair<TileId, std::string>> cases = {
      {{0, 0, 256}, "tile/0/000"},
      {{0, 1234067, 256}, "tile/0/x001/x234/067"},
      {{0, 1234067, 8}, "tile/0/x001/x234/067.p/8"},
      {{3, 999, 255}, "tile/3/999.p/255"},
      {{7, 1000, 1}, "tile/7/x001/000.p/1"},
      {{63, 5, 256}, "tile/63/005"},
      {{0, (uint64_t{1} << 56) - 1, 256}, "tile/0/x072/x057/x594/x037/x927/935"},
  };
  for (const auto& [tile, path] : cases) {
    EXPECT_EQ(TilePath(tile), path);
    const absl::StatusOr<TileId> parsed = ParseTilePath(path);
    ASSERT_TRUE(parsed.ok()) << path;
    EXPECT_EQ(*parsed, tile);
  }
  const TileId entries{0, 1234067, 8};
  EXPECT_EQ(EntriesPath(entries), "tile/entries/x001/x234/067.p/8");
  EXPECT_EQ(*ParseEntriesPath("tile/entries/x001/x234/067.p/8"), entries);
}

TEST(TilePathTest, RefusesEveryOtherSpelling) {
  for (const absl::string_view path : {"",
                                       "tile",
                                       "tile/",
                                       "tile/0",
                                       "tile/0/",
                                       "tile/0/0",
                                       "tile/0/00",
                                       "tile/0/0000",
                                       "tile/00/000",
                                       "tile/64/000",
                                       "tile/-1/000",
                                       "tile/+1/000",
                                       "tile/ 1/000",
                                       "tile/0/x000/001",
                                       "tile/0/001/001",
                                       "tile/0/x001/x001",
                                       "tile/0/x01/001",
                                       "tile/0/000.p/0",
                                       "tile/0/000.p/256",
                                       "tile/0/000.p/01",
                                       "tile/0/000.p/",
                                       "tile/0/000.p",
                                       "tile/0/000.p/8/",
                                       "tile/0/000/",
                                       "/tile/0/000",
                                       "tile//000",
                                       "tile/0//000",
                                       "tile/0/000\n",
                                       "tile/0/ 00",
                                       "tile/0/000.p/8.p/8",
                                       "tile/entries/000",
                                       "tile/0/x072/x057/x594/x037/x927/936",
                                       "tile/0/../000",
                                       "tile/0/x999/x999/x999/x999/x999/x999/999",
                                       "Tile/0/000",
                                       "tile/0/X001/000",
                                       "tile/0/-01"}) {
    EXPECT_EQ(ParseTilePath(path).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
  for (const absl::string_view path : {"tile/entries/", "tile/entries/0", "tile/0/000", "tile/entries/0/000",
                                       "tile/entries/000.p/256", "entries/000"}) {
    EXPECT_FALSE(ParseEntriesPath(path).ok()) << path;
  }
}

TEST(TileTest, WidthsInATree) {
  // 70,000 = 273 * 256 + 112; 273 = 256 + 17.
  EXPECT_EQ(TileWidthAt(0, 272, 70000), 256u);
  EXPECT_EQ(TileWidthAt(0, 273, 70000), 112u);
  EXPECT_EQ(TileWidthAt(0, 274, 70000), 0u);
  EXPECT_EQ(TileWidthAt(1, 0, 70000), 256u);
  EXPECT_EQ(TileWidthAt(1, 1, 70000), 17u);
  EXPECT_EQ(TileWidthAt(2, 0, 70000), 1u);
  EXPECT_EQ(TileWidthAt(3, 0, 70000), 0u);
  EXPECT_EQ(TileWidthAt(0, 0, 256), 256u);
  EXPECT_EQ(TileWidthAt(0, 1, 256), 0u);
  EXPECT_EQ(TileWidthAt(1, 0, 256), 1u);
  EXPECT_EQ(TileWidthAt(0, 0, 0), 0u);
  EXPECT_EQ(TileWidthAt(7, 0, kMaxTreeSize), 128u);
  EXPECT_EQ(TileWidthAt(8, 0, kMaxTreeSize), 0u);
  EXPECT_EQ(TileWidthAt(63, 0, kMaxTreeSize), 0u);
  EXPECT_EQ(TileWidthAt(0, UINT64_MAX, kMaxTreeSize), 0u);
}

TEST(TileTest, WhereANodeIs) {
  EXPECT_EQ(*TileOfNode({0, 0}, 1), (TileId{0, 0, 1}));
  EXPECT_EQ(*TileOfNode({7, 1}, 256), (TileId{0, 0, 256}));
  EXPECT_EQ(*TileOfNode({8, 0}, 256), (TileId{1, 0, 1}));  // the root of a full tile is a hash of the tile above
  EXPECT_EQ(*TileOfNode({3, 40}, 70000), (TileId{0, 1, 256}));
  EXPECT_EQ(*TileOfNode({0, 69999}, 70000), (TileId{0, 273, 112}));
  EXPECT_EQ(*TileOfNode({63, 0}, kMaxTreeSize), (TileId{7, 0, 128}));
  for (const NodeId& node : {NodeId{0, 70000}, NodeId{8, 273}, NodeId{17, 0}, NodeId{63, 0}, NodeId{64, 0},
                             NodeId{1000, 0}, NodeId{0, UINT64_MAX}}) {
    EXPECT_EQ(TileOfNode(node, 70000).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(TileOfNode({0, 0}, kMaxTreeSize + 1).ok());
  EXPECT_FALSE(TileOfNode({0, 0}, 0).ok());

  EXPECT_THAT(*TilesOfNodes({{0, 300}, {7, 0}, {0, 1}, {8, 0}, {2, 65}}, 600),
              testing::ElementsAre(TileId{0, 0, 256}, TileId{0, 1, 256}, TileId{1, 0, 2}));
  EXPECT_FALSE(TilesOfNodes({{0, 1}, {0, 600}}, 600).ok());
}

TEST(TileTest, EveryNodeOfATile) {
  const Hashes leaves = TestLeaves(300);
  const std::string full = BytesOf(absl::MakeSpan(leaves).subspan(0, 256));
  const std::string partial = BytesOf(absl::MakeSpan(leaves).subspan(256));
  for (uint32_t level = 0; level < kTileHeight; ++level) {
    for (uint64_t index = 0; IsInTree({level, index}, leaves.size()); ++index) {
      const NodeId node{level, index};
      const TileId tile = *TileOfNode(node, leaves.size());
      const absl::StatusOr<Hash> hash = NodeFromTile(tile, tile.index == 0 ? full : partial, node);
      ASSERT_TRUE(hash.ok()) << hash.status();
      EXPECT_EQ(*hash, ReferenceRoot(absl::MakeSpan(leaves).subspan(index << level, size_t{1} << level)));
    }
  }
  EXPECT_EQ(*TileRoot(full), ReferenceRoot(absl::MakeSpan(leaves).subspan(0, 256)));
}

TEST(TileTest, APartialTileMayBeAnsweredWithWhatItBecame) {
  const Hashes leaves = TestLeaves(256);
  const std::string full = BytesOf(leaves);
  const TileId tile{0, 0, 100};
  EXPECT_EQ(*NodeFromTile(tile, full, {5, 2}), ReferenceRoot(absl::MakeSpan(leaves).subspan(64, 32)));
  EXPECT_EQ(*NodeFromTile(tile, full.substr(0, 100 * 32), {5, 2}), *NodeFromTile(tile, full, {5, 2}));
  // But what lies beyond its width is not in the tree that was asked about.
  EXPECT_EQ(NodeFromTile(tile, full, {5, 3}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(NodeFromTile(tile, full, {0, 100}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TileTest, RefusesDamagedTilesAndStrangeNodes) {
  const std::string full = BytesOf(TestLeaves(256));
  const TileId tile{0, 3, 256};
  for (const std::string& bytes :
       {std::string(), full.substr(1), full.substr(32), full + std::string(32, 'x'), full + "x"}) {
    EXPECT_EQ(NodeFromTile(tile, bytes, {0, 768}).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(TileRoot(bytes).status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_TRUE(NodeFromTile(tile, full, {0, 768}).ok());
  for (const NodeId& node : {NodeId{0, 767}, NodeId{0, 1024}, NodeId{8, 3}, NodeId{7, 5}, NodeId{7, 8}}) {
    EXPECT_EQ(NodeFromTile(tile, full, node).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace docket::merkle
