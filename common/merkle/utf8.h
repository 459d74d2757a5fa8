// The text of notes is UTF-8, and what their key names may hold depends on what its characters are.
#ifndef DOCKET_COMMON_MERKLE_UTF8_H_
#define DOCKET_COMMON_MERKLE_UTF8_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace docket::merkle {

// Takes the first code point off `text`, which is not empty. Nothing where it does not begin with well-formed UTF-8
// (overlong forms, surrogates and values above U+10FFFF are not).
std::optional<char32_t> ConsumeCodePoint(absl::string_view& text);

// Unicode's White_Space property.
bool IsUnicodeSpace(char32_t code_point);

// C0 (newline included), DEL and C1.
bool IsControl(char32_t code_point);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_UTF8_H_
