#include "common/events/organization.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace docket::events {

std::string OrganizationIdOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "organizations/")) return "";
  const absl::string_view id = name.substr(0, name.find('/'));
  return id == "-" ? "" : std::string(id);
}

std::string OrganizationOf(absl::string_view name) {
  const std::string id = OrganizationIdOf(name);
  return id.empty() ? "" : absl::StrCat("organizations/", id);
}

}  // namespace docket::events
