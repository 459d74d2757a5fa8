#include "services/audit/log_evidence.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/merkle/commitment.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile.h"
#include "common/merkle/tile_reader.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

std::string BytesOf(const std::vector<merkle::Hash>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * merkle::Hash::kSize);
  for (const merkle::Hash& hash : hashes) bytes.append(hash.bytes().data(), hash.bytes().size());
  return bytes;
}

absl::Status CheckFoundBy(const StoredEntry& entry, const Projection& found_by) {
  v1::Entry parsed;
  if (!parsed.ParseFromString(entry.entry))
    return absl::DataLossError(absl::StrCat("entry ", entry.index, " cannot be read"));
  const int64_t receive_us = parsed.receive_time().seconds() * 1'000'000 + parsed.receive_time().nanos() / 1000;
  if (found_by == Projection::Of(parsed.event(), receive_us)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("entry ", entry.index, " is not found by what its bytes say"));
}

}  // namespace

absl::Status CheckEntry(const StoredEntry& entry) {
  if (merkle::LeafHash(entry.entry) != entry.leaf_hash) {
    return absl::DataLossError(absl::StrCat("entry ", entry.index, " is not what its leaf was made of"));
  }
  if (entry.redacted) return absl::OkStatus();
  v1::Entry parsed;
  if (!parsed.ParseFromString(entry.entry))
    return absl::DataLossError(absl::StrCat("entry ", entry.index, " cannot be read"));
  if (merkle::PayloadCommitment(entry.salt, entry.payload) != parsed.payload_commitment()) {
    return absl::DataLossError(
        absl::StrCat("the payload of entry ", entry.index, " is not the one that it commits to"));
  }
  return absl::OkStatus();
}

absl::Status CheckEntries(const LogStore& store, uint64_t begin, uint64_t end, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries, store.ReadEntries(begin, end, deadline));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Projection> found_by, store.ReadProjections(begin, end, deadline));
  if (entries.size() != end - begin || found_by.size() != end - begin) {
    return absl::DataLossError(absl::StrCat("entries are missing between ", begin, " and ", end));
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    DOCKET_RETURN_IF_ERROR(CheckEntry(entries[i]));
    DOCKET_RETURN_IF_ERROR(CheckFoundBy(entries[i], found_by[i]));
  }
  return absl::OkStatus();
}

absl::Status CheckRoot(const LogStore& store, uint64_t tree_size, uint64_t size, const merkle::Hash& root,
                       absl::string_view whose, absl::Time deadline) {
  if (size > tree_size) {
    return absl::DataLossError(
        absl::StrCat("the log has ", tree_size, " entries, fewer than the ", size, " of ", whose));
  }
  LogTiles tiles(store, tree_size, deadline);
  merkle::TileNodeReader nodes(tiles, tree_size);
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash computed, merkle::RootAt(nodes, size));
  if (computed == root) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the root over the first ", size, " entries is not that of ", whose));
}

absl::Status CheckTile(const LogStore& store, uint64_t tile, absl::Time deadline) {
  const uint64_t begin = tile * merkle::kTileWidth;
  DOCKET_RETURN_IF_ERROR(CheckEntries(store, begin, begin + merkle::kTileWidth, deadline));
  DOCKET_ASSIGN_OR_RETURN(const auto leaves, store.ReadLeafHashes(begin, begin + merkle::kTileWidth, deadline));
  DOCKET_ASSIGN_OR_RETURN(const std::string row, store.ReadTile(0, tile, deadline));
  for (uint64_t i = 0; i < merkle::kTileWidth; ++i) {
    if (leaves[i].bytes() != absl::string_view(row).substr(i * merkle::Hash::kSize, merkle::Hash::kSize)) {
      return absl::DataLossError(absl::StrCat("entry ", begin + i, " is not the one that its tile was made of"));
    }
  }
  // The last tile under one of the next level completes that.
  uint64_t below = tile;
  for (uint32_t level = 1; below % merkle::kTileWidth == merkle::kTileWidth - 1; ++level) {
    const uint64_t index = below / merkle::kTileWidth;
    DOCKET_ASSIGN_OR_RETURN(const auto roots, store.ReadTileRoots(level - 1, index * merkle::kTileWidth,
                                                                  (index + 1) * merkle::kTileWidth, deadline));
    DOCKET_ASSIGN_OR_RETURN(const std::string hashes, store.ReadTile(level, index, deadline));
    if (hashes != BytesOf(roots)) {
      return absl::DataLossError(absl::StrCat("tile ", level, "/", index, " is not made of the tiles below it"));
    }
    below = index;
  }
  return absl::OkStatus();
}

absl::Status LogScrubber::VerifyNext(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const TreeState tree, store_.ReadTreeState(deadline));
  const uint64_t complete = tree.size / merkle::kTileWidth;
  if (complete == 0) return absl::OkStatus();
  if (next_ >= complete) next_ = 0;
  const absl::Status status = CheckTile(store_, next_, deadline);
  if (!status.ok() && status.code() != absl::StatusCode::kDataLoss) return status;
  if (!status.ok()) guard_.Freeze(status.message());
  ++next_;
  return absl::OkStatus();
}

}  // namespace docket::audit
