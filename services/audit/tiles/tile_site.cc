#include "services/audit/tiles/tile_site.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "services/audit/tiles/entry_bundle.h"

namespace docket::audit {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kBytes[] = "application/octet-stream";
constexpr char kNever[] = "no-store";
// What a path names never becomes anything else. A partial tile is soon asked for no more.
constexpr char kForever[] = "public, max-age=31536000, immutable";
constexpr char kForAWhile[] = "public, max-age=300, immutable";

TileAnswer Failure(int status, absl::string_view text) {
  return {.status = status, .content_type = kText, .cache_control = kNever, .body = std::string(text)};
}

TileAnswer NotFound() { return Failure(404, "There is no such resource.\n"); }

TileAnswer Unavailable() { return Failure(503, "The log cannot be read now; try again.\n"); }

}  // namespace

TileAnswer TileSite::Get(absl::string_view path, absl::Time deadline) {
  if (!absl::ConsumePrefix(&path, "/")) return NotFound();
  if (path == "checkpoint") return GetCheckpoint(deadline);
  if (absl::StartsWith(path, "tile/entries/")) {
    const auto tile = merkle::ParseEntriesPath(path);
    return tile.ok() && entries_ ? GetTile(Kind::kEntries, *tile, deadline) : NotFound();
  }
  const auto tile = merkle::ParseTilePath(path);
  return tile.ok() ? GetTile(Kind::kTile, *tile, deadline) : NotFound();
}

TileAnswer TileSite::GetCheckpoint(absl::Time deadline) {
  std::shared_ptr<const PublishedTree> tree = publisher_.Current();
  if (tree == nullptr) {
    if (!publisher_.Refresh(tree, deadline).ok()) return Unavailable();
    tree = publisher_.Current();
  }
  if (tree == nullptr) return NotFound();
  return {.content_type = kText, .cache_control = kNever, .body = tree->note()};
}

TileAnswer TileSite::GetTile(Kind kind, const merkle::TileId& tile, absl::Time deadline) {
  std::shared_ptr<const PublishedTree> tree = publisher_.Current();
  if (tree == nullptr || tree->WidthOf(tile) < tile.width) {
    // Another process may have published a newer checkpoint, which this client has read.
    if (!publisher_.Refresh(tree, deadline).ok()) return Unavailable();
    tree = publisher_.Current();
  }
  if (tree == nullptr || tree->WidthOf(tile) < tile.width) return NotFound();
  absl::StatusOr<std::string> body = std::string();
  if (kind == Kind::kTile) {
    body = tree->Tile(tile, deadline);
  } else {
    const absl::StatusOr<std::vector<std::string>> entries = tree->Entries(tile, deadline);
    body = entries.ok() ? EncodeEntryBundle(*entries) : entries.status();
  }
  if (body.status().code() == absl::StatusCode::kDataLoss) {
    guard_.Freeze(body.status().message());
    return Failure(500, "What is stored here does not verify.\n");
  }
  if (!body.ok()) return Unavailable();
  return {.content_type = kBytes,
          .cache_control = tile.width == merkle::kTileWidth ? kForever : kForAWhile,
          .body = *std::move(body)};
}

}  // namespace docket::audit
