// The digest that approval and filing are bound to: SHA-256 over a plan's targets, sections, slot and work orders, and
// nothing else.
//
// Every value is written as its length, a colon and its bytes, so that no two contents have the same serialisation:
//
//   docket plan content 1
//   <targets: count, then system, component, from, to of each>
//   <sections: kind, state, text of each, in the order of the kinds>
//   <slot: start and end in microseconds since the Unix epoch, or two empty values>
//   <work orders: count, then each one's digest, in the order of creation>
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_CONTENT_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_CONTENT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/work_order.h"

namespace docket::scheduling {

// What of a work order is content: title, instructions, assignee, dependencies, planned times. 64 hexadecimal digits.
std::string WorkOrderSha256(const WorkOrder& order);

// The digests in the order of the outlines.
std::vector<std::string> DigestsOf(absl::Span<const WorkOrderOutline> work_orders);

// `work_order_sha256` are the digests of all work orders in the order of their creation. 64 hexadecimal digits.
std::string PlanContentSha256(const Plan& plan, absl::Span<const std::string> work_order_sha256);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_CONTENT_H_
