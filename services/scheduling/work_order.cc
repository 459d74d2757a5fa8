#include "services/scheduling/work_order.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::scheduling {
namespace {

const WorkOrderOutline* Find(absl::Span<const WorkOrderOutline> all, absl::string_view id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [id](const WorkOrderOutline& outline) { return outline.id == id; });
  return found == all.end() ? nullptr : &*found;
}

absl::Status CheckImplementing(const Plan& plan) {
  if (plan.state == PlanState::kImplementing) return absl::OkStatus();
  return WrongState(absl::StrCat("the plan is ", PlanStateName(plan.state),
                                 "; work orders are carried out while it is being implemented"),
                    PlanStateName(plan.state), PlanStateName(PlanState::kImplementing));
}

absl::Status CheckState(const WorkOrder& order, WorkOrderState needed, absl::string_view action) {
  if (order.state == needed) return absl::OkStatus();
  return WrongState(absl::StrCat("the work order is ", WorkOrderStateName(order.state), "; ", action,
                                 " takes one that is ", WorkOrderStateName(needed)),
                    WorkOrderStateName(order.state), WorkOrderStateName(needed));
}

absl::Status Finish(WorkOrder& order, const Plan& plan, WorkOrderState to, absl::string_view result, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckImplementing(plan));
  DOCKET_RETURN_IF_ERROR(CheckState(order, WorkOrderState::kInProgress, "ending it"));
  order.state = to;
  order.result = std::string(result);
  order.actual_end_time = now;
  return absl::OkStatus();
}

}  // namespace

std::string WorkOrder::Name() const { return WorkOrderName(organization_id, plan_id, id); }
std::string WorkOrder::Etag() const { return absl::StrCat(revision); }

absl::string_view WorkOrderStateName(WorkOrderState state) {
  switch (state) {
    case WorkOrderState::kPending:
      return "PENDING";
    case WorkOrderState::kInProgress:
      return "IN_PROGRESS";
    case WorkOrderState::kDone:
      return "DONE";
    case WorkOrderState::kFailed:
      return "FAILED";
    case WorkOrderState::kCancelled:
      return "CANCELLED";
  }
  return "UNSPECIFIED";
}

absl::Status CheckNewWorkOrder(const WorkOrder& order, absl::Span<const WorkOrderOutline> existing) {
  FieldViolations violations;
  if (order.planned_start_time.has_value() && order.planned_end_time.has_value()) {
    violations.Require(*order.planned_start_time < *order.planned_end_time, "work_order.planned_end_time",
                       "must be after planned_start_time");
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < order.dependencies.size(); ++i) {
    violations.Require(seen.insert(order.dependencies[i]).second, absl::StrCat("work_order.dependencies[", i, "]"),
                       "must not be named twice");
  }
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  for (const std::string& dependency : order.dependencies) {
    if (Find(existing, dependency) != nullptr) continue;
    const std::string name = WorkOrderName(order.organization_id, order.plan_id, dependency);
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat("the plan has no work order ", name, " to depend on"), {{"resource", name}});
  }
  return absl::OkStatus();
}

absl::Status CheckAssignee(const WorkOrder& order, const Caller& caller) {
  if (order.assignee == caller.person) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_ASSIGNEE,
               "only the person whom a work order is assigned to starts and ends it", {{"assignee", order.assignee}});
}

absl::Status StartWorkOrder(WorkOrder& order, const Plan& plan, absl::Span<const WorkOrderOutline> all,
                            absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckImplementing(plan));
  DOCKET_RETURN_IF_ERROR(CheckState(order, WorkOrderState::kPending, "starting it"));
  if (AnyFailed(all)) {
    return WrongState("a work order of the plan has failed; the change can only be rolled back",
                      WorkOrderStateName(WorkOrderState::kFailed), WorkOrderStateName(WorkOrderState::kDone));
  }
  std::vector<std::string> missing;
  for (const std::string& dependency : order.dependencies) {
    const WorkOrderOutline* const outline = Find(all, dependency);
    if (outline == nullptr || outline->state != WorkOrderState::kDone) {
      missing.push_back(WorkOrderName(order.organization_id, order.plan_id, dependency));
    }
  }
  if (!missing.empty()) {
    // Names are long and errors travel in bounded trailers: the first few say enough.
    const size_t shown = std::min<size_t>(missing.size(), 7);
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 absl::StrCat(missing.size(), " work orders that this one depends on are not done yet"),
                 {{"missing", absl::StrJoin(missing.begin(), missing.begin() + static_cast<ptrdiff_t>(shown), ",")}});
  }
  order.state = WorkOrderState::kInProgress;
  order.actual_start_time = now;
  return absl::OkStatus();
}

absl::Status CompleteWorkOrder(WorkOrder& order, const Plan& plan, absl::string_view result, absl::Time now) {
  return Finish(order, plan, WorkOrderState::kDone, result, now);
}

absl::Status FailWorkOrder(WorkOrder& order, const Plan& plan, absl::string_view result, absl::Time now) {
  return Finish(order, plan, WorkOrderState::kFailed, result, now);
}

bool IsOpen(WorkOrderState state) { return state == WorkOrderState::kPending || state == WorkOrderState::kInProgress; }

bool IsLastOpen(const WorkOrder& order, absl::Span<const WorkOrderOutline> all) {
  return std::all_of(all.begin(), all.end(), [&order](const WorkOrderOutline& outline) {
    return outline.id == order.id || outline.state == WorkOrderState::kDone;
  });
}

bool AnyFailed(absl::Span<const WorkOrderOutline> all) {
  return std::any_of(all.begin(), all.end(),
                     [](const WorkOrderOutline& outline) { return outline.state == WorkOrderState::kFailed; });
}

}  // namespace docket::scheduling
