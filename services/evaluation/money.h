// Amounts of money.
#ifndef DOCKET_SERVICES_EVALUATION_MONEY_H_
#define DOCKET_SERVICES_EVALUATION_MONEY_H_

#include <cstdint>
#include <string>

namespace docket::evaluation {

// In minor units, so that no amount is ever rounded.
struct Money {
  // ISO 4217, e.g. `CNY`.
  std::string currency_code;
  // 1 CNY is 100.
  int64_t minor_units = 0;

  friend bool operator==(const Money&, const Money&) = default;
};

// As people read it: "CNY 1,234,567.89". Currencies without a minor unit (JPY) or with three digits (KWD) are written
// as they are used.
std::string FormatMoney(const Money& money);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_MONEY_H_
