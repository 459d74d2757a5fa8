// The handlers of docket.audit.v1.PrivacyService that are about the retention policy.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/privacy_service.pb.h"
#include "services/audit/privacy/privacy_parts.h"

namespace docket::audit {

class RetentionService {
 public:
  // The parts must outlive the service.
  explicit RetentionService(const PrivacyParts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::RetentionPolicy> GetRetentionPolicy(const rpc::CallContext& context,
                                                         const v1::GetRetentionPolicyRequest& request);
  absl::StatusOr<v1::RetentionPolicy> UpdateRetentionPolicy(const rpc::CallContext& context,
                                                            const v1::UpdateRetentionPolicyRequest& request);

 private:
  const PrivacyParts& parts_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_SERVICE_H_
