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

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_TRANSLATE_H_
