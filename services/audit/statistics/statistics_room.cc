#include "services/audit/statistics/statistics_room.h"

#include "absl/time/clock.h"

namespace docket::audit {
namespace {

// Entries that come within it share a transaction; answers read the rest themselves.
constexpr absl::Duration kInterval = absl::Milliseconds(100);
constexpr absl::Duration kStepLimit = absl::Seconds(10);

}  // namespace

StatisticsRoom::StatisticsRoom(mysql::Pool& pool, const LogStore& log, LogGrowth& growth, Clock& clock, Logger& logger)
    : follower_(pool, log, clock),
      reader_(pool, log),
      service_(reader_, clock),
      check_(pool, log),
      follow_task_(
          {.name = "count entries", .interval = kInterval},
          [this, &growth] { return follower_.Follow(growth, absl::Now() + kStepLimit); }, clock, logger) {}

}  // namespace docket::audit
