// Counters as the contract shows them.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_PROTO_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_PROTO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/audit/v1/statistics.pb.h"
#include "services/audit/statistics/cell.h"
#include "services/audit/statistics/period.h"

namespace docket::audit {

// nullopt: not told apart.
std::optional<Family> FamilyOf(v1::EntryDimension dimension);
Family FamilyOf(v1::ChangeDimension dimension);

// What the member is called in an answer: the system's or department's name, else the member itself.
std::string MemberName(const std::string& organization_id, Family family, const std::string& member);

// Counts by period. The `max_values` most frequent members of the family stand for themselves; equally frequent ones go
// by name.
struct EntryCounts {
  std::vector<v1::EntryCountPeriod> periods;
  std::vector<v1::EntryCount> totals;
  int64_t total = 0;
};
EntryCounts CountsByPeriod(const CellMap& cells, const std::string& organization_id, std::optional<Family> family,
                           const Periods& periods, int max_values);

// Figures of the family by member and period, most deployments first, then most submissions, then by name. `members`:
// those that must be there even if nothing is known of them.
std::vector<v1::ChangeMetricsGroup> MetricsByMember(const CellMap& cells, const std::string& organization_id,
                                                    Family family, const Periods& periods,
                                                    const std::vector<std::string>& members, int max_groups,
                                                    absl::Time now);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_PROTO_H_
