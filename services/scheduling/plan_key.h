// Which plan, work order or piece of evidence a resource name means.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_KEY_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_KEY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/resource_name/resource_name.h"

namespace docket::scheduling {

// The `{org}` and `{plan}` of a name.
struct PlanKey {
  std::string organization_id;
  std::string plan_id;

  // Of `organizations/{org}/plans/{plan}`.
  static PlanKey Of(absl::string_view plan_name) { return {OrganizationId(plan_name), LastId(plan_name)}; }
  // Of the plan that `organizations/{org}/plans/{plan}/workOrders/{id}` or `…/evidence/{id}` lies in.
  static PlanKey OfParent(absl::string_view child_name) { return Of(ParentOf(child_name)); }

  std::string Name() const { return PlanName(organization_id, plan_id); }
  // The change that the plan belongs to.
  std::string Request() const { return RequestName(organization_id, plan_id); }
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_KEY_H_
