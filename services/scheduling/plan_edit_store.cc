#include "services/scheduling/plan_edit_store.h"

#include <vector>

#include "common/status/status_macros.h"
#include "services/scheduling/plan_content.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/scheduling_events.h"

namespace docket::scheduling {

absl::StatusOr<std::string> PlanEditStore::ContentSha256(mysql::Transaction& transaction, const Plan& plan) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<WorkOrderOutline> outlines,
                          work_orders_.Outlines(transaction, PlanKey{plan.organization_id, plan.id}));
  return PlanContentSha256(plan, DigestsOf(outlines));
}

absl::Status PlanEditStore::Save(mysql::Transaction& transaction, const Plan& before, Plan& plan, bool voided,
                                 absl::string_view cause, absl::Time now, events::EventRecorder& recorder) const {
  DOCKET_ASSIGN_OR_RETURN(plan.content_sha256, ContentSha256(transaction, plan));
  DOCKET_RETURN_IF_ERROR(plans_.Save(transaction, plan, now));
  if (voided) RecordApprovalVoided(recorder, before, plan, cause);
  return absl::OkStatus();
}

}  // namespace docket::scheduling
