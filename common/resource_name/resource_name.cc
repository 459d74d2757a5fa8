#include "common/resource_name/resource_name.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace docket {
namespace {

constexpr absl::string_view kOrganizations = "organizations/";

std::string NameIn(absl::string_view org, absl::string_view collection, absl::string_view id) {
  return absl::StrCat(kOrganizations, org, "/", collection, "/", id);
}

}  // namespace

std::string OrganizationId(absl::string_view name) {
  if (!absl::StartsWith(name, kOrganizations)) return "";
  name.remove_prefix(kOrganizations.size());
  return std::string(name.substr(0, name.find('/')));
}

std::string OrganizationOf(absl::string_view name) {
  const std::string org = OrganizationId(name);
  return org.empty() ? "" : OrganizationName(org);
}

std::string LastId(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == absl::string_view::npos ? name : name.substr(slash + 1));
}

std::string ParentOf(absl::string_view name) {
  for (int i = 0; i < 2; ++i) {
    const size_t slash = name.rfind('/');
    if (slash == absl::string_view::npos) return "";
    name = name.substr(0, slash);
  }
  return std::string(name);
}

std::string ChildName(absl::string_view parent, absl::string_view collection, absl::string_view id) {
  return absl::StrCat(parent, "/", collection, "/", id);
}

std::string OrganizationName(absl::string_view org) { return absl::StrCat(kOrganizations, org); }
std::string DepartmentName(absl::string_view org, absl::string_view id) { return NameIn(org, "departments", id); }
std::string VendorName(absl::string_view org, absl::string_view id) { return NameIn(org, "vendors", id); }
std::string PersonName(absl::string_view org, absl::string_view id) { return NameIn(org, "people", id); }
std::string SystemName(absl::string_view org, absl::string_view id) { return NameIn(org, "systems", id); }
std::string RequestName(absl::string_view org, absl::string_view id) { return NameIn(org, "requests", id); }
std::string EvaluationName(absl::string_view org, absl::string_view id) { return NameIn(org, "evaluations", id); }
std::string BudgetName(absl::string_view org, absl::string_view id) { return NameIn(org, "budgets", id); }
std::string PlanName(absl::string_view org, absl::string_view id) { return NameIn(org, "plans", id); }
std::string WorkOrderName(absl::string_view org, absl::string_view plan, absl::string_view id) {
  return ChildName(PlanName(org, plan), "workOrders", id);
}
std::string FilingName(absl::string_view org, absl::string_view id) { return NameIn(org, "filings", id); }
std::string EntryName(absl::string_view org, absl::string_view id) { return NameIn(org, "entries", id); }

}  // namespace docket
