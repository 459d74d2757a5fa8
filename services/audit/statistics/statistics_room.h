// The statistics as the process holds them: the follower, the service and the check.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_ROOM_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_ROOM_H_

#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/audit/fresh_entries.h"
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

  // See StatisticsFollower.
  void TakeFrom(FreshEntries& fresh) { follower_.TakeFrom(fresh); }

  void Register(rpc::MethodTable& table) { service_.Register(table); }
  // Counts entries as they come, and compares what is counted with the entries again and again. A disagreement is an
  // error in the process's log: statistics are no evidence, and the audit log does not freeze over them.
  void StartWorkers();
  void StopWorkers();

 private:
  StatisticsFollower follower_;
  const StatisticsReader reader_;
  StatisticsService service_;
  StatisticsCheck check_;
  PeriodicTask follow_task_;
  PeriodicTask check_task_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_ROOM_H_
