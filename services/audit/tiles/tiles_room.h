// The static tiles, put together: what is published, the site, and the server, as the configuration says.
#ifndef DOCKET_SERVICES_AUDIT_TILES_TILES_ROOM_H_
#define DOCKET_SERVICES_AUDIT_TILES_TILES_ROOM_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/worker/periodic_task.h"
#include "docket/process/v1/config.pb.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/tiles/published_tree.h"
#include "services/audit/tiles/tile_server.h"
#include "services/audit/tiles/tile_site.h"

namespace docket::audit {

class TilesRoom {
 public:
  // All must outlive the room.
  struct Parts {
    const LogStore& log;
    LogGuard& guard;
    // The checkpoint to show.
    TreePublisher::Source newest;
    Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };

  // Serves, and looks for a newer checkpoint every second, where the settings ask for it; does nothing at all where
  // they do not. Errors of TileServer::Start.
  static absl::StatusOr<std::unique_ptr<TilesRoom>> Start(const process::v1::AuditLog& settings, Parts parts);

  // Ends both; also done by the destructor.
  void Stop();

  // Where it listens; 0: nowhere.
  int port() const { return server_ == nullptr ? 0 : server_->port(); }

 private:
  TilesRoom(bool entries, Parts parts);

  TreePublisher publisher_;
  TileSite site_;
  PeriodicTask publish_;
  std::unique_ptr<TileServer> server_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TILES_TILES_ROOM_H_
