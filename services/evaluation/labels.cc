#include "services/evaluation/labels.h"

#include <cstddef>

namespace docket::evaluation {
namespace {

// Indexed by the enumerators' numbers.
constexpr Phrase kCriteria[] = {{"?", "?"},
                                {"必要性", "Necessity"},
                                {"合理性", "Reasonableness"},
                                {"技术可行性", "Technical feasibility"},
                                {"对现有系统的影响", "Impact on existing systems"},
                                {"升级成本", "Cost"},
                                {"潜在效益", "Benefit"},
                                {"稳定性", "Stability"},
                                {"兼容性", "Compatibility"},
                                {"安全性", "Security"}};
constexpr Phrase kSeatRoles[] = {
    {"?", "?"}, {"业务", "Business"}, {"财务", "Finance"}, {"信息技术", "IT"}, {"供应商", "Vendor"}};
constexpr Phrase kChangeKinds[] = {{"未说明", "not stated"},
                                   {"常规变更", "Normal change"},
                                   {"标准变更", "Standard change"},
                                   {"紧急变更", "Emergency change"}};
constexpr Phrase kLevels[] = {
    {"未说明", "not stated"}, {"低", "Low"}, {"中", "Medium"}, {"高", "High"}, {"特急", "Critical"}};

template <typename Enum, size_t kSize>
absl::string_view Lookup(const Phrase (&phrases)[kSize], Enum value, Language language) {
  const size_t index = static_cast<size_t>(value);
  return phrases[index < kSize ? index : 0].In(language);
}

}  // namespace

absl::string_view Label(CriterionKind kind, Language language) { return Lookup(kCriteria, kind, language); }
absl::string_view Label(SeatRole role, Language language) { return Lookup(kSeatRoles, role, language); }
absl::string_view Label(ChangeKind kind, Language language) { return Lookup(kChangeKinds, kind, language); }
absl::string_view Label(Level level, Language language) { return Lookup(kLevels, level, language); }

}  // namespace docket::evaluation
