// Tiles: how a tree is stored and served, after C2SP's tlog-tiles.
//
// A tile of level L and index N is a row of up to 256 consecutive node hashes of tree level 8 * L, concatenated: 8,192
// bytes when it is full, and then it never changes. Nodes at the seven tree levels above that row are computed from it.
// The root of a full tile is one hash of a tile at level L + 1. The last tile of a level may be partial: a prefix of
// what it will become.
#ifndef DOCKET_COMMON_MERKLE_TILE_H_
#define DOCKET_COMMON_MERKLE_TILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/node.h"

namespace docket::merkle {

inline constexpr uint32_t kTileHeight = 8;
// Hashes in a full tile.
inline constexpr uint32_t kTileWidth = 256;
inline constexpr size_t kFullTileBytes = kTileWidth * Hash::kSize;

struct TileId {
  uint32_t level = 0;  // 0 to 63 by the format; a tree of at most kMaxTreeSize entries uses 0 to 7
  uint64_t index = 0;
  uint32_t width = kTileWidth;  // hashes, 1 to 256; below 256 the tile is partial

  friend bool operator==(const TileId& a, const TileId& b) {
    return a.level == b.level && a.index == b.index && a.width == b.width;
  }
  friend bool operator<(const TileId& a, const TileId& b) {
    return a.level != b.level ? a.level < b.level : a.index != b.index ? a.index < b.index : a.width < b.width;
  }
  template <typename H>
  friend H AbslHashValue(H state, const TileId& tile) {
    return H::combine(std::move(state), tile.level, tile.index, tile.width);
  }
};

// `tile/0/x001/x234/067` for a full tile, `tile/0/x001/x234/067.p/8` for a partial one.
std::string TilePath(const TileId& tile);
// Likewise for the entries under a level-0 tile (the tile's level is ignored): `tile/entries/x001/x234/067.p/8`.
std::string EntriesPath(const TileId& tile);
// Exactly what TilePath makes; anything else (another spelling of the same number included) is INVALID_ARGUMENT. The
// index is at most 2^56 - 1.
absl::StatusOr<TileId> ParseTilePath(absl::string_view path);
// Exactly what EntriesPath makes; level 0.
absl::StatusOr<TileId> ParseEntriesPath(absl::string_view path);

// How many hashes the tile at that place has in a tree of that size: 0 (no such tile) to 256.
uint32_t TileWidthAt(uint32_t level, uint64_t index, uint64_t tree_size);

// The tile from which a node's hash is had, as wide as it is in a tree of that size. INVALID_ARGUMENT: the node is not
// in that tree.
absl::StatusOr<TileId> TileOfNode(const NodeId& node, uint64_t tree_size);

// The tiles from which all those nodes are had, each once, ascending.
absl::StatusOr<std::vector<TileId>> TilesOfNodes(absl::Span<const NodeId> nodes, uint64_t tree_size);

// A node's hash out of its tile's bytes, computing up to 255 hashes. `bytes` may be longer than the tile's width says
// (a partial tile answered by what it has since become) but is a whole number of hashes and at most a full tile.
// INVALID_ARGUMENT: the node is not of this tile. DATA_LOSS: the bytes are not such a tile.
absl::StatusOr<Hash> NodeFromTile(const TileId& tile, absl::string_view bytes, const NodeId& node);

// The root of a full tile: its one hash in the tile above. DATA_LOSS where `bytes` is no full tile.
absl::StatusOr<Hash> TileRoot(absl::string_view bytes);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_TILE_H_
