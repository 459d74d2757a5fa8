// The handler of docket.audit.v1.ExportService.
#ifndef DOCKET_SERVICES_AUDIT_EXPORT_EXPORT_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_EXPORT_EXPORT_SERVICE_H_

#include <atomic>

#include "absl/status/status.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/export_service.pb.h"
#include "services/audit/entry_query.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/export/export_progress.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"

namespace docket::audit {

class ExportService {
 public:
  // All must outlive it.
  struct Parts {
    const LogStore* store = nullptr;
    LogGuard* guard = nullptr;
    EvidenceReads* reads = nullptr;
    const PageTokenCodec* page_tokens = nullptr;
    // Exports at a time; each reads the database all the time.
    int max_exports = 8;
  };
  explicit ExportService(Parts parts);

  void Register(rpc::MethodTable& table);

  using Writer = rpc::StreamWriter<v1::ExportEntriesResponse>;
  absl::Status ExportEntries(const rpc::CallContext& context, const v1::ExportEntriesRequest& request, Writer& writer);

 private:
  absl::StatusOr<ExportProgress> Begin(const rpc::CallContext& context, const v1::ExportEntriesRequest& request,
                                       const EntryQuery& query) const;
  // Sends rows until there are no more. CANCELLED where nobody reads.
  absl::Status Send(const rpc::CallContext& context, const v1::ExportEntriesRequest& request, const EntryQuery& query,
                    ExportProgress& progress, Writer& writer) const;
  absl::Status RecordEnd(const rpc::CallContext& context, const v1::ExportEntriesRequest& request,
                         const ExportProgress& progress, bool complete) const;

  const Parts parts_;
  const LogView view_;
  std::atomic<int> exports_{0};
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EXPORT_EXPORT_SERVICE_H_
