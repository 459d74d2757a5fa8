// Puts approval policies into the tables, as an operator would, for tests.
#ifndef DOCKET_SERVICES_EVALUATION_TESTING_POLICY_ROWS_H_
#define DOCKET_SERVICES_EVALUATION_TESTING_POLICY_ROWS_H_

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"
#include "services/evaluation/approval.h"

namespace docket::evaluation {

// Adds a version of an organisation's policy.
inline absl::Status InsertPolicy(mysql::Pool& pool, absl::string_view organization, const ApprovalPolicy& policy) {
  return mysql::RunInTransaction(
      pool, absl::Now() + absl::Seconds(30), [&](mysql::Transaction& transaction) -> absl::Status {
        DOCKET_RETURN_IF_ERROR(transaction
                                   .Execute("INSERT INTO approval_policy (organization_id, policy_id, version, title, "
                                            "create_time_us) VALUES (?, ?, ?, '审批', 0)",
                                            {organization, policy.id, policy.version})
                                   .status());
        for (size_t i = 0; i < policy.stages.size(); ++i) {
          const Stage& stage = policy.stages[i];
          DOCKET_RETURN_IF_ERROR(
              transaction
                  .Execute("INSERT INTO approval_policy_stage (organization_id, policy_id, version, stage, title, "
                           "approver_role, approvers, stage_rule, threshold) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           {organization, policy.id, policy.version, i, stage.title, stage.approver_role,
                            absl::StrJoin(stage.approvers, "\n"), static_cast<int>(stage.rule), stage.threshold})
                  .status());
        }
        return absl::OkStatus();
      });
}

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_TESTING_POLICY_ROWS_H_
