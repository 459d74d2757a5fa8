#include "common/merkle/tile_reader.h"

#include <algorithm>

#include "absl/status/status.h"
#include "common/status/status_macros.h"

namespace docket::merkle {

absl::StatusOr<std::vector<Hash>> TileNodeReader::ReadNodes(absl::Span<const NodeId> nodes) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<TileId> ids, TilesOfNodes(nodes, tree_size_));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> tiles, tiles_.ReadTiles(ids));
  if (tiles.size() != ids.size()) return absl::InternalError("the tile reader answered another number of tiles");
  std::vector<Hash> hashes;
  hashes.reserve(nodes.size());
  for (const NodeId& node : nodes) {
    DOCKET_ASSIGN_OR_RETURN(const TileId id, TileOfNode(node, tree_size_));
    const size_t at = static_cast<size_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin());
    DOCKET_ASSIGN_OR_RETURN(const Hash hash, NodeFromTile(id, tiles[at], node));
    hashes.push_back(hash);
  }
  return hashes;
}

}  // namespace docket::merkle
