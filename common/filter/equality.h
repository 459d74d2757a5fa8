// What a filter asks of every row: the comparisons by `=` that it joins with AND, and the ORs of such comparisons of
// one field. An index that has the rows with one of these values, or with any of an OR's, has all rows of the list.
#ifndef DOCKET_COMMON_FILTER_EQUALITY_H_
#define DOCKET_COMMON_FILTER_EQUALITY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/filter/ast.h"
#include "common/filter/schema.h"

namespace docket::filter {

struct Equality {
  std::string field;
  // What the column holds.
  FilterValue value;

  friend bool operator==(const Equality&, const Equality&) = default;
};

// `state = ACCEPTED OR state = EVALUATING`.
struct Choice {
  std::string field;
  // What the column holds; each once, at least two.
  std::vector<FilterValue> values;
};

struct Equalities {
  // In the filter's order.
  std::vector<Equality> all;
  std::vector<Choice> choices;
  // The filter is a single comparison, by `=`.
  bool alone = false;
};

// Of a single comparison by `=` of a field that the schema has.
std::optional<Equality> EqualityOf(const Node& node, const Schema& schema);

// `filter` must be one that Translate accepts with this schema; of another, nothing.
Equalities EqualitiesOf(absl::string_view filter, const Schema& schema);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_EQUALITY_H_
