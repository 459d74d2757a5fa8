#include "services/evaluation/approval_policy_store.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::evaluation {
namespace {

constexpr absl::string_view kSelectVersion =
    "SELECT version FROM approval_policy WHERE organization_id = ? AND policy_id = ? ORDER BY version DESC LIMIT 1";

constexpr absl::string_view kSelectStages =
    "SELECT title, approver_role, approvers, stage_rule, threshold FROM approval_policy_stage "
    "WHERE organization_id = ? AND policy_id = ? AND version = ? ORDER BY stage";

// The organisation that stands for everybody without a policy of their own.
constexpr absl::string_view kEverybody = "";

Stage StageFromRow(const mysql::Row& row) {
  return {.title = row.Text(0),
          .approver_role = row.Text(1),
          .approvers = absl::StrSplit(row.Text(2), '\n', absl::SkipEmpty()),
          .rule = static_cast<StageRule>(row.Int(3)),
          .threshold = static_cast<int>(row.Int(4))};
}

}  // namespace

absl::StatusOr<ApprovalPolicy> ApprovalPolicyStore::Load(mysql::Transaction& transaction,
                                                         absl::string_view organization,
                                                         absl::string_view policy_id) const {
  for (const absl::string_view owner : {organization, kEverybody}) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> versions,
                            transaction.Query(kSelectVersion, {owner, policy_id}));
    if (versions.empty()) continue;
    ApprovalPolicy policy{.id = std::string(policy_id), .version = static_cast<int>(versions.front().Int(0))};
    DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> stages,
                            transaction.Query(kSelectStages, {owner, policy_id, policy.version}));
    for (const mysql::Row& row : stages) policy.stages.push_back(StageFromRow(row));
    return policy;
  }
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
               absl::StrCat("there is no approval policy `", policy_id, "`, so nobody could approve"),
               {{"missing", "approval_policy"}});
}

}  // namespace docket::evaluation
