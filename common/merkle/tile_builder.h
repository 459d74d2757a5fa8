// Gathers tiles while a tree grows.
//
//   TileBuilder tiles;
//   tree.Append(leaf_hash, [&](const NodeId& node, const Hash& hash) { tiles.Add(node, hash); });
//   for (const CompleteTile& tile : tiles.TakeCompleted()) Insert(tile);
//
// Only full tiles come out, each once, when its last hash comes in. What is not full yet stays inside; after a restart
// it is put back with Resume().
#ifndef DOCKET_COMMON_MERKLE_TILE_BUILDER_H_
#define DOCKET_COMMON_MERKLE_TILE_BUILDER_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/node.h"
#include "common/merkle/tile.h"

namespace docket::merkle {

struct CompleteTile {
  TileId id;          // width 256
  Hash root;          // of the whole tile, which is also a hash of the tile above
  std::string bytes;  // 8,192
};

// Not thread-safe. Copyable, like the CompactRange it accompanies: at most 64 KiB, and usually below 16.
class TileBuilder {
 public:
  // For the empty tree.
  TileBuilder() = default;

  // For a tree of `tree_size` entries, given its partial tiles' bytes by level, from 0 up to the last non-empty level.
  // The partial tile of level 0 is the last leaf hashes, that of a higher level the last roots of the full tiles below.
  // INVALID_ARGUMENT where a tile is not as wide as the size demands.
  static absl::StatusOr<TileBuilder> Resume(uint64_t tree_size, absl::Span<const std::string> partial_tiles);

  // Takes each node that CompactRange::Append visits, in that order; those which are in no tile's row are passed over.
  void Add(const NodeId& node, const Hash& hash);

  // The tiles that became full since the last call, a lower level before the one above it.
  std::vector<CompleteTile> TakeCompleted();

  // The bytes of the partial tile at that level as it stands; empty when there is none.
  absl::string_view partial(uint32_t level) const;

 private:
  static constexpr uint32_t kLevels = 8;

  std::array<std::string, kLevels> partial_;
  std::vector<CompleteTile> completed_;
};

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_TILE_BUILDER_H_
