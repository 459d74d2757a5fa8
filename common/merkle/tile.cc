#include "common/merkle/tile.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"

namespace docket::merkle {
namespace {

// The root of a perfect subtree whose bottom row these hashes are.
Hash Fold(absl::Span<const Hash> hashes) {
  if (hashes.size() == 1) return hashes[0];
  const size_t half = hashes.size() / 2;
  return NodeHash(Fold(hashes.subspan(0, half)), Fold(hashes.subspan(half)));
}

absl::StatusOr<Hash> FoldBytes(absl::string_view bytes) {
  std::vector<Hash> hashes;
  hashes.reserve(bytes.size() / Hash::kSize);
  for (size_t at = 0; at < bytes.size(); at += Hash::kSize) {
    DOCKET_ASSIGN_OR_RETURN(const Hash hash, Hash::FromBytes(bytes.substr(at, Hash::kSize)));
    hashes.push_back(hash);
  }
  return Fold(hashes);
}

// `x001/x234/067` and, for a partial tile, `.p/8`.
std::string IndexPath(const TileId& tile) {
  std::string path = absl::StrFormat("%03d", tile.index % 1000);
  for (uint64_t rest = tile.index / 1000; rest != 0; rest /= 1000) {
    path = absl::StrFormat("x%03d/%s", rest % 1000, path);
  }
  if (tile.width < kTileWidth) absl::StrAppend(&path, ".p/", tile.width);
  return path;
}

// Reads the numbers out of what may be an index path; whether it is spelled as one is checked by spelling it again.
bool ReadIndexPath(absl::string_view path, TileId& tile) {
  const size_t suffix = path.find(".p/");
  if (suffix != absl::string_view::npos) {
    if (!absl::SimpleAtoi(path.substr(suffix + 3), &tile.width) || tile.width == 0 || tile.width >= kTileWidth) {
      return false;
    }
    path = path.substr(0, suffix);
  }
  if (path.size() > 32) return false;
  const std::string digits = absl::StrReplaceAll(path, {{"x", ""}, {"/", ""}});
  return absl::SimpleAtoi(digits, &tile.index) && tile.index < uint64_t{1} << 56;
}

}  // namespace

std::string TilePath(const TileId& tile) { return absl::StrCat("tile/", tile.level, "/", IndexPath(tile)); }

std::string EntriesPath(const TileId& tile) { return absl::StrCat("tile/entries/", IndexPath(tile)); }

absl::StatusOr<TileId> ParseTilePath(absl::string_view path) {
  TileId tile;
  absl::string_view rest = path;
  if (absl::ConsumePrefix(&rest, "tile/")) {
    const size_t slash = rest.find('/');
    if (slash != absl::string_view::npos && absl::SimpleAtoi(rest.substr(0, slash), &tile.level) && tile.level <= 63 &&
        ReadIndexPath(rest.substr(slash + 1), tile) && TilePath(tile) == path) {
      return tile;
    }
  }
  return absl::InvalidArgumentError("not the path of a tile");
}

absl::StatusOr<TileId> ParseEntriesPath(absl::string_view path) {
  TileId tile;
  absl::string_view rest = path;
  if (absl::ConsumePrefix(&rest, "tile/entries/") && ReadIndexPath(rest, tile) && EntriesPath(tile) == path) {
    return tile;
  }
  return absl::InvalidArgumentError("not the path of an entry bundle");
}

uint32_t TileWidthAt(uint32_t level, uint64_t index, uint64_t tree_size) {
  if (level >= 64 / kTileHeight) return 0;
  const uint64_t hashes = tree_size >> (kTileHeight * level);
  const uint64_t full_tiles = hashes / kTileWidth;
  if (index < full_tiles) return kTileWidth;
  return index == full_tiles ? static_cast<uint32_t>(hashes % kTileWidth) : 0;
}

absl::StatusOr<TileId> TileOfNode(const NodeId& node, uint64_t tree_size) {
  if (tree_size > kMaxTreeSize || !IsInTree(node, tree_size)) {
    return absl::InvalidArgumentError("the node is not in the tree");
  }
  TileId tile;
  tile.level = node.level / kTileHeight;
  tile.index = node.index >> (kTileHeight - node.level % kTileHeight);
  tile.width = TileWidthAt(tile.level, tile.index, tree_size);
  return tile;
}

absl::StatusOr<std::vector<TileId>> TilesOfNodes(absl::Span<const NodeId> nodes, uint64_t tree_size) {
  std::vector<TileId> tiles;
  tiles.reserve(nodes.size());
  for (const NodeId& node : nodes) {
    DOCKET_ASSIGN_OR_RETURN(const TileId tile, TileOfNode(node, tree_size));
    tiles.push_back(tile);
  }
  std::sort(tiles.begin(), tiles.end());
  tiles.erase(std::unique(tiles.begin(), tiles.end()), tiles.end());
  return tiles;
}

absl::StatusOr<Hash> NodeFromTile(const TileId& tile, absl::string_view bytes, const NodeId& node) {
  if (bytes.size() % Hash::kSize != 0 || bytes.size() > kFullTileBytes || bytes.size() / Hash::kSize < tile.width) {
    return absl::DataLossError(absl::StrCat(TilePath(tile), " has ", bytes.size(), " bytes"));
  }
  const uint32_t height = node.level % kTileHeight;
  const uint64_t first = (node.index << height) % kTileWidth;
  const uint64_t count = uint64_t{1} << height;
  if (node.level / kTileHeight != tile.level || node.index >> (kTileHeight - height) != tile.index ||
      first + count > tile.width) {
    return absl::InvalidArgumentError("the node is not of this tile");
  }
  return FoldBytes(bytes.substr(first * Hash::kSize, count * Hash::kSize));
}

absl::StatusOr<Hash> TileRoot(absl::string_view bytes) {
  if (bytes.size() != kFullTileBytes)
    return absl::DataLossError(absl::StrCat("a full tile has ", bytes.size(), " bytes"));
  return FoldBytes(bytes);
}

}  // namespace docket::merkle
