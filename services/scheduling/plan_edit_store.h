// Saving an edited plan: its digest computed anew from what the tables hold, its next revision written, and a voided
// approval reported.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_EDIT_STORE_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_EDIT_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/work_order_store.h"

namespace docket::scheduling {

// Stateless.
class PlanEditStore {
 public:
  // The digest of the plan with the work orders that are stored.
  absl::StatusOr<std::string> ContentSha256(mysql::Transaction& transaction, const Plan& plan) const;

  // Writes `plan`, which was `before` when it was read. Where `voided`, adds PlanApprovalVoided with `cause`.
  absl::Status Save(mysql::Transaction& transaction, const Plan& before, Plan& plan, bool voided,
                    absl::string_view cause, absl::Time now, events::EventRecorder& recorder) const;

 private:
  PlanStore plans_;
  WorkOrderStore work_orders_;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_EDIT_STORE_H_
