#include "services/audit/tiles/published_tree.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "common/status/status_macros.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

constexpr uint32_t kLevels = 64 / merkle::kTileHeight;

}  // namespace

absl::StatusOr<std::shared_ptr<const PublishedTree>> PublishedTree::Load(const LogStore& store,
                                                                         StoredCheckpoint checkpoint,
                                                                         absl::Time deadline) {
  std::shared_ptr<PublishedTree> tree(new PublishedTree(store, std::move(checkpoint)));
  const uint64_t size = tree->checkpoint_.size;
  LogTiles tiles(store, size, deadline);
  merkle::TileNodeReader nodes(tiles, size);
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash root, merkle::RootAt(nodes, size));
  if (root != tree->checkpoint_.root) {
    return absl::DataLossError(absl::StrCat("the tiles do not make the root of the checkpoint of size ", size));
  }
  // The root was made of exactly these tiles, which the reader remembers.
  tree->edge_.resize(kLevels);
  for (uint32_t level = 0; level < kLevels; ++level) {
    const uint64_t index = size >> (merkle::kTileHeight * level) >> merkle::kTileHeight;
    const uint32_t width = merkle::TileWidthAt(level, index, size);
    if (width == 0) continue;
    DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> read, tiles.ReadTiles({{level, index, width}}));
    tree->edge_[level] = std::move(read.front());
  }
  return std::shared_ptr<const PublishedTree>(std::move(tree));
}

absl::StatusOr<std::string> PublishedTree::Tile(const merkle::TileId& tile, absl::Time deadline) const {
  const uint32_t width = WidthOf(tile);
  if (tile.width > width || tile.width == 0) return absl::NotFoundError("the tree has no such tile");
  if (width < merkle::kTileWidth) return edge_[tile.level].substr(0, tile.width * merkle::Hash::kSize);
  DOCKET_ASSIGN_OR_RETURN(std::string bytes, store_.ReadTile(tile.level, tile.index, deadline));
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash root, merkle::TileRoot(bytes));
  // The tile's root is one hash of the tile above it, and so on up to the edge, which the root is made of.
  const merkle::TileId above{.level = tile.level + 1,
                             .index = tile.index / merkle::kTileWidth,
                             .width = static_cast<uint32_t>(tile.index % merkle::kTileWidth) + 1};
  DOCKET_ASSIGN_OR_RETURN(const std::string roots, Tile(above, deadline));
  if (absl::string_view(roots).substr((above.width - 1) * merkle::Hash::kSize) != root.bytes()) {
    return absl::DataLossError(absl::StrCat(merkle::TilePath(tile), " is not what the tile above it was made of"));
  }
  bytes.resize(tile.width * merkle::Hash::kSize);
  return bytes;
}

absl::StatusOr<std::vector<std::string>> PublishedTree::Entries(const merkle::TileId& tile, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const std::string leaves, Tile({0, tile.index, tile.width}, deadline));
  const uint64_t begin = tile.index * merkle::kTileWidth;
  DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> entries, store_.ReadEntryBytes(begin, begin + tile.width, deadline));
  for (size_t i = 0; i < entries.size(); ++i) {
    const absl::string_view leaf = absl::string_view(leaves).substr(i * merkle::Hash::kSize, merkle::Hash::kSize);
    if (merkle::LeafHash(entries[i]).bytes() != leaf) {
      return absl::DataLossError(absl::StrCat("entry ", begin + i, " is not what its leaf was made of"));
    }
  }
  return entries;
}

std::shared_ptr<const PublishedTree> TreePublisher::Current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

absl::Status TreePublisher::Refresh(const std::shared_ptr<const PublishedTree>& seen, absl::Time deadline) {
  absl::MutexLock lock(&refresh_mutex_);
  if (Current() != seen) return absl::OkStatus();
  const absl::Status status = Publish(deadline);
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  guard_.Freeze(status.message());
  return guard_.CheckOpen();
}

absl::Status TreePublisher::Publish(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(std::optional<StoredCheckpoint> newest, source_(deadline));
  const std::shared_ptr<const PublishedTree> current = Current();
  if (!newest.has_value()) return absl::OkStatus();
  if (current != nullptr) {
    if (newest->size < current->size()) return absl::OkStatus();
    if (newest->size == current->size()) {
      if (newest->root != current->root()) {
        return absl::DataLossError(absl::StrCat("two checkpoints of size ", newest->size, " have different roots"));
      }
      if (newest->note == current->note()) return absl::OkStatus();
    }
  }
  DOCKET_ASSIGN_OR_RETURN(std::shared_ptr<const PublishedTree> tree,
                          PublishedTree::Load(store_, *std::move(newest), deadline));
  absl::MutexLock lock(&mutex_);
  current_ = std::move(tree);
  return absl::OkStatus();
}

}  // namespace docket::audit
