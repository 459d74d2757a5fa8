// Text from elsewhere within HTML and CSS.
#ifndef DOCKET_SERVICES_AUDIT_LEDGER_HTML_TEXT_H_
#define DOCKET_SERVICES_AUDIT_LEDGER_HTML_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::audit {

// For text and attribute values. Control characters, which HTML does not allow, become U+FFFD; newlines stay.
std::string HtmlText(absl::string_view text);
// As a CSS string with its quotes, also safe within <style>.
std::string CssString(absl::string_view text);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LEDGER_HTML_TEXT_H_
