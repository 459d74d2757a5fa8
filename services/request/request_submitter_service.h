// Submits requests, many at a time: submissions that wait at the same moment share one transaction and take their
// numbers in one step of the counter (common/mysql/commit_queue.h), so that the counter of an organisation's year,
// which only one transaction can hold, is held once for all of them.
//
// A submission that is refused is answered with its own error, takes no number and harms no other of its batch;
// whatever ends the batch gives its numbers back, so there is never a gap. Two submissions of one request in a batch
// are taken one after the other, as they came.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_SUBMITTER_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_SUBMITTER_SERVICE_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/idempotency_record.h"
#include "common/mutation/mutation.h"
#include "common/mysql/commit_queue.h"
#include "common/mysql/pool.h"
#include "common/rpc/call_context.h"
#include "common/rpc/responder.h"
#include "docket/event/v1/event.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/preauthorization_sources.h"
#include "services/request/priority.h"
#include "services/request/request.h"
#include "services/request/request_impact_store.h"
#include "services/request/request_store.h"
#include "services/request/source_reference.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

// Thread-safe.
class RequestSubmitter {
 public:
  // What it works with. All must outlive it. `source` is `services/request`; `wake_relay` is called after a commit and
  // may be empty.
  struct Parts {
    mysql::Pool& pool;
    RequestStore& store;
    DirectoryStore& directory;
    CatalogStore& catalog;
    RequestImpactStore& impacts;
    const TallyStore& tallies;
    PreauthorizationSource& preauthorization;
    Mutations& mutations;
    Clock& clock;
    UuidGenerator& uuids;
    std::string source;
    std::function<void()> wake_relay;
    // Rooms that a request's source may refer to.
    std::vector<SourceReferenceChecker*> source_references;
  };

  explicit RequestSubmitter(Parts parts);

  // Ends the draft, or sends a returned request in again. A repeated call is answered as the first one was, just as
  // with Mutations, and a refused one leaves a CallDenied event.
  void Submit(const rpc::CallContext& context, const v1::SubmitRequestRequest& call,
              rpc::Responder<v1::Request> responder);

  mysql::GroupCommitStats stats() const { return queue_.stats(); }

 private:
  // One call's part of a batch.
  struct Submission {
    std::string name;
    std::string organization_id;
    // 16 raw bytes.
    std::string request_id;
    Attempt by;
    events::Origin origin;
    // Without the answer.
    IdempotencyRecord record;
  };
  // One that goes through.
  struct Passed {
    size_t index = 0;
    const Submission* submission = nullptr;
    Request before;
    Request after;
    v1::RequestImpact impact;
    // Of the rooms that the request's source refers to.
    std::vector<event::v1::Event> events;
  };
  // What submissions are held against.
  struct Rules {
    PriorityMatrix matrix;
    absl::TimeZone zone;
    std::map<std::string, System> systems;
  };
  using Results = std::vector<absl::StatusOr<v1::Request>>;

  absl::StatusOr<Submission> SubmissionOf(const rpc::CallContext& context, const v1::SubmitRequestRequest& call);
  // The call's `run`th time through the queue; the first is 1.
  void Run(const rpc::CallContext& context, const v1::SubmitRequestRequest& call, int run,
           rpc::Responder<v1::Request> responder);
  void AfterFailure(const rpc::CallContext& context, const v1::SubmitRequestRequest& call, int run,
                    const absl::Status& failure, rpc::Responder<v1::Request> responder);
  absl::Status CommitBatch(const std::vector<Submission*>& batch, absl::Time deadline, Results& results);
  // Those of one organisation, by their places in the batch.
  absl::StatusOr<std::vector<Passed>> Examine(mysql::Transaction& tx, const std::string& organization_id,
                                              const std::vector<Submission*>& batch, const std::vector<size_t>& places,
                                              TallyChanges& tallied, Results& results);
  absl::StatusOr<Rules> LoadRules(mysql::Transaction& tx, const std::string& organization_id,
                                  const std::vector<Request>& requests);
  static absl::StatusOr<Request> Examined(const Submission& submission, const Request& request, const Rules& rules);
  // Pins the template of a standard change and asks the rooms, which may write. The inner status is the submission's
  // own, the outer one ends the batch.
  absl::StatusOr<absl::Status> AskRooms(mysql::Transaction& tx, Passed& passed, TallyChanges& tallied);
  absl::Status TakeNumbers(mysql::Transaction& tx, const std::string& organization_id, const absl::TimeZone& zone,
                           std::vector<Passed>& passed);
  absl::Status Write(mysql::Transaction& tx, const std::vector<Passed>& passed, const TallyChanges& tallied,
                     Results& results);

  const Parts parts_;
  // Last: its threads use the above.
  mysql::CommitQueue<Submission, v1::Request> queue_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_SUBMITTER_SERVICE_H_
