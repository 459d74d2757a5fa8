// The handlers of docket.audit.v1.LogService, and the log's side of docket.event.v1.EventSinkService.
#ifndef DOCKET_SERVICES_AUDIT_LOG_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_LOG_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/validation/validator.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/entry_matcher.h"
#include "services/audit/entry_query.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/log_appender.h"
#include "services/audit/log_follower.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"

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
    EvidenceReads* reads = nullptr;
    ShowCosigned show_cosigned = {};
    // Tails at a time; each waits in a thread of the server's streams.
    int max_tails = 512;
    LogFollowerLimits follower_limits = {};
  };
  explicit LogService(Parts parts);

  void Register(rpc::MethodTable& table);
  // Payloads were taken away: tails show none of them from memory any more.
  void ForgetShown() { follower_.Forget(); }

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
  // Where `field` asks for more than proofs can be given for.
  absl::Status Beyond(absl::string_view field, uint64_t size) const;
  // Who follows, and where it has come to.
  struct Tail {
    std::string organization_id;
    uint64_t next = 0;
    // How many entries there are, as far as it knows.
    uint64_t size = 0;
  };
  // Moves on through what there is, from memory where it is remembered, and puts what matches into the answer.
  absl::Status Advance(const EntryQuery& query, const EntryMatcher& matcher, Tail& tail,
                       v1::TailEntriesResponse& response);

  const Parts parts_;
  const LogView view_;
  LogFollower follower_;
  std::atomic<int> tails_{0};
  const absl::StatusOr<Validator> event_rules_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_SERVICE_H_
