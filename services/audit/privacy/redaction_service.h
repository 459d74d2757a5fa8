// The handlers of docket.audit.v1.PrivacyService that are about redactions.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_SERVICE_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/filter/schema.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/privacy_service.pb.h"
#include "services/audit/privacy/privacy_parts.h"
#include "services/audit/privacy/redaction_applier.h"

namespace docket::audit {

class RedactionService {
 public:
  // Both must outlive the service.
  RedactionService(const PrivacyParts& parts, const RedactionApplier& applier);

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::Redaction> ProposeRedaction(const rpc::CallContext& context,
                                                 const v1::ProposeRedactionRequest& request);
  absl::StatusOr<v1::Redaction> ApproveRedaction(const rpc::CallContext& context,
                                                 const v1::ApproveRedactionRequest& request);
  absl::StatusOr<v1::Redaction> RejectRedaction(const rpc::CallContext& context,
                                                const v1::RejectRedactionRequest& request);
  absl::StatusOr<v1::Redaction> GetRedaction(const rpc::CallContext& context, const v1::GetRedactionRequest& request);
  absl::StatusOr<v1::ListRedactionsResponse> ListRedactions(const rpc::CallContext& context,
                                                            const v1::ListRedactionsRequest& request);

 private:
  // INVALID_ARGUMENT where something of it cannot be redacted, LEGAL_HOLD where something must not.
  absl::Status CheckTarget(mysql::Transaction& tx, const v1::Redaction& redaction) const;
  // Approves or rejects.
  absl::StatusOr<v1::Redaction> Decide(const rpc::CallContext& context, const std::string& name,
                                       const std::string& etag, v1::Redaction::State state, const std::string& comment);

  const PrivacyParts& parts_;
  const RedactionApplier& applier_;
  const filter::Schema filter_schema_;
  const filter::Schema order_schema_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_SERVICE_H_
