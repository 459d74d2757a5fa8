// The handler of docket.audit.v1.BundleService: one file of evidence for one change (common/evidence/bundle_line.h).
#ifndef DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_SERVICE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/evidence/bundle_line.h"
#include "common/merkle/checkpoint.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"
#include "services/audit/privacy/redaction_record.h"
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
    // What explains payloads that are gone. nullptr: nothing does, and one that is gone is a fault.
    const RedactionRecord* redactions = nullptr;
    // Empty: no witness is known.
    ShowCosigned show_cosigned = {};
  };
  explicit BundleService(Parts parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

  absl::Status ExportBundle(const rpc::CallContext& context, const v1::ExportBundleRequest& request,
                            rpc::StreamWriter<v1::ExportBundleResponse>& writer);

 private:
  // The checkpoint that the bundle is made at; `current` is the newest.
  absl::StatusOr<StoredCheckpoint> CheckpointAt(const rpc::CallContext& context, const v1::ExportBundleRequest& request,
                                                const SignedCheckpoint& current) const;
  // The newest cosigned checkpoint and what leads from it to that of `size`, or the other way round; nothing where
  // there is none.
  absl::StatusOr<std::optional<evidence::BundleCosigned>> CosignedFor(uint64_t size, const merkle::Checkpoint& current,
                                                                      absl::Time deadline) const;
  // What bad evidence is answered with.
  absl::Status Distrust(const absl::Status& status) const;

  const Parts parts_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_SERVICE_H_
