// A filter after parsing, before anyone asks whether its fields exist.
#ifndef DOCKET_COMMON_FILTER_AST_H_
#define DOCKET_COMMON_FILTER_AST_H_

#include <cstddef>
#include <string>
#include <vector>

namespace docket::filter {

enum class Comparator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kHas };

// `field comparator argument`.
struct Restriction {
  std::string field;
  Comparator comparator = Comparator::kEqual;
  // Unescaped, without quotes.
  std::string argument;
  // Offsets in the filter, in bytes.
  size_t field_position = 0;
  size_t comparator_position = 0;
  size_t argument_position = 0;
};

// A word or a quoted text that stands alone.
struct Literal {
  // Unescaped, without quotes; never empty.
  std::string text;
  size_t position = 0;
};

struct Node {
  enum class Kind { kAnd, kOr, kNot, kRestriction, kLiteral };
  Kind kind = Kind::kRestriction;
  // kAnd, kOr: two or more; kNot: one.
  std::vector<Node> operands;
  // kRestriction.
  Restriction restriction;
  // kLiteral.
  Literal literal;
};

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_AST_H_
