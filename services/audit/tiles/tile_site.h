// The log as a site of static resources, after C2SP's tlog-tiles: what is answered to which path.
//
//   /checkpoint                     the signed checkpoint
//   /tile/<L>/<N>[.p/<W>]           hashes of the tree
//   /tile/entries/<N>[.p/<W>]       entries, each behind its length of 16 bits; only where that was turned on
//
// Nothing is answered that does not verify against the checkpoint that is answered at the same time; what lies beyond
// it does not exist yet. Partial tiles are those of the published tree and of earlier checkpoints, so that who has just
// read a checkpoint can finish verifying it while the log grows.
#ifndef DOCKET_SERVICES_AUDIT_TILES_TILE_SITE_H_
#define DOCKET_SERVICES_AUDIT_TILES_TILE_SITE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle/tile.h"
#include "services/audit/log_guard.h"
#include "services/audit/tiles/published_tree.h"

namespace docket::audit {

// An answer in HTTP's terms.
struct TileAnswer {
  // 200, 404, 500 (the evidence does not verify), or 503 (the database does not answer; ask again).
  int status = 200;
  std::string content_type;
  std::string cache_control;
  std::string body;
};

// Thread-safe.
class TileSite {
 public:
  // The publisher and the guard must outlive it. `entries`: whether entries are served.
  TileSite(TreePublisher& publisher, LogGuard& guard, bool entries)
      : publisher_(publisher), guard_(guard), entries_(entries) {}

  // `path` as the client wrote it, undecoded, without query: each resource has one spelling.
  TileAnswer Get(absl::string_view path, absl::Time deadline);

 private:
  enum class Kind { kTile, kEntries };

  TileAnswer GetCheckpoint(absl::Time deadline);
  TileAnswer GetTile(Kind kind, const merkle::TileId& tile, absl::Time deadline);

  TreePublisher& publisher_;
  LogGuard& guard_;
  const bool entries_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TILES_TILE_SITE_H_
