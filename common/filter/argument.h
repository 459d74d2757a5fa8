// From an argument's text to the value that a column holds.
#ifndef DOCKET_COMMON_FILTER_ARGUMENT_H_
#define DOCKET_COMMON_FILTER_ARGUMENT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/filter/schema.h"

namespace docket::filter {

// The value to bind for `argument` compared with `field`; nothing where it cannot be one.
std::optional<FilterValue> ConvertArgument(const Field& field, absl::string_view argument);

// What the field takes, to complete "expected …".
std::string Expected(const Field& field);

// The pattern of `field:"argument"` on a string, for LIKE … ESCAPE '!'; nothing where the argument is empty but for
// stars or has a star elsewhere than at its ends. The escape is a character of our own because what a backslash does
// depends on the SQL mode.
std::optional<std::string> LikePattern(absl::string_view argument);

// Likewise, of whatever contains `text`: a star is a star.
std::string ContainsPattern(absl::string_view text);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_ARGUMENT_H_
