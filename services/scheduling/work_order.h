// A step of carrying a plan out.
//
//   PENDING → IN_PROGRESS → DONE
//      │           └→ FAILED
//      └─ rollback: CANCELLED (from IN_PROGRESS too)
//
// Pure, like plan.h, with the same order of questions: CheckAssignee, CheckEtag, then the transition.
#ifndef DOCKET_SERVICES_SCHEDULING_WORK_ORDER_H_
#define DOCKET_SERVICES_SCHEDULING_WORK_ORDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/scheduling/caller.h"
#include "services/scheduling/plan.h"

namespace docket::scheduling {

enum class WorkOrderState { kPending = 1, kInProgress, kDone, kFailed, kCancelled };

struct WorkOrder {
  std::string organization_id;
  std::string plan_id;
  // Text of a UUID.
  std::string id;
  // Position among the plan's work orders, from 1, in the order of creation.
  int sequence = 0;
  std::string title;
  std::string instructions;
  std::string assignee;
  // Identifiers of work orders of the same plan.
  std::vector<std::string> dependencies;
  WorkOrderState state = WorkOrderState::kPending;
  std::optional<absl::Time> planned_start_time;
  std::optional<absl::Time> planned_end_time;
  std::optional<absl::Time> actual_start_time;
  std::optional<absl::Time> actual_end_time;
  std::string result;
  // WorkOrderSha256 (plan_content.h), 64 hexadecimal digits.
  std::string content_sha256;
  absl::Time create_time;
  absl::Time update_time;
  int64_t revision = 0;

  std::string Name() const;
  std::string Etag() const;
};

// What rules about all work orders of a plan need of each.
struct WorkOrderOutline {
  std::string id;
  WorkOrderState state = WorkOrderState::kPending;
  std::string content_sha256;
};

// "PENDING".
absl::string_view WorkOrderStateName(WorkOrderState state);

// What a new work order must fulfil beside the contract's field rules: `planned_end_time` after `planned_start_time`,
// no dependency named twice (INVALID_ARGUMENT), every dependency a work order of the plan (FAILED_PRECONDITION /
// BROKEN_REFERENCE).
absl::Status CheckNewWorkOrder(const WorkOrder& order, absl::Span<const WorkOrderOutline> existing);

// PERMISSION_DENIED / NOT_ASSIGNEE.
absl::Status CheckAssignee(const WorkOrder& order, const Caller& caller);

// PENDING → IN_PROGRESS in a plan that is being implemented. FAILED_PRECONDITION: WRONG_STATE by the plan's, the
// order's or a failed sibling's state; INCOMPLETE with metadata `missing` (names) while dependencies are not done.
absl::Status StartWorkOrder(WorkOrder& order, const Plan& plan, absl::Span<const WorkOrderOutline> all, absl::Time now);
// IN_PROGRESS → DONE or FAILED.
absl::Status CompleteWorkOrder(WorkOrder& order, const Plan& plan, absl::string_view result, absl::Time now);
absl::Status FailWorkOrder(WorkOrder& order, const Plan& plan, absl::string_view result, absl::Time now);

// Whether a rollback leaves it undone: PENDING or IN_PROGRESS.
bool IsOpen(WorkOrderState state);
// Whether all work orders but `order` are DONE: with it done, the implementation is complete.
bool IsLastOpen(const WorkOrder& order, absl::Span<const WorkOrderOutline> all);
bool AnyFailed(absl::Span<const WorkOrderOutline> all);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_WORK_ORDER_H_
