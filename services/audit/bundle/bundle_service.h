// The handler of docket.audit.v1.BundleService: one file of evidence for one change (common/evidence/bundle_line.h).
#ifndef DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/register_store.h"

namespace docket::audit {

class BundleService {
 public:
  struct Parts {
    const LogStore* log = nullptr;
    const RegisterStore* records = nullptr;
    Checkpointer* checkpointer = nullptr;
    LogGuard* guard = nullptr;
    EvidenceReads* reads = nullptr;
  };
  explicit BundleService(Parts parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

  absl::Status ExportBundle(const rpc::CallContext& context, const v1::ExportBundleRequest& request,
                            rpc::StreamWriter<v1::ExportBundleResponse>& writer);

 private:
  // The checkpoint that the bundle is made at.
  absl::StatusOr<StoredCheckpoint> CheckpointAt(const rpc::CallContext& context,
                                                const v1::ExportBundleRequest& request) const;

  const Parts parts_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_SERVICE_H_
