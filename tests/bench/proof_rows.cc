#include "tests/bench/proof_rows.h"

#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/merkle/tile.h"
#include "common/status/status_macros.h"

namespace docket::bench {
namespace {

constexpr char kSelectEdge[] = "SELECT size, root, edge FROM tree_state WHERE id = 0";
constexpr char kSelectLeaves[] = "SELECT leaf_hash FROM entry WHERE log_index >= ? AND log_index < ?";
constexpr char kSelectRoots[] = "SELECT root FROM tile WHERE level = ? AND tile_index >= ? AND tile_index < ?";

// Whether it is one of the perfect subtrees that a tree of that size is a row of.
bool IsOnEdge(const merkle::NodeId& node, uint64_t tree_size) {
  const uint64_t there = tree_size >> node.level;
  return there % 2 == 1 && node.index == there - 1;
}

}  // namespace

absl::StatusOr<std::vector<merkle::Hash>> NodeCollector::ReadNodes(absl::Span<const merkle::NodeId> wanted) {
  nodes.insert(nodes.end(), wanted.begin(), wanted.end());
  return std::vector<merkle::Hash>(wanted.size());
}

absl::StatusOr<ProofRows> ProofRows::Of(absl::Span<const merkle::NodeId> nodes, uint64_t tree_size) {
  ProofRows proof;
  std::set<merkle::TileId> tiles;
  std::set<merkle::NodeId> parts;
  bool edge = false;
  for (const merkle::NodeId& node : nodes) {
    DOCKET_ASSIGN_OR_RETURN(const merkle::TileId tile, merkle::TileOfNode(node, tree_size));
    if (tile.width == merkle::kTileWidth) {
      tiles.insert(tile);
    } else if (IsOnEdge(node, tree_size)) {
      edge = true;
    } else {
      parts.insert(node);
    }
  }
  if (!tiles.empty()) {
    Rows rows{.sql = "SELECT level, tile_index, hashes FROM tile WHERE ", .count = tiles.size()};
    for (const merkle::TileId& tile : tiles) {
      absl::StrAppend(&rows.sql, rows.params.empty() ? "" : " OR ", "(level = ? AND tile_index = ?)");
      rows.params.insert(rows.params.end(), {tile.level, tile.index});
    }
    proof.rows_.push_back(std::move(rows));
  }
  if (edge) proof.rows_.push_back({.sql = kSelectEdge, .count = 1});
  for (const merkle::NodeId& node : parts) {
    const uint32_t level = node.level / merkle::kTileHeight;
    const uint32_t height = node.level % merkle::kTileHeight;
    const uint64_t first = node.index << height;
    const uint64_t count = uint64_t{1} << height;
    Rows rows{.sql = level == 0 ? kSelectLeaves : kSelectRoots, .count = count};
    // What a row of a tile is made of are the roots of those below.
    if (level > 0) rows.params.emplace_back(level - 1);
    rows.params.insert(rows.params.end(), {first, first + count});
    proof.rows_.push_back(std::move(rows));
  }
  return proof;
}

absl::Status ProofRows::Read(mysql::Connection& tables) const {
  for (const Rows& rows : rows_) {
    DOCKET_ASSIGN_OR_RETURN(const auto found, tables.Query(rows.sql, rows.params));
    if (found.size() != rows.count)
      return absl::NotFoundError(absl::StrCat("rows that a proof needs are missing: ", rows.sql));
  }
  return absl::OkStatus();
}

}  // namespace docket::bench
