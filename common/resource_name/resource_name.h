// Names of resources: making them and taking them apart.
//
//   RequestName("acme", "42")                              // "organizations/acme/requests/42"
//   OrganizationOf("organizations/acme/requests/42")       // "organizations/acme"
//   LastId("organizations/acme/requests/42")               // "42"
//
// The functions that make names join what they are given; whether an identifier that a user sent is valid is checked
// where it comes in (ResourcePattern, IsValidId).
#ifndef DOCKET_COMMON_RESOURCE_NAME_RESOURCE_NAME_H_
#define DOCKET_COMMON_RESOURCE_NAME_RESOURCE_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket {

// `organizations/{org}` of a name of that organisation or of anything in it; empty where the name does not begin with
// an organisation. `organizations/-` is returned as it stands. The rest of the name is not looked at.
std::string OrganizationOf(absl::string_view name);
// The `{org}` of it: "acme", or "-".
std::string OrganizationId(absl::string_view name);

// What follows the last slash; the whole text where there is none.
std::string LastId(absl::string_view name);
// What the resource lies in: without its last collection and identifier; empty where nothing remains.
std::string ParentOf(absl::string_view name);

// `{parent}/{collection}/{id}`, for collections without a function of their own.
std::string ChildName(absl::string_view parent, absl::string_view collection, absl::string_view id);

std::string OrganizationName(absl::string_view org);
std::string DepartmentName(absl::string_view org, absl::string_view id);
std::string VendorName(absl::string_view org, absl::string_view id);
std::string PersonName(absl::string_view org, absl::string_view id);
std::string SystemName(absl::string_view org, absl::string_view id);
std::string RequestName(absl::string_view org, absl::string_view id);
std::string EvaluationName(absl::string_view org, absl::string_view id);
std::string BudgetName(absl::string_view org, absl::string_view id);
std::string PlanName(absl::string_view org, absl::string_view id);
std::string WorkOrderName(absl::string_view org, absl::string_view plan, absl::string_view id);
std::string FilingName(absl::string_view org, absl::string_view id);
std::string EntryName(absl::string_view org, absl::string_view id);

}  // namespace docket

#endif  // DOCKET_COMMON_RESOURCE_NAME_RESOURCE_NAME_H_
