// The handlers of docket.audit.v1.PrivacyService that are about legal holds.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_HOLD_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_HOLD_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/filter/schema.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/privacy_service.pb.h"
#include "services/audit/privacy/privacy_parts.h"

namespace docket::audit {

class HoldService {
 public:
  // The parts must outlive the service.
  explicit HoldService(const PrivacyParts& parts);

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::LegalHold> PlaceLegalHold(const rpc::CallContext& context,
                                               const v1::PlaceLegalHoldRequest& request);
  absl::StatusOr<v1::LegalHold> ReleaseLegalHold(const rpc::CallContext& context,
                                                 const v1::ReleaseLegalHoldRequest& request);
  absl::StatusOr<v1::LegalHold> GetLegalHold(const rpc::CallContext& context, const v1::GetLegalHoldRequest& request);
  absl::StatusOr<v1::ListLegalHoldsResponse> ListLegalHolds(const rpc::CallContext& context,
                                                            const v1::ListLegalHoldsRequest& request);

 private:
  const PrivacyParts& parts_;
  const filter::Schema filter_schema_;
  const filter::Schema order_schema_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_HOLD_SERVICE_H_
