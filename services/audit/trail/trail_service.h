// The handler of docket.audit.v1.TrailService.
#ifndef DOCKET_SERVICES_AUDIT_TRAIL_TRAIL_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_TRAIL_TRAIL_SERVICE_H_

#include "absl/status/status.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/trail_service.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"

namespace docket::audit {

class TrailService {
 public:
  // All must outlive it.
  struct Parts {
    const LogStore* store = nullptr;
    Checkpointer* checkpointer = nullptr;
    LogGuard* guard = nullptr;
    EvidenceReads* reads = nullptr;
    ShowCosigned show_cosigned = {};
  };
  explicit TrailService(Parts parts);

  void Register(rpc::MethodTable& table);

  absl::Status StreamChangeTrail(const rpc::CallContext& context, const v1::StreamChangeTrailRequest& request,
                                 rpc::StreamWriter<v1::StreamChangeTrailResponse>& writer);

 private:
  const Parts parts_;
  const LogView view_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TRAIL_TRAIL_SERVICE_H_
