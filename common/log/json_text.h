// Writing text as a JSON string.
#ifndef DOCKET_COMMON_LOG_JSON_TEXT_H_
#define DOCKET_COMMON_LOG_JSON_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace docket {

// Appends `text` to `out` as a JSON string with its quotes, adding at most `max_bytes` (at least 2) bytes. Returns
// whether all of it fitted; what did not was cut at a character's border.
//
// Quotes, backslashes and all control characters (C0, DEL and C1) are escaped. Bytes that are not well-formed UTF-8
// (overlong forms, surrogates, beyond U+10FFFF, cut sequences) become U+FFFD, one for each maximal wrong part.
bool AppendJsonString(std::string& out, absl::string_view text, size_t max_bytes);

}  // namespace docket

#endif  // DOCKET_COMMON_LOG_JSON_TEXT_H_
