// The tables of the statistics. Everything in them can be made anew from the entries.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_STORE_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_STORE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/audit/statistics/cell.h"
#include "services/audit/statistics/statistics_fold.h"

namespace docket::audit {

// Counters of one family and grain with first <= bucket < end.
struct CellRange {
  Family family = Family::kEntries;
  Grain grain = Grain::kDay;
  int64_t first = 0;
  int64_t end = 0;
  // Only this member; nullopt: all.
  std::optional<std::string> member;
  // So many buckets, from the first on, are read as one: their sum stands in the first of them. The database adds them
  // up, which is much less to read.
  int64_t width = 1;

  bool Holds(const CellKey& key) const {
    return key.family == family && key.grain == grain && key.bucket >= first && key.bucket < end &&
           (!member.has_value() || key.member == *member);
  }
};

// Runs the function on a state of the database that does not change meanwhile, for reading only. The function should
// not wait for another connection of the pool: enough of them waiting so would wait for each other. Errors are the
// function's or the database's.
absl::Status RunInSnapshot(mysql::Pool& pool, absl::Time deadline,
                           absl::FunctionRef<absl::Status(mysql::Transaction&)> function);

namespace statistics_store {

// How long the log is, and how far it is counted; in one statement.
struct Progress {
  uint64_t cursor = 0;
  uint64_t log_size = 0;
};
absl::StatusOr<Progress> ReadProgress(mysql::Pool& pool, absl::Time deadline);

// Entries below it are counted.
absl::StatusOr<uint64_t> ReadCursor(mysql::Transaction& tx);
// ABORTED / CONCURRENT_CHANGE where it does not stand at `from`: another process was faster.
absl::Status MoveCursor(mysql::Transaction& tx, uint64_t from, uint64_t to, int64_t now_us);

// The zones in force; organisations that have none are left out.
absl::StatusOr<ZoneMap> ReadZones(mysql::Transaction& tx, const std::set<std::string>& organizations);
// All changes of an organisation's zone, oldest first.
absl::StatusOr<std::vector<ZoneChange>> ReadZoneChanges(mysql::Transaction& tx, const std::string& organization_id);
absl::Status InsertZones(mysql::Transaction& tx, const std::vector<ZoneChange>& changes);

absl::StatusOr<FactsMap> ReadFacts(mysql::Transaction& tx, const std::set<ChangeKey>& changes);
// The next ones of the organisation after that name, at most `limit`.
absl::StatusOr<FactsMap> ReadFactsAfter(mysql::Transaction& tx, const ChangeKey& after, int limit);
absl::Status WriteFacts(mysql::Transaction& tx, const FactsMap& facts);

absl::Status AddCells(mysql::Transaction& tx, const CellMap& cells);
// RESOURCE_EXHAUSTED where there are more than `limit`. Cells that hold nothing are left out.
absl::StatusOr<CellMap> ReadCells(mysql::Transaction& tx, const std::string& organization_id, const CellRange& range,
                                  int limit);
// The first organisation after that one that anything is counted or known of; nullopt: none.
absl::StatusOr<std::optional<std::string>> NextOrganization(mysql::Transaction& tx, const std::string& after);
// The smallest bucket of the family and grain that is not below `from`; nullopt: none.
absl::StatusOr<std::optional<int64_t>> NextBucket(mysql::Transaction& tx, const std::string& organization_id,
                                                  Family family, Grain grain, int64_t from);

}  // namespace statistics_store
}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_STORE_H_
