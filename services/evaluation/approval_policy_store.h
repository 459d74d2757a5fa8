// Approval policies as data: tables approval_policy and approval_policy_stage.
#ifndef DOCKET_SERVICES_EVALUATION_APPROVAL_POLICY_STORE_H_
#define DOCKET_SERVICES_EVALUATION_APPROVAL_POLICY_STORE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "services/evaluation/approval.h"

namespace docket::evaluation {

// Stateless and thread-safe.
class ApprovalPolicyStore {
 public:
  // The newest version of `policy_id` of this organisation (`{org}`), else of the policy that holds for everybody.
  // FAILED_PRECONDITION / INCOMPLETE when there is neither: without a policy nobody approves.
  absl::StatusOr<ApprovalPolicy> Load(mysql::Transaction& transaction, absl::string_view organization,
                                      absl::string_view policy_id) const;
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_APPROVAL_POLICY_STORE_H_
