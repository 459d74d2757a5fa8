// The shapes that names of resources take, as the contract writes them in `(rules).resource`.
//
//   DOCKET_ASSIGN_OR_RETURN(const auto pattern, ResourcePattern::Compile("organizations/*/requests/*"));
//   pattern.Matches("organizations/acme/requests/42");  // true
//   pattern.Ids("organizations/acme/requests/42");      // {"acme", "42"}
#ifndef DOCKET_COMMON_RESOURCE_NAME_RESOURCE_PATTERN_H_
#define DOCKET_COMMON_RESOURCE_NAME_RESOURCE_PATTERN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket {

inline constexpr size_t kMaxResourceNameLength = 200;

// One or more shapes. Immutable, so thread-safe.
//
// A shape is collections and identifiers in turn: "organizations/*/plans/*/workOrders/*"; one that its parent has once
// ends without an identifier: "organizations/*/priorityMatrix". `*` stands for one identifier
// (IsValidId, which the text of a UUID fulfils); `-` stands for itself, the wildcard of a parent:
// "organizations/*|organizations/-" takes one organisation or all. Alternatives are separated by `|`. What there is one
// of ends without an identifier: "organizations/*/workingCalendar".
//
// A name that matches has at most 200 bytes and no character but [a-zA-Z0-9/-], upper case only within collections: no
// case, percent, dot, space, NUL or double slash lets two spellings mean one resource.
class ResourcePattern {
 public:
  // INVALID_ARGUMENT where the pattern itself is wrong: empty, other characters, a single segment, more than 16
  // alternatives.
  static absl::StatusOr<ResourcePattern> Compile(absl::string_view pattern);

  bool Matches(absl::string_view name) const;

  // The identifiers in their order, `-` included, of the first alternative that matches.
  std::optional<std::vector<std::string>> Ids(absl::string_view name) const;

  // What it was compiled from.
  const std::string& text() const { return text_; }

 private:
  ResourcePattern(std::string text, std::vector<std::vector<std::string>> alternatives)
      : text_(std::move(text)), alternatives_(std::move(alternatives)) {}

  std::string text_;
  std::vector<std::vector<std::string>> alternatives_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_RESOURCE_NAME_RESOURCE_PATTERN_H_
