#include "services/request/directory.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

bool Holds(const Person& person, PersonRole role) {
  return std::find(person.roles.begin(), person.roles.end(), role) != person.roles.end();
}

}  // namespace

std::string Organization::Name() const { return OrganizationName(id); }
std::string Department::Name() const { return DepartmentName(organization_id, id); }
std::string Vendor::Name() const { return VendorName(organization_id, id); }
std::string Person::Name() const { return PersonName(organization_id, id); }

absl::Status MoveTo(RecordState state, absl::string_view name, absl::string_view reason, absl::Time now,
                    RetirableRecord& record) {
  if (record.state == state) {
    const bool retired = state == RecordState::kRetired;
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                 absl::StrCat(name, retired ? " is retired already" : " is active already"),
                 {{"state", retired ? "RETIRED" : "ACTIVE"}, {"allowed_states", retired ? "ACTIVE" : "RETIRED"}});
  }
  record.state = state;
  record.state_reason = std::string(reason);
  record.update_time = now;
  ++record.revision;
  return absl::OkStatus();
}

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view time_zone) {
  absl::TimeZone zone;
  FieldViolations violations;
  violations.Require(absl::LoadTimeZone(time_zone, &zone), "organization.time_zone",
                     "is not a time zone that this system knows, such as Asia/Shanghai");
  absl::Status status = violations.ToStatus();
  if (!status.ok()) return status;
  return zone;
}

absl::Status PreparePerson(Person& person) {
  std::sort(person.roles.begin(), person.roles.end());
  FieldViolations violations;
  violations.Require(std::adjacent_find(person.roles.begin(), person.roles.end()) == person.roles.end(), "person.roles",
                     "must not name a role twice");
  violations.Require(!Holds(person, PersonRole::kUnspecified), "person.roles", "must not be ROLE_UNSPECIFIED");
  violations.Require(!Holds(person, PersonRole::kService) || person.roles.size() == 1, "person.roles",
                     "ROLE_SERVICE goes with no other role: a machine never approves");
  if (Holds(person, PersonRole::kVendor)) {
    violations.Require(person.roles.size() == 1, "person.roles", "ROLE_VENDOR goes with no other role");
    violations.Require(!person.vendor_id.empty(), "person.vendor", "must name the vendor of a person with ROLE_VENDOR");
    violations.Require(person.department_id.empty(), "person.department", "people of a vendor have no department");
  } else {
    violations.Require(person.vendor_id.empty(), "person.vendor", "is for people with ROLE_VENDOR only");
    const bool needs_department = Holds(person, PersonRole::kRequester) || Holds(person, PersonRole::kDepartmentHead);
    violations.Require(!needs_department || !person.department_id.empty(), "person.department",
                       "is needed with ROLE_REQUESTER and ROLE_DEPARTMENT_HEAD");
  }
  return violations.ToStatus();
}

}  // namespace docket::request
