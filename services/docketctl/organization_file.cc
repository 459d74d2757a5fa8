#include "services/docketctl/organization_file.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace docket::ctl {
namespace {

// Tokens of the platform's administration lie under this name beside those of the organisations.
constexpr char kPlatform[] = "platform";

bool IsText(const Json& holder, const char* key) {
  // An empty text counts as one element in JSON's sense, so that empty() does not tell.
  return holder.contains(key) && holder[key].is_string() && holder[key] != "";
}

absl::Status CheckTextWhereGiven(const Json& holder, const char* key) {
  if (!holder.contains(key) || holder[key].is_string()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(key, " should be text"));
}

absl::Status CheckEntry(const Json& entry) {
  if (!entry.is_object()) return absl::InvalidArgumentError("should be a mapping");
  if (!IsText(entry, "id"))
    return absl::InvalidArgumentError("has no id, or one that is not text: put numbers in quotes");
  for (const char* key : {"department", "owner_department", "vendor", "display_name"}) {
    DOCKET_RETURN_IF_ERROR(CheckTextWhereGiven(entry, key));
  }
  if (entry.contains("roles")) {
    if (!entry["roles"].is_array()) return absl::InvalidArgumentError("roles should be a list");
    for (const Json& role : entry["roles"]) {
      if (!role.is_string()) return absl::InvalidArgumentError("roles should be a list of texts");
    }
  }
  if (entry.contains("departments")) {
    if (!entry["departments"].is_array()) return absl::InvalidArgumentError("departments should be a list");
    for (const Json& department : entry["departments"]) {
      if (!department.is_string()) return absl::InvalidArgumentError("departments should be a list of texts");
    }
  }
  if (entry.contains("dependencies")) {
    if (!entry["dependencies"].is_array()) return absl::InvalidArgumentError("dependencies should be a list");
    for (const Json& dependency : entry["dependencies"]) {
      if (!dependency.is_object() || !IsText(dependency, "system"))
        return absl::InvalidArgumentError("each dependency should name its system");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOrganizationFile(const Json& file) {
  if (!file.is_object() || !file.contains("organization") || !file["organization"].is_object() ||
      !IsText(file["organization"], "id")) {
    return absl::InvalidArgumentError("the file names no organization with an id");
  }
  if (file["organization"]["id"] == kPlatform)
    return absl::InvalidArgumentError("platform is the administration's name, not an organization's");
  const std::set<std::string> sections = {"departments", "vendors", "people", "systems", "collection_schedules"};
  for (const auto& [section, entries] : file.items()) {
    if (section == "organization") continue;
    if (!sections.contains(section)) return absl::InvalidArgumentError(absl::StrCat("unknown: ", section));
    if (!entries.is_array()) return absl::InvalidArgumentError(absl::StrCat(section, " should be a list"));
    for (size_t i = 0; i < entries.size(); ++i) {
      const absl::Status status = CheckEntry(entries[i]);
      if (!status.ok())
        return absl::InvalidArgumentError(absl::StrCat(section, ", entry ", i + 1, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> ReadOrganizationFile(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(Json file, ReadYaml(path));
  const absl::Status status = CheckOrganizationFile(file);
  if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
  return file;
}

void CompleteNames(Json* entry, const std::string& organization) {
  const auto complete = [&](Json& holder, const char* field, const char* collection) {
    if (holder.contains(field))
      holder[field] = absl::StrCat(organization, "/", collection, "/", holder[field].get<std::string>());
  };
  complete(*entry, "department", "departments");
  complete(*entry, "owner_department", "departments");
  complete(*entry, "vendor", "vendors");
  if (entry->contains("dependencies")) {
    for (Json& dependency : (*entry)["dependencies"]) complete(dependency, "system", "systems");
  }
  if (entry->contains("departments")) {
    for (Json& department : (*entry)["departments"])
      department = absl::StrCat(organization, "/departments/", department.get<std::string>());
  }
  if (entry->contains("roles")) {
    for (Json& role : (*entry)["roles"]) role = "ROLE_" + role.get<std::string>();
  }
}

}  // namespace docket::ctl
