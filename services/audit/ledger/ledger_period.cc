#include "services/audit/ledger/ledger_period.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/calendar/civil_text.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

std::optional<absl::CivilDay> DayOf(absl::string_view text, absl::string_view field, FieldViolations& violations) {
  const std::optional<absl::CivilDay> day = calendar::ParseDay(text);
  violations.Require(day.has_value(), field, "must be a day that exists, such as 2026-01-31");
  return day;
}

}  // namespace

std::string LedgerPeriod::NumbersAfter(absl::string_view series) const {
  return absl::StrFormat("%s-%04d-", series, first_day.year());
}

std::string LedgerPeriod::NumbersBefore(absl::string_view series) const {
  // Behind every digit.
  return absl::StrFormat("%s-%04d-~", series, last_day.year());
}

absl::StatusOr<LedgerPeriod> ParsePeriod(const v1::PrintLedgerRequest& request, absl::TimeZone zone) {
  FieldViolations violations;
  LedgerPeriod period;
  const bool by_days = !request.start_date().empty() || !request.end_date().empty();
  if (request.year() != 0) {
    violations.Require(!by_days, "year", "give the year or the days, not both");
    period.first_day = absl::CivilDay(request.year(), 1, 1);
    period.last_day = absl::CivilDay(request.year(), 12, 31);
    period.whole_year = true;
  } else if (!by_days) {
    violations.Add("year", "give the year, or start_date and end_date");
  } else {
    const auto first = DayOf(request.start_date(), "start_date", violations);
    const auto last = DayOf(request.end_date(), "end_date", violations);
    if (first.has_value() && last.has_value()) {
      period.first_day = *first;
      period.last_day = *last;
      violations.Require(*first <= *last, "end_date", "must not be before start_date");
      violations.Require(last->year() - first->year() < kMaxLedgerYears, "end_date",
                         absl::StrCat("must be within ", kMaxLedgerYears, " years of start_date"));
    }
  }
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  period.start = absl::FromCivil(period.first_day, zone);
  period.end = absl::FromCivil(period.last_day + 1, zone);
  return period;
}

}  // namespace docket::audit
