// What a ledger sums up.
#ifndef DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_TOTALS_H_
#define DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_TOTALS_H_

#include <cstdint>
#include <string>

#include "docket/audit/v1/register.pb.h"

namespace docket::audit {

// The numbers of one series as they are printed, ascending.
struct RegisterNumbers {
  std::string first;
  std::string last;
  int64_t count = 0;
  // How many numbers of a year are missing before one that is there: between two, or before a year's first.
  int64_t missing = 0;

  // `from_first`: the range begins with the first number of a year, so that what is missing before it counts.
  void Add(const std::string& number, bool from_first);

 private:
  std::string year_;
  int64_t place_ = 0;
};

struct LedgerTotals {
  // Whether whole years are printed: only then are gaps looked for, since days are by time, not by number.
  bool whole_years = false;
  RegisterNumbers filings;
  int64_t acknowledged = 0;
  RegisterNumbers registrations;
  int64_t implemented = 0;
  int64_t rolled_back = 0;
  int64_t corrections = 0;

  void Add(const v1::Filing& filing);
  void Add(const v1::Registration& registration);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEDGER_LEDGER_TOTALS_H_
