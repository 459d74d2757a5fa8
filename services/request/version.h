// Versions of software, as the catalogue and the application form write them: `4.2.1`, `2026.03-rc.1`, `V3_0+hotfix`,
// and which of two is the later one.
#ifndef DOCKET_SERVICES_REQUEST_VERSION_H_
#define DOCKET_SERVICES_REQUEST_VERSION_H_

#include <compare>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::request {

// One system, or a component of it, moving from one version to another.
struct VersionChange {
  // The `{system}` of its name.
  std::string system_id;
  // Empty: the system as a whole.
  std::string component;
  std::string from_version;
  std::string to_version;

  friend bool operator==(const VersionChange&, const VersionChange&) = default;
};

// What one request wants of a system.
struct RequestedChange {
  // The `{request}`, 16 raw bytes.
  std::string request_id;
  VersionChange change;
};

// Whether the catalogue could show `text` as an installed version: a letter or digit, then letters, digits and `.+_-`;
// at most 64.
bool IsVersion(absl::string_view text);

// Orders versions of one piece of software: less means older. Every two texts can be compared, also such as are no
// versions, and the order is consistent; equivalent texts name the same version in two spellings. It reads from left to
// right:
//   - a `v` before a digit says nothing: v4.2 is 4.2; neither does letter case, nor which separator (`.` or `_`) stands
//     between two parts, nor whether one does: 3_0 is 3.0, sp1 is sp.1;
//   - numbers compare by value, of any length: 4.10 is later than 4.9, 4.02 is 4.2;
//   - zeros at the end say nothing: 4.2 is 4.2.0; 4.2.1 is later than both;
//   - a word after the numbers is later than none and earlier than a further number: 1.1.1 < 1.1.1w < 1.1.2;
//   - unless it says that the release is still to come (alpha, beta, cr, dev, milestone, nightly, pre, preview, rc,
//     snapshot), or follows the first hyphen, as in Semantic Versioning: 2.0-rc.1, 2.0rc1 < 2.0. Of two such the one
//     with fewer parts is earlier, numbers are earlier than words, and numbers within words count as numbers:
//     alpha < alpha.1 < alpha.beta < beta.2 < beta.11 < rc9 < rc10;
//   - 20261122 and 2026-11-22 at the beginning are the date 2026.11.22, for the years 1900 to 2199; 202611221530 goes
//     on with the time of day;
//   - what follows a `+` decides last: 4.2 < 4.2+hotfix.1 < 4.2+hotfix.2.
std::weak_ordering CompareVersions(absl::string_view a, absl::string_view b);

// A text that is the same for two versions exactly where CompareVersions finds them equivalent. For keys, not for
// people; at most four times as long as the version and 16 bytes.
std::string VersionKey(absl::string_view version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_VERSION_H_
