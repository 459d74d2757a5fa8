#include "services/audit/outside/outside_rooms.h"

#include <utility>

#include "common/status/status_macros.h"
#include "services/audit/witness/witness_list.h"

namespace docket::audit {

OutsideRooms::OutsideRooms(const Parts& parts, std::vector<Witness> witnesses)
    : witnesses_({.pool = parts.pool,
                  .log = parts.log,
                  .checkpointer = parts.checkpointer,
                  .mutations = parts.mutations,
                  .http = http_,
                  .clock = parts.clock,
                  .logger = parts.logger},
                 std::move(witnesses)) {}

absl::StatusOr<std::unique_ptr<OutsideRooms>> OutsideRooms::Start(const process::v1::AuditLog& settings,
                                                                  const Parts& parts) {
  DOCKET_ASSIGN_OR_RETURN(std::vector<Witness> witnesses, ReadWitnesses(settings));
  std::unique_ptr<OutsideRooms> rooms(new OutsideRooms(parts, std::move(witnesses)));
  const CosignedCheckpoints& checkpoints = rooms->witnesses_.checkpoints();
  DOCKET_ASSIGN_OR_RETURN(
      rooms->tiles_,
      TilesRoom::Start(settings,
                       {.log = parts.log,
                        .guard = parts.guard,
                        .newest = [&checkpoints](absl::Time deadline) { return checkpoints.ToShow(deadline); },
                        .clock = parts.clock,
                        .logger = parts.logger,
                        .metrics = parts.metrics}));
  rooms->witnesses_.StartWorkers();
  return rooms;
}

void OutsideRooms::Stop() {
  witnesses_.StopWorkers();
  tiles_->Stop();
}

}  // namespace docket::audit
