// Versions of software, as the catalogue and the application form write them: `4.2.1`, `2026.03-rc.1`, `V3_0+hotfix`.
#ifndef DOCKET_SERVICES_REQUEST_VERSION_H_
#define DOCKET_SERVICES_REQUEST_VERSION_H_

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

// Whether the catalogue could show `text` as an installed version: a letter or digit, then letters, digits and `.+_-`;
// at most 64.
bool IsVersion(absl::string_view text);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_VERSION_H_
