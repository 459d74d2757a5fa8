// Work orders in the table work_order. Every change of one is made under the lock of its plan
// (PlanStore::LoadForUpdate).
#ifndef DOCKET_SERVICES_SCHEDULING_WORK_ORDER_STORE_H_
#define DOCKET_SERVICES_SCHEDULING_WORK_ORDER_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/work_order.h"

namespace docket::scheduling {

// Stateless. `id` is the text of a UUID; NOT_FOUND where there is no such work order, also where `id` is none.
class WorkOrderStore {
 public:
  absl::StatusOr<WorkOrder> Load(mysql::Pool& pool, absl::Time deadline, const PlanKey& plan,
                                 absl::string_view id) const;
  absl::StatusOr<WorkOrder> Load(mysql::Transaction& transaction, const PlanKey& plan, absl::string_view id) const;

  // All of a plan in the order of creation; at most kMaxWorkOrders.
  absl::StatusOr<std::vector<WorkOrderOutline>> Outlines(mysql::Pool& pool, absl::Time deadline,
                                                         const PlanKey& plan) const;
  absl::StatusOr<std::vector<WorkOrderOutline>> Outlines(mysql::Transaction& transaction, const PlanKey& plan) const;

  // Whole, in the order of creation, after the one at position `after_sequence`; at most `limit`.
  absl::StatusOr<std::vector<WorkOrder>> List(mysql::Pool& pool, absl::Time deadline, const PlanKey& plan,
                                              int after_sequence, int limit) const;

  absl::Status Insert(mysql::Transaction& transaction, const WorkOrder& order) const;
  // Writes state, actual times and result as the next revision: sets revision and update_time.
  absl::Status Save(mysql::Transaction& transaction, WorkOrder& order, absl::Time now) const;
  // Makes every open work order of the plan CANCELLED. Returns how many.
  absl::StatusOr<int64_t> CancelOpen(mysql::Transaction& transaction, const PlanKey& plan, absl::Time now) const;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_WORK_ORDER_STORE_H_
