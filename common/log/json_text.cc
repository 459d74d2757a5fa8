#include "common/log/json_text.h"

#include <cstdint>

#include "common/log/utf8.h"

namespace docket {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kReplacement[] = "\xEF\xBF\xBD";

// The part of the text from `at` that stands in JSON as it is; most text is one such part.
size_t PlainLength(absl::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size()) {
    const unsigned char c = static_cast<unsigned char>(text[end]);
    if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7F) break;
    ++end;
  }
  return end - at;
}

// How one character is written, in a buffer that lives as long as the caller's; its length is returned.
size_t Escape(absl::string_view bytes, const Utf8Char& c, char (&buffer)[8]) {
  const auto fill = [&buffer](absl::string_view text) {
    text.copy(buffer, text.size());
    return text.size();
  };
  if (!c.valid) return fill(kReplacement);
  switch (c.code_point) {
    case '"':
      return fill("\\\"");
    case '\\':
      return fill("\\\\");
    case '\n':
      return fill("\\n");
    case '\r':
      return fill("\\r");
    case '\t':
      return fill("\\t");
    default:
      break;
  }
  if (c.code_point < 0x20 || (c.code_point >= 0x7F && c.code_point < 0xA0)) {
    const char escape[] = {'\\', 'u', '0', '0', kHex[c.code_point >> 4], kHex[c.code_point & 0xF]};
    return fill(absl::string_view(escape, sizeof(escape)));
  }
  return fill(bytes);
}

}  // namespace

bool AppendJsonString(std::string& out, absl::string_view text, size_t max_bytes) {
  size_t room = max_bytes - 2;
  out.push_back('"');
  size_t at = 0;
  bool fits = true;
  while (at < text.size() && fits) {
    if (const size_t plain = PlainLength(text, at); plain > 0) {
      const size_t taken = plain < room ? plain : room;
      out.append(text.data() + at, taken);
      room -= taken;
      at += taken;
      fits = taken == plain;
      continue;
    }
    const Utf8Char c = FirstUtf8Char(text.substr(at));
    char buffer[8];
    const size_t length = Escape(text.substr(at, c.length), c, buffer);
    fits = length <= room;
    if (!fits) break;
    out.append(buffer, length);
    room -= length;
    at += c.length;
  }
  out.push_back('"');
  return fits;
}

}  // namespace docket
