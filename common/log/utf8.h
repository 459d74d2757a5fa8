// Reading UTF-8 that may be damaged.
#ifndef DOCKET_COMMON_LOG_UTF8_H_
#define DOCKET_COMMON_LOG_UTF8_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace docket {

struct Utf8Char {
  // Bytes that it takes, at least 1; where it is not valid, the longest beginning of a character that the wrong bytes
  // make.
  size_t length = 1;
  bool valid = false;
  uint32_t code_point = 0xFFFD;
};

// The first character of `text`, which must not be empty. Overlong forms, surrogates and what lies beyond U+10FFFF are
// not valid.
Utf8Char FirstUtf8Char(absl::string_view text);

// Offset of the first byte that is not part of a valid character; npos where all of `text` is well-formed.
size_t FindInvalidUtf8(absl::string_view text);

// The longest beginning of `text` of at most `max_bytes` bytes that does not cut a character in two.
absl::string_view Utf8Prefix(absl::string_view text, size_t max_bytes);

}  // namespace docket

#endif  // DOCKET_COMMON_LOG_UTF8_H_
