#include "services/audit/log_evidence.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
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

// Which of them differs; they do differ.
absl::string_view DifferingColumn(const Projection& a, const Projection& b) {
  if (a.receive_us != b.receive_us) return "receive_us";
  if (a.occur_us != b.occur_us) return "occur_us";
  if (a.organization_id != b.organization_id) return "organization_id";
  if (a.change != b.change) return "change_name";
  if (a.subject != b.subject) return "subject";
  if (a.actor != b.actor) return "actor";
  if (a.type != b.type) return "type";
  if (a.source != b.source) return "source";
  if (a.method != b.method) return "method";
  if (a.outcome != b.outcome) return "outcome";
  if (a.trace_id != b.trace_id) return "trace_id";
  if (a.systems != b.systems) return "entry_system";
  return "a column";
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

absl::Status CheckFoundBy(const StoredEntry& entry, const Projection& found_by) {
  v1::Entry parsed;
  if (!parsed.ParseFromString(entry.entry))
    return absl::DataLossError(absl::StrCat("entry ", entry.index, " cannot be read"));
  const int64_t receive_us = parsed.receive_time().seconds() * 1'000'000 + parsed.receive_time().nanos() / 1000;
  const Projection said = Projection::Of(parsed.event(), receive_us);
  if (found_by == said) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("entry ", entry.index, " is not found by what its bytes say: ",
                                          DifferingColumn(found_by, said), " says something else"));
}

absl::Status CheckEntries(const LogStore& store, uint64_t begin, uint64_t end, size_t payload_bytes,
                          absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<uint64_t> sizes, store.ReadSizes(begin, end, deadline));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Projection> found_by, store.ReadProjections(begin, end, deadline));
  // From the last one backwards, as far as they may be read whole.
  size_t whole = 0;
  for (uint64_t bytes = 0; whole < sizes.size(); ++whole) {
    bytes += sizes[sizes.size() - whole - 1];
    if (bytes > payload_bytes) break;
  }
  const uint64_t first_whole = end - whole;
  DOCKET_ASSIGN_OR_RETURN(std::vector<StoredEntry> entries, store.ReadBareEntries(begin, first_whole, deadline));
  DOCKET_ASSIGN_OR_RETURN(std::vector<StoredEntry> with_payload, store.ReadEntries(first_whole, end, deadline));
  std::move(with_payload.begin(), with_payload.end(), std::back_inserter(entries));
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

absl::Status CheckTile(const LogStore& store, uint64_t tile, size_t payload_bytes, absl::Time deadline) {
  const uint64_t begin = tile * merkle::kTileWidth;
  DOCKET_RETURN_IF_ERROR(CheckEntries(store, begin, begin + merkle::kTileWidth, payload_bytes, deadline));
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

}  // namespace docket::audit
