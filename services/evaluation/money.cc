#include "services/evaluation/money.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace docket::evaluation {
namespace {

// ISO 4217's currencies whose minor unit is not a hundredth.
constexpr absl::string_view kNoDigits[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                           "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr absl::string_view kThreeDigits[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

size_t FractionDigits(absl::string_view currency_code) {
  if (std::find(std::begin(kNoDigits), std::end(kNoDigits), currency_code) != std::end(kNoDigits)) return 0;
  if (std::find(std::begin(kThreeDigits), std::end(kThreeDigits), currency_code) != std::end(kThreeDigits)) return 3;
  return 2;
}

}  // namespace

std::string FormatMoney(const Money& money) {
  const size_t fraction = FractionDigits(money.currency_code);
  const bool negative = money.minor_units < 0;
  std::string digits = absl::StrCat(money.minor_units);
  if (negative) digits.erase(0, 1);
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  const std::string decimals = digits.substr(digits.size() - fraction);
  std::string whole = digits.substr(0, digits.size() - fraction);
  for (size_t position = whole.size(); position > 3; position -= 3) whole.insert(position - 3, 1, ',');
  return absl::StrCat(money.currency_code, " ", negative ? "-" : "", whole, fraction > 0 ? "." : "", decimals);
}

}  // namespace docket::evaluation
