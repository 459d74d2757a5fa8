#include "services/audit/tiles/tiles_room.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kPublishLimit = absl::Seconds(10);
constexpr int kDefaultThreads = 8;

}  // namespace

TilesRoom::TilesRoom(bool entries, Parts parts)
    : publisher_(parts.log, parts.guard, std::move(parts.newest)),
      site_(publisher_, parts.guard, entries),
      publish_(
          {.name = "publish checkpoints", .interval = absl::Seconds(1)},
          [this] { return publisher_.Refresh(publisher_.Current(), absl::Now() + kPublishLimit); }, parts.clock,
          parts.logger) {}

absl::StatusOr<std::unique_ptr<TilesRoom>> TilesRoom::Start(const process::v1::AuditLog& settings, Parts parts) {
  Metrics& metrics = parts.metrics;
  Logger& logger = parts.logger;
  std::unique_ptr<TilesRoom> room(new TilesRoom(settings.tiles().entries(), std::move(parts)));
  if (!settings.has_tiles()) return room;
  const int threads = settings.tiles().threads() > 0 ? settings.tiles().threads() : kDefaultThreads;
  absl::StatusOr<std::unique_ptr<TileServer>> server =
      TileServer::Start(settings.tiles().address(), threads, room->site_, metrics);
  if (!server.ok()) {
    return absl::Status(server.status().code(), absl::StrCat("audit_log.tiles.address: ", server.status().message()));
  }
  room->server_ = *std::move(server);
  room->publish_.Start();
  logger.Info("serving tiles", {{"port", room->port()}, {"entries", settings.tiles().entries()}});
  return room;
}

void TilesRoom::Stop() {
  publish_.Stop();
  server_.reset();
}

}  // namespace docket::audit
