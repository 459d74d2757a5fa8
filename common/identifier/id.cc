#include "common/identifier/id.h"

namespace docket {
namespace {

// Not absl::ascii_islower and friends: a plain range test says what it means and is not tempted by locales.
bool IsLowerAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

bool IsValidId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength) return false;
  if (!IsLowerAlphanumeric(id.front()) || !IsLowerAlphanumeric(id.back())) return false;
  for (const char c : id) {
    if (!IsLowerAlphanumeric(c) && c != '-') return false;
  }
  return true;
}

}  // namespace docket
