#include "common/resource_name/resource_pattern.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/identifier/id.h"

namespace docket {
namespace {

constexpr size_t kMaxAlternatives = 16;
constexpr size_t kMaxSegments = 16;

// lowerCamelCase, as AIP-122 has it: requests, workOrders.
bool IsCollection(absl::string_view segment) {
  if (segment.empty() || !absl::ascii_islower(segment.front())) return false;
  for (const char c : segment) {
    if (!absl::ascii_isalnum(c)) return false;
  }
  return true;
}

// Collections stand at the even places, identifiers at the odd ones. A shape that ends without an identifier names the
// only one of its kind, in the singular: a forgotten `*` is still found out.
bool IsShape(const std::vector<std::string>& segments) {
  if (segments.size() < 2 || segments.size() > kMaxSegments) return false;
  if (segments.size() % 2 != 0 && segments.back().ends_with('s')) return false;
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::string& segment = segments[i];
    if (i % 2 == 0 ? !IsCollection(segment) : segment != "*" && segment != "-") return false;
  }
  return true;
}

bool SegmentMatches(absl::string_view pattern, absl::string_view segment) {
  return pattern == "*" ? IsValidId(segment) : pattern == segment;
}

// Compares without building anything: names are checked on every call's path.
bool NameMatches(const std::vector<std::string>& pattern, absl::string_view name) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    const size_t slash = name.find('/');
    const bool last = i + 1 == pattern.size();
    if (last != (slash == absl::string_view::npos)) return false;
    if (!SegmentMatches(pattern[i], name.substr(0, slash))) return false;
    if (!last) name.remove_prefix(slash + 1);
  }
  return true;
}

}  // namespace

absl::StatusOr<ResourcePattern> ResourcePattern::Compile(absl::string_view pattern) {
  std::vector<std::vector<std::string>> alternatives;
  for (const absl::string_view shape : absl::StrSplit(pattern, '|')) {
    alternatives.push_back(absl::StrSplit(shape, '/'));
    if (!IsShape(alternatives.back())) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", shape, "\" is not a resource pattern; write collections and * in turn, as organizations/*/requests/*"));
    }
  }
  if (alternatives.size() > kMaxAlternatives) {
    return absl::InvalidArgumentError(
        absl::StrCat("a resource pattern takes at most ", kMaxAlternatives, " alternatives"));
  }
  return ResourcePattern(std::string(pattern), std::move(alternatives));
}

bool ResourcePattern::Matches(absl::string_view name) const {
  if (name.size() > kMaxResourceNameLength) return false;
  for (const auto& alternative : alternatives_) {
    if (NameMatches(alternative, name)) return true;
  }
  return false;
}

std::optional<std::vector<std::string>> ResourcePattern::Ids(absl::string_view name) const {
  if (!Matches(name)) return std::nullopt;
  const std::vector<std::string> segments = absl::StrSplit(name, '/');
  std::vector<std::string> ids;
  for (size_t i = 1; i < segments.size(); i += 2) ids.push_back(segments[i]);
  return ids;
}

}  // namespace docket
