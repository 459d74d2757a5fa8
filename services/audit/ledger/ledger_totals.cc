#include "services/audit/ledger/ledger_totals.h"

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace docket::audit {

void RegisterNumbers::Add(const std::string& number, bool from_first) {
  const size_t dash = number.rfind('-');
  const std::string year = number.substr(0, dash);
  int64_t place = 0;
  if (dash == std::string::npos || !absl::SimpleAtoi(absl::string_view(number).substr(dash + 1), &place)) place = 0;
  if (year != year_) {
    year_ = year;
    place_ = from_first ? 0 : place - 1;
  }
  if (place > place_ + 1) missing += place - place_ - 1;
  place_ = place;
  if (count++ == 0) first = number;
  last = number;
}

void LedgerTotals::Add(const v1::Filing& filing) {
  filings.Add(filing.number(), whole_years);
  if (filing.state() == v1::Filing::STATE_ACKNOWLEDGED) ++acknowledged;
}

void LedgerTotals::Add(const v1::Registration& registration) {
  registrations.Add(registration.number(), whole_years);
  if (!registration.corrects().empty()) ++corrections;
  // A correction repeats a change that is counted already.
  if (!registration.corrects().empty()) return;
  (registration.result() == v1::Registration::RESULT_ROLLED_BACK ? rolled_back : implemented) += 1;
}

}  // namespace docket::audit
