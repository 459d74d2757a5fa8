// The counters that statistics are made of. They only ever add up: what an entry or a change contributes is added, and
// taken away again where it changes.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_CELL_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_CELL_H_

#include <cstdint>
#include <map>
#include <string>

#include "services/audit/statistics/time_bucket.h"

namespace docket::audit {

// What the counters of one kind tell apart.
enum class Family {
  kEntries = 1,
  kEntriesByType = 2,
  kEntriesByOutcome = 3,
  kEntriesBySource = 4,
  kEntriesBySystem = 5,
  kEntriesByDenialReason = 6,
  kChanges = 11,
  kChangesBySystem = 12,
  kChangesByDepartment = 13,
};

// What is counted of changes. Those up to kClosed have the kind of change as slot, those from kLeadTime on are
// durations and have the slot of the histogram.
enum class Measure {
  kEntries = 0,
  kSubmitted = 1,
  kApproved = 2,
  kAccepted = 3,
  kRolledBack = 4,
  kFailed = 5,
  kRegistered = 6,
  kClosed = 7,
  kSlotConflicts = 8,
  kLeadTime = 20,
  kApprovalLatency = 21,
  kDeliveryTime = 22,
  kRestoreTime = 23,
};

struct CellKey {
  std::string organization_id;
  Family family = Family::kEntries;
  Grain grain = Grain::kHour;
  int64_t bucket = 0;
  std::string member;
  Measure measure = Measure::kEntries;
  int slot = 0;

  friend auto operator<=>(const CellKey& a, const CellKey& b) = default;
};

struct CellAmount {
  int64_t amount = 0;
  int64_t total_us = 0;

  bool empty() const { return amount == 0 && total_us == 0; }
  friend bool operator==(const CellAmount& a, const CellAmount& b) = default;
};

// In the order of the table's key.
using CellMap = std::map<CellKey, CellAmount>;

inline void AddTo(CellMap& cells, const CellKey& key, const CellAmount& amount) {
  CellAmount& cell = cells[key];
  cell.amount += amount.amount;
  cell.total_us += amount.total_us;
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_CELL_H_
