// Proofs from tiles: a NodeReader that finds nodes in the tiles of a table, a directory or a server.
#ifndef DOCKET_COMMON_MERKLE_TILE_READER_H_
#define DOCKET_COMMON_MERKLE_TILE_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/node.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile.h"

namespace docket::merkle {

// Where the tiles are.
class TileReader {
 public:
  virtual ~TileReader() = default;
  // The bytes of those tiles, in their order; each of at least the width asked for. A proof touches at most one tile
  // per 8 tree levels and path.
  virtual absl::StatusOr<std::vector<std::string>> ReadTiles(absl::Span<const TileId> tiles) = 0;
};

// Reads nodes of one tree size. Holds no tile between calls: caching is the TileReader's choice. As thread-safe as that
// is.
class TileNodeReader final : public NodeReader {
 public:
  // `tiles` outlives this. `tree_size` says how wide the last tiles are; proofs for that and smaller sizes can be
  // built.
  TileNodeReader(TileReader& tiles, uint64_t tree_size) : tiles_(tiles), tree_size_(tree_size) {}

  absl::StatusOr<std::vector<Hash>> ReadNodes(absl::Span<const NodeId> nodes) override;

 private:
  TileReader& tiles_;
  const uint64_t tree_size_;
};

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_TILE_READER_H_
