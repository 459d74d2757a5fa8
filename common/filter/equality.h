// What a filter asks of every row: the comparisons by `=` that it joins with AND. An index that has the rows with one
// of these values has all rows of the list.
#ifndef DOCKET_COMMON_FILTER_EQUALITY_H_
#define DOCKET_COMMON_FILTER_EQUALITY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/filter/schema.h"

namespace docket::filter {

struct Equality {
  std::string field;
  // What the column holds.
  FilterValue value;
};

struct Equalities {
  // In the filter's order.
  std::vector<Equality> all;
  // The filter is a single comparison, by `=`.
  bool alone = false;
};

// `filter` must be one that Translate accepts with this schema; of another, nothing.
Equalities EqualitiesOf(absl::string_view filter, const Schema& schema);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_EQUALITY_H_
