// What one entry contributes to the counters. Everything but the reason of a refusal stands in the envelope, which is
// never redacted.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_ENTRY_CELLS_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_ENTRY_CELLS_H_

#include <string>

#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/statistics/cell.h"

namespace docket::audit {

// Counts the entry in the hour, day and month it occurred in. Entries of no organisation are nobody's to count. Systems
// of other organisations are left out.
void AddCells(const event::v1::Event& event, const absl::TimeZone& zone, CellMap& cells);

// Name of the outcome without prefix, as member of its family.
std::string OutcomeMember(event::v1::Outcome outcome);

// The time zone that the event gives its organisation; empty: none.
std::string ZoneTold(const event::v1::Event& event);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_ENTRY_CELLS_H_
