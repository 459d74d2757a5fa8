// An organisation described in a file: its departments, vendors, people and systems. See deploy/local/samples.
#ifndef DOCKET_SERVICES_DOCKETCTL_ORGANIZATION_FILE_H_
#define DOCKET_SERVICES_DOCKETCTL_ORGANIZATION_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/docketctl/yaml_json.h"

namespace docket::ctl {

// The file as it stands, with what the commands rely on made sure of: `organization` has a text `id`, every entry of
// the sections has one, and what names another resource (`department`, `vendor`, `roles`, …) is text. INVALID_ARGUMENT
// with the entry otherwise.
absl::StatusOr<Json> ReadOrganizationFile(const std::string& path);
absl::Status CheckOrganizationFile(const Json& file);

// Files name departments, vendors and systems of their own organisation by identifier alone, and roles without `ROLE_`;
// the services want full names. `organization` is `organizations/{org}`; the entry is of a checked file.
void CompleteNames(Json* entry, const std::string& organization);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_ORGANIZATION_FILE_H_
