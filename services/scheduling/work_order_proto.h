// Work orders between the domain and the wire.
#ifndef DOCKET_SERVICES_SCHEDULING_WORK_ORDER_PROTO_H_
#define DOCKET_SERVICES_SCHEDULING_WORK_ORDER_PROTO_H_

#include "absl/status/statusor.h"
#include "docket/scheduling/v1/work_order.pb.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/work_order.h"

namespace docket::scheduling {

v1::WorkOrder ToProto(const WorkOrder& order);

// What a caller says of a new work order of the plan. FAILED_PRECONDITION / BROKEN_REFERENCE where a dependency lies in
// another plan.
absl::StatusOr<WorkOrder> FromProto(const PlanKey& plan, const v1::WorkOrder& proto);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_WORK_ORDER_PROTO_H_
