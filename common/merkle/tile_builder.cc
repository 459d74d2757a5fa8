#include "common/merkle/tile_builder.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace docket::merkle {

absl::StatusOr<TileBuilder> TileBuilder::Resume(uint64_t tree_size, absl::Span<const std::string> partial_tiles) {
  if (tree_size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is larger than any can be");
  if (partial_tiles.size() > kLevels) return absl::InvalidArgumentError("no tree has that many levels of tiles");
  TileBuilder builder;
  for (uint32_t level = 0; level < kLevels; ++level) {
    const uint64_t width = (tree_size >> (kTileHeight * level)) % kTileWidth;
    const absl::string_view bytes = level < partial_tiles.size() ? partial_tiles[level] : absl::string_view();
    if (bytes.size() != width * Hash::kSize) {
      return absl::InvalidArgumentError(absl::StrCat("a tree of ", tree_size, " entries has ", width,
                                                     " hashes in its partial tile of level ", level));
    }
    builder.partial_[level] = std::string(bytes);
  }
  return builder;
}

void TileBuilder::Add(const NodeId& node, const Hash& hash) {
  if (node.level % kTileHeight != 0 || node.level / kTileHeight >= kLevels) return;
  const uint32_t level = node.level / kTileHeight;
  // The node that follows a tile's last hash up the tree is that tile's root.
  if (level > 0 && !completed_.empty()) completed_.back().root = hash;
  std::string& partial = partial_[level];
  if (partial.empty()) partial.reserve(kFullTileBytes);
  partial.append(hash.bytes().data(), Hash::kSize);
  if (partial.size() < kFullTileBytes) return;
  completed_.push_back({TileId{level, node.index / kTileWidth, kTileWidth}, Hash(), std::exchange(partial, {})});
}

std::vector<CompleteTile> TileBuilder::TakeCompleted() { return std::exchange(completed_, {}); }

absl::string_view TileBuilder::partial(uint32_t level) const {
  return level < kLevels ? absl::string_view(partial_[level]) : absl::string_view();
}

}  // namespace docket::merkle
