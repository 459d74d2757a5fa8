// From a filter's text to tokens.
#ifndef DOCKET_COMMON_FILTER_LEXER_H_
#define DOCKET_COMMON_FILTER_LEXER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/ast.h"

namespace docket::filter {

struct Token {
  enum class Kind { kWord, kString, kAnd, kOr, kNot, kMinus, kOpen, kClose, kComparator, kEnd };
  Kind kind = Kind::kEnd;
  // kWord: as written; kString: unescaped, without quotes.
  std::string text;
  // kComparator.
  Comparator comparator = Comparator::kEqual;
  // Offset of the first byte in the filter.
  size_t position = 0;
};

// The tokens of a filter, the last one kEnd. Checks length, encoding, characters and quoting. Errors as in parser.h.
absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view filter);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_LEXER_H_
