// Plans in the tables plan and plan_system.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_STORE_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/order_by.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/plan_key.h"

namespace docket::scheduling {

// What ListPlans filters and orders by: state, kind, name, request_number, title, requester, department, system,
// slot_start, slot_end, create_time. Orders by create_time (and name, which ends every order).
filter::Schema MakePlanSchema();

// Rows of a list: newest first unless `order` says otherwise.
struct PlanQuery {
  std::string organization_id;
  filter::Condition condition;
  filter::Order order;
  // The sort key of the row to go on after; empty: from the start.
  std::vector<filter::FilterValue> after;
  int limit = 0;
};

// A row of a list and its sort key.
struct ListedPlan {
  Plan plan;
  std::vector<filter::FilterValue> key;
};

// Stateless.
class PlanStore {
 public:
  // NOT_FOUND where there is none.
  absl::StatusOr<Plan> Load(mysql::Pool& pool, absl::Time deadline, const PlanKey& key) const;
  // Locks the row. Every change of a plan and of what belongs to it begins with this.
  absl::StatusOr<Plan> LoadForUpdate(mysql::Transaction& transaction, const PlanKey& key) const;

  // False where the plan exists already, which is then left alone.
  absl::StatusOr<bool> Insert(mysql::Transaction& transaction, const Plan& plan) const;
  // Writes the plan as its next revision: sets revision and update_time. ABORTED / CONCURRENT_CHANGE where the stored
  // revision is not the plan's.
  absl::Status Save(mysql::Transaction& transaction, Plan& plan, absl::Time now) const;
  // Writes `plan.evidence` alone, which is no new revision: evidence stands beside the plan.
  absl::Status SaveEvidenceCount(mysql::Transaction& transaction, const Plan& plan) const;

  absl::StatusOr<std::vector<ListedPlan>> List(mysql::Pool& pool, absl::Time deadline, const PlanQuery& query) const;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_STORE_H_
