// From a filter's text to its tree. See filter.ebnf.
#ifndef DOCKET_COMMON_FILTER_PARSER_H_
#define DOCKET_COMMON_FILTER_PARSER_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/ast.h"

namespace docket::filter {

inline constexpr size_t kMaxFilterLength = 4096;
inline constexpr int kMaxDepth = 32;
inline constexpr int kMaxRestrictions = 100;
// Words and quoted texts that stand alone: each has the server go through the texts of every row that it looks at.
inline constexpr int kMaxLiterals = 10;
inline constexpr size_t kMaxLiteralCharacters = 100;

// Nothing for a filter that holds only whitespace. Errors are INVALID_ARGUMENT / INVALID_FILTER with metadata
// `position`.
absl::StatusOr<std::optional<Node>> Parse(absl::string_view filter);

// The error of everything that reads filters. `field` goes into the metadata unless empty.
absl::Status FilterError(size_t position, absl::string_view message, absl::string_view field = "");

// A piece of a caller's text as an error quotes it: cut to 40 bytes at a character's border, control characters
// replaced.
std::string Quoted(absl::string_view text);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_PARSER_H_
