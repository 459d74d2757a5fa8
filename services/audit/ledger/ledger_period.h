// Which part of the register a ledger shows.
#ifndef DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_PERIOD_H_
#define DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_PERIOD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "docket/audit/v1/register_service.pb.h"

namespace docket::audit {

inline constexpr int kMaxLedgerYears = 10;

struct LedgerPeriod {
  // Both included.
  absl::CivilDay first_day;
  absl::CivilDay last_day;
  // Everything with a number of that year, whatever the day; otherwise what was entered on those days.
  bool whole_year = false;
  // Of the days: [start, end).
  absl::Time start;
  absl::Time end;

  // Numbers of the series in these years lie between these two.
  std::string NumbersAfter(absl::string_view series) const;
  std::string NumbersBefore(absl::string_view series) const;
};

// INVALID_ARGUMENT, naming the fields, unless either the year or both days are given, the days exist and ascend, and
// there are no more than kMaxLedgerYears from the first to the last.
absl::StatusOr<LedgerPeriod> ParsePeriod(const v1::PrintLedgerRequest& request, absl::TimeZone zone);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_PERIOD_H_
