// Counters as of a log size: those stored, and what the entries after the cursor add to them.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_READER_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "services/audit/log_store.h"
#include "services/audit/statistics/cell.h"
#include "services/audit/statistics/statistics_store.h"

namespace docket::audit {

// What one answer may hold.
inline constexpr int kMaxCells = 100'000;
// Entries that are read beyond the cursor; an answer that would need more is as old as the last of them.
inline constexpr uint64_t kMaxLastMoments = 4096;

struct StatisticsAnswer {
  CellMap cells;
  // The cells are exact for the log of this size.
  uint64_t log_size = 0;
  // The zone in force, and its name.
  absl::TimeZone zone;
  std::string zone_name = "UTC";
};

// Thread-safe.
class StatisticsReader {
 public:
  using Ranges = std::vector<CellRange>;

  // Both must outlive it.
  StatisticsReader(mysql::Pool& pool, const LogStore& log) : pool_(pool), log_(log) {}

  // The organisation's cells in the ranges, which may depend on its zone and must not overlap. RESOURCE_EXHAUSTED where
  // they hold more than kMaxCells.
  absl::StatusOr<StatisticsAnswer> Read(const std::string& organization_id,
                                        absl::FunctionRef<absl::StatusOr<Ranges>(const absl::TimeZone&)> ranges,
                                        absl::Time deadline) const;

 private:
  mysql::Pool& pool_;
  const LogStore& log_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_READER_H_
