#include "common/log/utf8.h"

namespace docket {
namespace {

struct Lead {
  size_t length;
  // Bounds of the second byte, which alone decide about overlong forms, surrogates and the upper end (Unicode, table
  // 3-7).
  unsigned char low;
  unsigned char high;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Char FirstUtf8Char(absl::string_view text) {
  const unsigned char first = static_cast<unsigned char>(text[0]);
  const Lead lead = LeadOf(first);
  if (lead.length == 0) return {};
  if (lead.length == 1) return {1, true, first};
  uint32_t code_point = first & (0xFFu >> (lead.length + 1));
  for (size_t i = 1; i < lead.length; ++i) {
    if (i >= text.size()) return {i, false, 0xFFFD};
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    const unsigned char low = i == 1 ? lead.low : 0x80;
    const unsigned char high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {i, false, 0xFFFD};
    code_point = code_point << 6 | (byte & 0x3F);
  }
  return {lead.length, true, code_point};
}

size_t FindInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Utf8Char c = FirstUtf8Char(text.substr(at));
    if (!c.valid) return at;
    at += c.length;
  }
  return absl::string_view::npos;
}

absl::string_view Utf8Prefix(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  // At most three steps: what has more than three continuation bytes in a row is no character anyway.
  while (end > 0 && max_bytes - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace docket
