#include "services/audit/statistics/statistics_follower.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/statistics/counted_events.h"
#include "services/audit/statistics/statistics_fold.h"
#include "services/audit/statistics/statistics_store.h"

namespace docket::audit {
namespace {

namespace store = statistics_store;

constexpr absl::Duration kPatience = absl::Milliseconds(500);

absl::Status Count(mysql::Transaction& tx, const std::vector<CountedEvent>& events, uint64_t from, int64_t now_us) {
  // First, so that whoever else is counting the same entries waits here and then finds them counted.
  DOCKET_RETURN_IF_ERROR(store::MoveCursor(tx, from, from + events.size(), now_us));
  const Prerequisites needed = Prerequisites::Of(events);
  DOCKET_ASSIGN_OR_RETURN(ZoneMap zones, store::ReadZones(tx, needed.organizations));
  DOCKET_ASSIGN_OR_RETURN(FactsMap facts, store::ReadFacts(tx, needed.changes));
  StatisticsFold fold(std::move(zones), std::move(facts));
  for (const CountedEvent& event : events) fold.Add(event);
  fold.Finish();
  if (!fold.zone_changes().empty()) DOCKET_RETURN_IF_ERROR(store::InsertZones(tx, fold.zone_changes()));
  DOCKET_RETURN_IF_ERROR(store::WriteFacts(tx, fold.ChangedFacts()));
  return store::AddCells(tx, fold.cells());
}

}  // namespace

absl::StatusOr<uint64_t> StatisticsFollower::Advance(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const store::Progress progress, store::ReadProgress(pool_, deadline));
  const uint64_t from = progress.cursor;
  const uint64_t size = progress.log_size;
  seen_ = std::max(seen_, from);
  if (from >= size) return 0;
  // Entries never change, so they are read before the transaction that holds the cursor.
  DOCKET_ASSIGN_OR_RETURN(const std::vector<CountedEvent> events, Next(from, size, deadline));
  const absl::Status counted = mysql::RunInTransaction(
      pool_, deadline, [&](mysql::Transaction& tx) { return Count(tx, events, from, clock_.NowMicros()); });
  if (GetReason(counted) == Reason::REASON_CONCURRENT_CHANGE) return 0;
  DOCKET_RETURN_IF_ERROR(counted);
  seen_ = std::max(seen_, from + events.size());
  return events.size();
}

absl::StatusOr<std::vector<CountedEvent>> StatisticsFollower::Next(uint64_t from, uint64_t size, absl::Time deadline) {
  std::vector<CountedEvent> events;
  if (fresh_ != nullptr) {
    for (std::shared_ptr<const PreparedEvent>& entry : fresh_->Take(from, kMaxCountedEvents)) {
      DOCKET_ASSIGN_OR_RETURN(events.emplace_back(), CountedOf(from + events.size(), std::move(entry)));
    }
  }
  if (!events.empty()) return events;
  return ReadCountedEvents(log_, from, size, deadline);
}

absl::Status StatisticsFollower::Follow(LogGrowth& growth, absl::Time deadline) {
  growth.WaitBeyond(seen_, kPatience);
  while (absl::Now() < deadline) {
    DOCKET_ASSIGN_OR_RETURN(const uint64_t counted, Advance(deadline));
    if (counted == 0) break;
  }
  return absl::OkStatus();
}

}  // namespace docket::audit
