#include "services/audit/statistics/statistics_room.h"

#include "absl/time/clock.h"

namespace docket::audit {
namespace {

// Entries that come within it share a transaction; answers read the rest themselves.
constexpr absl::Duration kInterval = absl::Milliseconds(100);
constexpr absl::Duration kCheckInterval = absl::Seconds(1);
constexpr absl::Duration kStepLimit = absl::Seconds(10);

}  // namespace

StatisticsRoom::StatisticsRoom(mysql::Pool& pool, const LogStore& log, LogGrowth& growth, Clock& clock, Logger& logger)
    : follower_(pool, log, clock),
      reader_(pool, log),
      service_(reader_, clock),
      check_(pool, log),
      follow_task_(
          {.name = "count entries", .interval = kInterval},
          [this, &growth] { return follower_.Follow(growth, absl::Now() + kStepLimit); }, clock, logger),
      check_task_(
          {.name = "check statistics", .interval = kCheckInterval},
          [this] { return check_.CheckNext(absl::Now() + kStepLimit); }, clock, logger) {}

void StatisticsRoom::StartWorkers() {
  follow_task_.Start();
  check_task_.Start();
}

void StatisticsRoom::StopWorkers() {
  follow_task_.Stop();
  check_task_.Stop();
}

}  // namespace docket::audit
