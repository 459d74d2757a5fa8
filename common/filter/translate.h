// From the `filter` of a List request to the WHERE of its statement.
//
//   DOCKET_ASSIGN_OR_RETURN(const Condition condition, Translate(R"(state = DRAFT AND title:"门禁*")", schema));
//   // condition.where:  "(state = ? AND title LIKE ? ESCAPE '!')"
//   // condition.params: {int64_t{1}, "门禁%"}
//   absl::StrCat(kSelectRequests, " WHERE organization_id = ? AND ", condition.where, …)
//
// The language is in filter.ebnf.
#ifndef DOCKET_COMMON_FILTER_TRANSLATE_H_
#define DOCKET_COMMON_FILTER_TRANSLATE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/equality.h"
#include "common/filter/schema.h"

namespace docket::filter {

struct Condition {
  // An SQL condition that can be joined to others with AND as it stands; `TRUE` for an empty filter. Made of the
  // schema's expressions, operators and `?` alone.
  std::string where;
  // One for each `?`, in order.
  std::vector<FilterValue> params;
};

// Errors are INVALID_ARGUMENT / INVALID_FILTER. Metadata `position` is the offset of the offending byte (0 is the
// first), `field` the name of the field where one is to blame. The first error is reported.
//
// Logic is two-valued although SQL's is not: a field that is unset equals nothing, is not less than anything, and NOT
// of that is true.
absl::StatusOr<Condition> Translate(absl::string_view filter, const Schema& schema);

// What is left to ask of rows that are known to fulfil these comparisons, as EqualitiesOf gives them for this filter.
absl::StatusOr<Condition> TranslateRest(absl::string_view filter, const Schema& schema,
                                        const std::vector<Equality>& known);

// Appends a condition's parameters to those of a statement, `params` being a vector of values such as mysql::Params.
template <typename Params>
void AppendParams(const Condition& condition, Params& params) {
  for (const FilterValue& value : condition.params) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      params.emplace_back(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      params.emplace_back(*text);
    } else {
      params.emplace_back();
    }
  }
}

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_TRANSLATE_H_
