// What the log is to those outside: static tiles and witnesses, put together as the configuration says.
#ifndef DOCKET_SERVICES_AUDIT_OUTSIDE_OUTSIDE_ROOMS_H_
#define DOCKET_SERVICES_AUDIT_OUTSIDE_OUTSIDE_ROOMS_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/process/v1/config.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"
#include "services/audit/tiles/tiles_room.h"
#include "services/audit/witness/http_post.h"
#include "services/audit/witness/witness_room.h"

namespace docket::audit {

class OutsideRooms {
 public:
  // All must outlive the rooms.
  struct Parts {
    mysql::Pool& pool;
    const LogStore& log;
    LogGuard& guard;
    Checkpointer& checkpointer;
    Mutations& mutations;
    Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };

  // Serves tiles and asks witnesses from now on, where the settings name an address and witnesses. Errors of
  // ReadWitnesses and of TilesRoom::Start.
  static absl::StatusOr<std::unique_ptr<OutsideRooms>> Start(const process::v1::AuditLog& settings, const Parts& parts);

  // WitnessService.
  void Register(rpc::MethodTable& table) { witnesses_.Register(table); }
  // For the services that show checkpoints.
  ShowCosigned show_cosigned() {
    return [this](absl::Time deadline, v1::Checkpoint& checkpoint) { return witnesses_.Show(deadline, checkpoint); };
  }
  void Stop();

 private:
  OutsideRooms(const Parts& parts, std::vector<Witness> witnesses);

  CurlPoster http_;
  WitnessRoom witnesses_;
  std::unique_ptr<TilesRoom> tiles_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_OUTSIDE_OUTSIDE_ROOMS_H_
