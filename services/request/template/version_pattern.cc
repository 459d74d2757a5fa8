#include "services/request/template/version_pattern.h"

#include <cstddef>

namespace docket::request {

bool MatchesVersionPattern(absl::string_view pattern, absl::string_view version) {
  if (pattern.empty()) return true;
  size_t p = 0, v = 0;
  // Where the last `*` stands, and up to where it has swallowed: only the last one ever has to swallow more.
  size_t star = absl::string_view::npos, swallowed = 0;
  while (v < version.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      swallowed = v;
    } else if (p < pattern.size() && pattern[p] == version[v]) {
      ++p;
      ++v;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      v = ++swallowed;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace docket::request
