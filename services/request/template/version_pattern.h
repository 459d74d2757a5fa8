// Patterns of versions: `4.1.*` is every version that begins with `4.1.`.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_VERSION_PATTERN_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_VERSION_PATTERN_H_

#include "absl/strings/string_view.h"

namespace docket::request {

// Whether the whole version fits. `*` stands for any run of characters, also an empty one; everything else for itself,
// case included. An empty pattern fits every version. Takes at most length × length steps, whatever the pattern.
bool MatchesVersionPattern(absl::string_view pattern, absl::string_view version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_VERSION_PATTERN_H_
