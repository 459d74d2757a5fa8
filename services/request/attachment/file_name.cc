#include "services/request/attachment/file_name.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "common/log/utf8.h"

namespace docket::request {
namespace {

bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

// Marks, embeddings, overrides and isolates of the writing direction.
bool TurnsDirection(uint32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

// Spaces of no width, the byte order mark, and the tags that spell ASCII invisibly.
bool IsInvisible(uint32_t code) {
  return code == 0x00AD || (code >= 0x200B && code <= 0x200D) || (code >= 0x2060 && code <= 0x2064) || code == 0xFEFF ||
         (code >= 0xE0000 && code <= 0xE007F);
}

}  // namespace

std::string FileNameFault(absl::string_view name) {
  if (name.empty()) return "must not be empty";
  if (name.size() > kMaxFileNameBytes) return "must have at most 255 bytes of UTF-8";
  if (name.front() == ' ' || name.back() == ' ') return "must not begin or end with a space";
  if (name.back() == '.') return "must not end with a dot";
  for (absl::string_view rest = name; !rest.empty();) {
    const Utf8Char one = FirstUtf8Char(rest);
    if (!one.valid) return "must be UTF-8";
    if (one.code_point == '/' || one.code_point == '\\') return "must be a name without folders: no / and no \\";
    if (IsControl(one.code_point)) return "must not hold control characters or line ends";
    if (TurnsDirection(one.code_point)) return "must not hold characters that turn the writing direction";
    if (IsInvisible(one.code_point)) return "must not hold invisible characters";
    rest.remove_prefix(one.length);
  }
  return "";
}

std::string FileNameEnding(absl::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos) return "";
  return absl::AsciiStrToLower(name.substr(dot + 1));
}

}  // namespace docket::request
