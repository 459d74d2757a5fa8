#include "services/evaluation/option.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::evaluation {
namespace {

// What the options of an evaluation may take together: they are stored, sent and printed as a whole, and a report in
// two languages must stay below the 1 MiB that an answer may have.
constexpr size_t kMaxOptionsBytes = 96 * 1024;
// What a cost line takes besides its title.
constexpr size_t kCostLineBytes = 40;

// Every amount of an option with the path of its field.
std::vector<std::pair<std::string, const Money*>> Amounts(const Option& option) {
  std::vector<std::pair<std::string, const Money*>> amounts;
  for (size_t i = 0; i < option.cost_lines.size(); ++i) {
    amounts.emplace_back(absl::StrCat("cost_lines[", i, "].amount"), &option.cost_lines[i].amount);
  }
  if (option.benefit_low.has_value()) amounts.emplace_back("benefit_low", &*option.benefit_low);
  if (option.benefit_high.has_value()) amounts.emplace_back("benefit_high", &*option.benefit_high);
  return amounts;
}

size_t TextBytes(const std::vector<Option>& options) {
  size_t bytes = 0;
  for (const Option& option : options) {
    bytes += option.title.size() + option.description.size() + option.implementation_proposal.size();
    for (const CostLine& line : option.cost_lines) bytes += line.title.size() + kCostLineBytes;
  }
  return bytes;
}

}  // namespace

absl::string_view CriterionName(CriterionKind kind) {
  switch (kind) {
    case CriterionKind::kNecessity:
      return "NECESSITY";
    case CriterionKind::kReasonableness:
      return "REASONABLENESS";
    case CriterionKind::kTechnicalFeasibility:
      return "TECHNICAL_FEASIBILITY";
    case CriterionKind::kImpact:
      return "IMPACT";
    case CriterionKind::kCost:
      return "COST";
    case CriterionKind::kBenefit:
      return "BENEFIT";
    case CriterionKind::kStability:
      return "STABILITY";
    case CriterionKind::kCompatibility:
      return "COMPATIBILITY";
    case CriterionKind::kSecurity:
      return "SECURITY";
  }
  return "UNKNOWN";
}

std::vector<Criterion> DefaultCriteria() {
  std::vector<Criterion> criteria;
  for (int kind = 1; kind <= kCriterionKinds; ++kind) {
    criteria.push_back({.kind = static_cast<CriterionKind>(kind), .weight = 1});
  }
  return criteria;
}

int64_t CostMinorUnits(const Option& option) {
  int64_t sum = 0;
  for (const CostLine& line : option.cost_lines) sum += line.amount.minor_units;
  return sum;
}

std::string CurrencyOf(const std::vector<Option>& options) {
  for (const Option& option : options) {
    const auto amounts = Amounts(option);
    if (!amounts.empty()) return amounts.front().second->currency_code;
  }
  return "";
}

const Option* FindOption(const std::vector<Option>& options, absl::string_view id) {
  for (const Option& option : options) {
    if (option.id == id) return &option;
  }
  return nullptr;
}

absl::Status ValidateOptions(const std::vector<Option>& options, const std::vector<Criterion>& criteria) {
  FieldViolations violations;
  violations.Require(options.size() >= 2, "options",
                     "at least two options are compared, e.g. the upgrade and staying with the installed version");
  violations.Require(TextBytes(options) <= kMaxOptionsBytes, "options",
                     "the options together must not exceed 96 KiB of text");
  const std::string currency = CurrencyOf(options);
  std::set<std::string> ids;
  for (size_t i = 0; i < options.size(); ++i) {
    const Option& option = options[i];
    const std::string path = absl::StrCat("options[", i, "]");
    violations.Require(ids.insert(option.id).second, absl::StrCat(path, ".id"), "is the identifier of another option");
    for (const auto& [field, amount] : Amounts(option)) {
      violations.Require(amount->currency_code == currency, absl::StrCat(path, ".", field, ".currency_code"),
                         absl::StrCat("all amounts of an evaluation are in one currency, here ", currency));
    }
    if (option.benefit_low.has_value() != option.benefit_high.has_value()) {
      violations.Add(absl::StrCat(path, option.benefit_low.has_value() ? ".benefit_high" : ".benefit_low"),
                     "a benefit is a range: give both ends or neither");
    } else if (option.benefit_low.has_value() && option.benefit_low->minor_units > option.benefit_high->minor_units) {
      violations.Add(absl::StrCat(path, ".benefit_high"), "must not be less than benefit_low");
    }
  }
  std::set<CriterionKind> kinds;
  for (size_t i = 0; i < criteria.size(); ++i) {
    violations.Require(kinds.insert(criteria[i].kind).second, absl::StrCat("criteria[", i, "].kind"),
                       absl::StrCat(CriterionName(criteria[i].kind), " is listed twice"));
  }
  return violations.ToStatus();
}

}  // namespace docket::evaluation
