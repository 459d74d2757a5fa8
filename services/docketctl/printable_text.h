// Text from elsewhere on its way to a terminal.
#ifndef DOCKET_SERVICES_DOCKETCTL_PRINTABLE_TEXT_H_
#define DOCKET_SERVICES_DOCKETCTL_PRINTABLE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::ctl {

// The text with a `?` for every control character (C0, DEL, C1): what one person writes as a reason must not move
// another's cursor, nor look like a line of its own.
std::string Printable(absl::string_view text);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_PRINTABLE_TEXT_H_
