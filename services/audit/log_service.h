// The handlers of docket.audit.v1.LogService, and the log's side of docket.event.v1.EventSinkService.
#ifndef DOCKET_SERVICES_AUDIT_LOG_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_LOG_SERVICE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/filter/schema.h"
#include "common/identifier/uuid.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/validation/validator.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_appender.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"

namespace docket::audit {

class LogService {
 public:
  struct Parts {
    LogStore* store = nullptr;
    LogAppender* appender = nullptr;
    Checkpointer* checkpointer = nullptr;
    LogGrowth* growth = nullptr;
    LogGuard* guard = nullptr;
    const PageTokenCodec* page_tokens = nullptr;
    Clock* clock = nullptr;
    UuidGenerator* uuids = nullptr;
    // Adds to a checkpoint that is shown what witnesses say; empty: there are none. DATA_LOSS freezes the log.
    std::function<absl::Status(absl::Time deadline, v1::Checkpoint& checkpoint)> show_cosigned;
  };
  explicit LogService(Parts parts);

  void Register(rpc::MethodTable& table);

  absl::StatusOr<event::v1::DeliverEventsResponse> DeliverEvents(const rpc::CallContext& context,
                                                                 const event::v1::DeliverEventsRequest& request);
  absl::StatusOr<v1::Checkpoint> GetCheckpoint(const rpc::CallContext& context,
                                               const v1::GetCheckpointRequest& request);
  absl::StatusOr<v1::LogEntry> GetEntry(const rpc::CallContext& context, const v1::GetEntryRequest& request);
  absl::StatusOr<v1::ListEntriesResponse> ListEntries(const rpc::CallContext& context,
                                                      const v1::ListEntriesRequest& request);
  absl::StatusOr<v1::ChangeTrail> GetChangeTrail(const rpc::CallContext& context,
                                                 const v1::GetChangeTrailRequest& request);
  absl::StatusOr<v1::InclusionProof> GetInclusionProof(const rpc::CallContext& context,
                                                       const v1::GetInclusionProofRequest& request);
  absl::StatusOr<v1::ConsistencyProof> GetConsistencyProof(const rpc::CallContext& context,
                                                           const v1::GetConsistencyProofRequest& request);
  absl::Status TailEntries(const rpc::CallContext& context, const v1::TailEntriesRequest& request,
                           rpc::StreamWriter<v1::TailEntriesResponse>& writer);

 private:
  absl::Status CheckDelivered(const rpc::CallContext& context, const event::v1::Event& event) const;
  absl::StatusOr<v1::Checkpoint> ShowCheckpoint(const SignedCheckpoint& checkpoint, absl::Time deadline) const;
  // The entry for reading. Where its evidence does not verify, the log freezes and only the bytes are shown.
  v1::LogEntry Show(const StoredEntry& entry) const;
  // What a proof that could not be built is answered with: where the evidence does not verify, the log freezes.
  absl::Status Distrust(const absl::Status& status) const;
  // How many entries can be read.
  absl::StatusOr<uint64_t> ReadSize(absl::Time deadline) const;
  // Returns when the log is known to be longer than `size`, when a heartbeat is due, or when the caller is gone: the
  // length that is known.
  uint64_t AwaitGrowth(const rpc::CallContext& context, uint64_t size) const;
  // Records that evidence was read; whoever cannot be recorded does not get it, unless the log is frozen: then reading
  // goes on.
  absl::Status RecordRead(const rpc::CallContext& context, const google::protobuf::Message& request,
                          absl::string_view subject, absl::string_view change);

  const Parts parts_;
  const filter::Schema schema_;
  const absl::StatusOr<Validator> event_rules_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_SERVICE_H_
