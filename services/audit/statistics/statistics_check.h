// Whether the statistics are what the entries make of them.
//
// Counters are too many to be kept twice. Each window of them (days of hours, a month of days, a year of months, of one
// family and organisation) has a digest instead: the sum over its counters of amount times a number made of the key.
// Amounts add up in it as they do in the counters, so the entries' digests can be summed up in passing, in any order.
//
// One lap: read the whole log from its first entry, summing up digests; once level with the cursor, compare window
// after window with the stored counters; then compute the facts of each change anew from its entries, and the counters
// of changes from the facts; then begin again. Memory: some 300 windows of 48 bytes and a name for each organisation
// and year.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_CHECK_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_CHECK_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/audit/log_store.h"
#include "services/audit/statistics/cell.h"
#include "services/audit/statistics/change_facts.h"
#include "services/audit/statistics/counted_events.h"
#include "services/audit/statistics/statistics_fold.h"

namespace docket::audit {

// Part of a family's counters.
struct CellWindow {
  std::string organization_id;
  Family family = Family::kEntries;
  Grain grain = Grain::kHour;
  int64_t window = 0;

  static CellWindow Of(const CellKey& key);
  // Buckets in it, and the first of them.
  static int64_t Width(Grain grain);
  int64_t FirstBucket() const { return window * Width(grain); }
  friend auto operator<=>(const CellWindow& a, const CellWindow& b) = default;
};

// Sums of 64 bits that wrap around.
using WindowDigests = std::map<CellWindow, uint64_t>;
void AddDigest(WindowDigests& digests, const CellKey& key, const CellAmount& amount);

// Used by one thread.
class StatisticsCheck {
 public:
  // Both must outlive it.
  StatisticsCheck(mysql::Pool& pool, const LogStore& log) : pool_(pool), log_(log) {}

  // A step of the lap, some milliseconds to some hundred. DATA_LOSS names what the counters or facts do not agree with
  // the entries in; the lap goes on after it. Other errors are the database's, and the step is done again.
  absl::Status CheckNext(absl::Time deadline);

  // A whole lap, from where it stands to its next end: the first disagreement, or OK.
  absl::Status CheckAll(absl::Time deadline);

  // Laps completed.
  int64_t laps() const { return laps_; }

 private:
  enum class Step { kReadLog, kCompareEntries, kRederiveFacts, kSumChanges };

  // Sums up the entries up to the cursor, as many as one step may read. False where there are more.
  absl::StatusOr<bool> CatchUp(mysql::Transaction& tx, absl::Time deadline);
  absl::Status ReadZones(mysql::Transaction& tx, const std::vector<CountedEvent>& events);
  const std::string& ZoneAt(const std::string& organization_id, uint64_t index) const;
  absl::Status CompareEntries(mysql::Transaction& tx);
  absl::Status RederiveFacts(mysql::Transaction& tx, absl::Time deadline);
  absl::Status RederiveFacts(const ChangeKey& change, const ChangeFacts& stored, absl::Time deadline) const;
  absl::Status SumChanges(mysql::Transaction& tx);
  // The first stored window after that one; nullopt: none.
  absl::StatusOr<std::optional<CellWindow>> NextStored(mysql::Transaction& tx,
                                                       const std::optional<CellWindow>& after) const;
  void BeginLap();

  mysql::Pool& pool_;
  const LogStore& log_;
  Step step_ = Step::kReadLog;
  int64_t laps_ = 0;
  // Entries below it are in the digests.
  uint64_t next_index_ = 0;
  WindowDigests digests_;
  // Of the changes' events: for each organisation the sum of the numbers made of their changes' names.
  std::map<std::string, uint64_t> event_digests_;
  // What an entry contributed to them was in a payload that is gone.
  std::set<CellWindow> unknown_;
  std::map<std::string, std::vector<ZoneChange>> zones_;
  // Windows up to this one are compared.
  std::optional<CellWindow> compared_;
  // Changes up to this one are made anew; organisations up to this one are summed up.
  ChangeKey change_;
  std::string organization_id_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_CHECK_H_
