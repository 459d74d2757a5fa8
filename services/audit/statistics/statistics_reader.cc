#include "services/audit/statistics/statistics_reader.h"

#include <algorithm>
#include <utility>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/statistics/counted_events.h"
#include "services/audit/statistics/statistics_fold.h"

namespace docket::audit {
namespace {

namespace store = statistics_store;

bool InAnyRange(const CellKey& key, const StatisticsReader::Ranges& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const CellRange& range) { return range.Holds(key); });
}

}  // namespace

absl::StatusOr<StatisticsAnswer> StatisticsReader::Read(
    const std::string& organization_id, absl::FunctionRef<absl::StatusOr<Ranges>(const absl::TimeZone&)> ranges_in,
    absl::Time deadline) const {
  StatisticsAnswer answer;
  // The last moments first: they never change, and some of them may be counted by the time the counters are read.
  DOCKET_ASSIGN_OR_RETURN(const store::Progress progress, store::ReadProgress(pool_, deadline));
  const uint64_t end = std::min(progress.log_size, progress.cursor + kMaxLastMoments);
  std::vector<CountedEvent> last_moments;
  if (progress.cursor < end) {
    DOCKET_ASSIGN_OR_RETURN(last_moments,
                            ReadOrganizationEvents(log_, organization_id, progress.cursor, end, deadline));
  }
  // Cursor, counters and facts must be of one moment: an entry that is counted in between would be missed or counted
  // twice.
  DOCKET_RETURN_IF_ERROR(RunInSnapshot(pool_, deadline, [&](mysql::Transaction& tx) -> absl::Status {
    DOCKET_ASSIGN_OR_RETURN(const uint64_t cursor, store::ReadCursor(tx));
    // The counters are being made anew.
    if (cursor < progress.cursor) {
      return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
                   "the statistics began again meanwhile");
    }
    answer.log_size = std::max(cursor, end);
    std::erase_if(last_moments, [cursor](const CountedEvent& event) { return event.index < cursor; });
    DOCKET_ASSIGN_OR_RETURN(ZoneMap zones, store::ReadZones(tx, {organization_id}));
    DOCKET_ASSIGN_OR_RETURN(FactsMap facts, store::ReadFacts(tx, Prerequisites::Of(last_moments).changes));
    StatisticsFold fold(std::move(zones), std::move(facts));
    for (const CountedEvent& event : last_moments) fold.Add(event);
    fold.Finish();
    if (const auto zone = fold.zones().find(organization_id); zone != fold.zones().end()) {
      answer.zone_name = zone->second;
    }
    answer.zone = ZoneOf(answer.zone_name);

    DOCKET_ASSIGN_OR_RETURN(const Ranges ranges, ranges_in(answer.zone));
    int left = kMaxCells;
    for (const CellRange& range : ranges) {
      DOCKET_ASSIGN_OR_RETURN(CellMap cells, store::ReadCells(tx, organization_id, range, left));
      left -= static_cast<int>(cells.size());
      answer.cells.merge(cells);
    }
    for (const auto& [key, amount] : fold.cells()) {
      if (key.organization_id == organization_id && InAnyRange(key, ranges)) AddTo(answer.cells, key, amount);
    }
    return absl::OkStatus();
  }));
  std::erase_if(answer.cells, [](const auto& cell) { return cell.second.empty(); });
  return answer;
}

}  // namespace docket::audit
