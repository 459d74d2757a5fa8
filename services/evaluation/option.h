// The ways to meet the need, and what they are judged by.
#ifndef DOCKET_SERVICES_EVALUATION_OPTION_H_
#define DOCKET_SERVICES_EVALUATION_OPTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/evaluation/money.h"

namespace docket::evaluation {

struct CostLine {
  std::string title;
  Money amount;
};

struct Option {
  // Unique within the evaluation.
  std::string id;
  std::string title;
  std::string description;
  std::string implementation_proposal;
  std::vector<CostLine> cost_lines;
  // What it brings a year, as a range: both ends or neither.
  std::optional<Money> benefit_low;
  std::optional<Money> benefit_high;
};

// Numbers are those of the contract, and are stored.
enum class CriterionKind {
  kNecessity = 1,
  kReasonableness = 2,
  kTechnicalFeasibility = 3,
  kImpact = 4,
  kCost = 5,
  kBenefit = 6,
  kStability = 7,
  kCompatibility = 8,
  kSecurity = 9,
};
inline constexpr int kCriterionKinds = 9;

// `TECHNICAL_FEASIBILITY`, as the contract names it.
absl::string_view CriterionName(CriterionKind kind);

struct Criterion {
  CriterionKind kind = CriterionKind::kNecessity;
  // Relative to the others', 1 to 100.
  int weight = 1;
};

// All nine, with equal weight.
std::vector<Criterion> DefaultCriteria();

// What the option costs altogether. Of a validated option it stays far below the limit of 64 bits.
int64_t CostMinorUnits(const Option& option);

// The currency of every amount of validated options; empty where there is no amount at all.
std::string CurrencyOf(const std::vector<Option>& options);

// nullptr where there is none.
const Option* FindOption(const std::vector<Option>& options, absl::string_view id);

// INVALID_ARGUMENT / INVALID_FIELDS with everything that is wrong: fewer than two options, an identifier or a criterion
// twice, amounts in more than one currency, half a benefit range or one that ends below its beginning, more than 96 KiB
// of text altogether.
absl::Status ValidateOptions(const std::vector<Option>& options, const std::vector<Criterion>& criteria);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_OPTION_H_
