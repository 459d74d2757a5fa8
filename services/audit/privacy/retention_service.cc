#include "services/audit/privacy/retention_service.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/privacy_events.h"
#include "services/audit/privacy/resource_version.h"
#include "services/audit/privacy/retention.h"
#include "services/audit/privacy/stored_time.h"

namespace docket::audit {

void RetentionService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.PrivacyService/GetRetentionPolicy", this, &RetentionService::GetRetentionPolicy);
  table.Unary("docket.audit.v1.PrivacyService/UpdateRetentionPolicy", this, &RetentionService::UpdateRetentionPolicy);
}

absl::StatusOr<v1::RetentionPolicy> RetentionService::GetRetentionPolicy(const rpc::CallContext& context,
                                                                         const v1::GetRetentionPolicyRequest& request) {
  return parts_.retention.Get(OrganizationId(request.name()), context.deadline());
}

absl::StatusOr<v1::RetentionPolicy> RetentionService::UpdateRetentionPolicy(
    const rpc::CallContext& context, const v1::UpdateRetentionPolicyRequest& request) {
  v1::RetentionPolicy policy = request.retention_policy();
  FieldViolations violations;
  violations.Require(!policy.name().empty(), "retention_policy.name", "must be given");
  violations.Require(!policy.etag().empty(), "retention_policy.etag",
                     "must be the etag of the version that was edited");
  CheckPolicy(policy, "retention_policy", violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  const std::string organization_id = OrganizationId(policy.name());
  policy.set_updater(context.principal().name());
  *policy.mutable_update_time() = TimestampOf(parts_.clock.NowMicros());
  return parts_.mutations.Run<v1::RetentionPolicy>(
      context, {.resource = policy.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::RetentionPolicy> {
        DOCKET_RETURN_IF_ERROR(HoldStore::TakeTurn(tx, organization_id));
        DOCKET_ASSIGN_OR_RETURN(const v1::RetentionPolicy before, RetentionStore::Lock(tx, organization_id));
        int64_t revision = 0;
        if (!absl::SimpleAtoi(before.etag(), &revision)) return InternalError("a revision is no number");
        DOCKET_RETURN_IF_ERROR(CheckEtag(request.retention_policy().etag(), revision));
        DOCKET_RETURN_IF_ERROR(RetentionStore::Save(tx, policy, revision));
        // A type may fall under another rule now, which has passed its old entries by.
        DOCKET_RETURN_IF_ERROR(RetentionStore::ResetProgress(tx, organization_id));
        ReportPolicy(recorder, before, policy, revision + 1);
        v1::RetentionPolicy reply = policy;
        reply.set_etag(absl::StrCat(revision + 1));
        return reply;
      });
}

}  // namespace docket::audit
