#include "services/audit/log_tiles.h"

#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// The partial tile at the end of a level: its hashes are the last leaves, or the roots of the last complete tiles
// below.
absl::StatusOr<std::string> PartialTile(const LogStore& store, uint32_t level, uint64_t index, uint32_t width,
                                        absl::Time deadline) {
  const uint64_t begin = index * merkle::kTileWidth;
  absl::StatusOr<std::vector<merkle::Hash>> hashes =
      level == 0 ? store.ReadLeafHashes(begin, begin + width, deadline)
                 : store.ReadTileRoots(level - 1, begin, begin + width, deadline);
  if (!hashes.ok()) return hashes.status();
  std::string bytes;
  bytes.reserve(hashes->size() * merkle::Hash::kSize);
  for (const merkle::Hash& hash : *hashes) bytes.append(hash.bytes().data(), hash.bytes().size());
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> LogTiles::ReadTiles(absl::Span<const merkle::TileId> tiles) {
  DOCKET_RETURN_IF_ERROR(Remember(tiles));
  std::vector<std::string> result;
  result.reserve(tiles.size());
  for (const merkle::TileId& tile : tiles) result.push_back(read_.at({tile.level, tile.index}));
  return result;
}

absl::Status LogTiles::Remember(absl::Span<const merkle::TileId> tiles) {
  std::map<uint32_t, std::vector<uint64_t>> complete;
  for (const merkle::TileId& tile : tiles) {
    if (read_.contains({tile.level, tile.index})) continue;
    const uint32_t width = merkle::TileWidthAt(tile.level, tile.index, tree_size_);
    if (width == merkle::kTileWidth) {
      complete[tile.level].push_back(tile.index);
      continue;
    }
    DOCKET_ASSIGN_OR_RETURN((read_[{tile.level, tile.index}]),
                            PartialTile(store_, tile.level, tile.index, width, deadline_));
  }
  for (const auto& [level, indexes] : complete) {
    DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> read, store_.ReadTiles(level, indexes, deadline_));
    for (size_t i = 0; i < indexes.size(); ++i) read_[{level, indexes[i]}] = std::move(read[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<merkle::TileBuilder> ResumeTiles(const LogStore& store, uint64_t tree_size, absl::Time deadline) {
  std::vector<std::string> partial;
  uint64_t hashes = tree_size;
  for (uint32_t level = 0; hashes > 0; ++level) {
    const uint64_t complete = hashes / merkle::kTileWidth;
    const uint32_t width = static_cast<uint32_t>(hashes % merkle::kTileWidth);
    std::string bytes;
    if (width > 0) {
      DOCKET_ASSIGN_OR_RETURN(bytes, PartialTile(store, level, complete, width, deadline));
    }
    partial.push_back(std::move(bytes));
    hashes = complete;
  }
  return merkle::TileBuilder::Resume(tree_size, partial);
}

}  // namespace docket::audit
