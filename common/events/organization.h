// Which organisation a name belongs to.
#ifndef DOCKET_COMMON_EVENTS_ORGANIZATION_H_
#define DOCKET_COMMON_EVENTS_ORGANIZATION_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::events {

// `organizations/acme` of `organizations/acme/requests/7` and of itself. Empty for other names and for
// `organizations/-`, which stands for none in particular.
std::string OrganizationOf(absl::string_view name);

// `acme` of the same names, as tables keep it; empty where OrganizationOf is.
std::string OrganizationIdOf(absl::string_view name);

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_ORGANIZATION_H_
