// The handler of docket.audit.v1.RegisterService/PrintLedger: the register as a document, streamed while it is read.
#ifndef DOCKET_SERVICES_AUDIT_REGISTER_PRINT_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_REGISTER_PRINT_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/register_service.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/ledger/ledger_document.h"
#include "services/audit/ledger/ledger_period.h"
#include "services/audit/register_service.h"
#include "services/audit/register_store.h"

namespace docket::audit {

class RegisterPrintService {
 public:
  struct Parts {
    const RegisterStore* store = nullptr;
    RegisterSources* sources = nullptr;
    Checkpointer* checkpointer = nullptr;
    EvidenceReads* reads = nullptr;
    Clock* clock = nullptr;
  };
  explicit RegisterPrintService(Parts parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

  absl::Status PrintLedger(const rpc::CallContext& context, const v1::PrintLedgerRequest& request,
                           rpc::StreamWriter<v1::PrintLedgerResponse>& writer);

 private:
  absl::StatusOr<LedgerHead> HeadOf(const rpc::CallContext& context, const v1::PrintLedgerRequest& request,
                                    const OrganizationFacts& organization, const LedgerPeriod& period) const;

  const Parts parts_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_REGISTER_PRINT_SERVICE_H_
