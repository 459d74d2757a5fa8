#include "services/request/version.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace docket::request {

bool IsVersion(absl::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  if (!absl::ascii_isalnum(static_cast<unsigned char>(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '+' || c == '_' || c == '-';
  });
}

}  // namespace docket::request
