// The statistics as the process holds them: the follower, the service and the check.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_ROOM_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_ROOM_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_store.h"
#include "services/audit/statistics/statistics_check.h"
#include "services/audit/statistics/statistics_follower.h"
#include "services/audit/statistics/statistics_reader.h"
#include "services/audit/statistics/statistics_service.h"

namespace docket::audit {

class StatisticsRoom {
 public:
  // All must outlive it.
  StatisticsRoom(mysql::Pool& pool, const LogStore& log, LogGrowth& growth, Clock& clock, Logger& logger);

  void Register(rpc::MethodTable& table) { service_.Register(table); }
  void StartWorkers() { follow_task_.Start(); }
  void StopWorkers() { follow_task_.Stop(); }
  // For the scrubber: one step of comparing the counters with the entries (statistics_check.h).
  absl::Status CheckNext(absl::Time deadline) { return check_.CheckNext(deadline); }

 private:
  StatisticsFollower follower_;
  const StatisticsReader reader_;
  StatisticsService service_;
  StatisticsCheck check_;
  PeriodicTask follow_task_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_ROOM_H_
