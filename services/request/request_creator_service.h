// Creates requests, many at a time: drafts of different callers that wait at the same moment share one transaction and
// one INSERT per table (common/mysql/commit_queue.h), and no thread sleeps for one of them. Everything that can be
// computed is computed in the caller's own thread before that, so a batch is nothing but statements.
//
// A repeated call is answered as the first one was, just as with Mutations.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_CREATOR_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_CREATOR_SERVICE_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/outbox.h"
#include "common/identifier/uuid.h"
#include "common/mutation/idempotency_record.h"
#include "common/mysql/commit_queue.h"
#include "common/mysql/pool.h"
#include "common/rpc/call_context.h"
#include "common/rpc/responder.h"
#include "docket/request/v1/request.pb.h"
#include "services/request/directory_store.h"
#include "services/request/priority.h"
#include "services/request/request.h"
#include "services/request/request_store.h"

namespace docket::request {

// Thread-safe.
class RequestCreator {
 public:
  // What it works with. All must outlive it. `source` is `services/request`; `wake_relay` is called after a commit and
  // may be empty.
  struct Parts {
    mysql::Pool& pool;
    RequestStore& store;
    DirectoryStore& directory;
    Clock& clock;
    UuidGenerator& uuids;
    std::string source;
    std::function<void()> wake_relay;
  };

  explicit RequestCreator(Parts parts);

  // Gives the draft its priority and saves it, with its event and the record of the call. Answers when it is durable.
  // NOT_FOUND where the organisation is not in the directory.
  void Create(const rpc::CallContext& context, Request draft, rpc::Responder<v1::Request> responder);

  mysql::GroupCommitStats stats() const { return queue_.stats(); }

 private:
  // One call's part of a batch.
  struct Draft {
    Request request;
    std::vector<events::OutboxRow> outbox;
    IdempotencyRecord record;
    size_t bytes = 0;
  };
  // A matrix as it was read a moment ago.
  struct CachedMatrix {
    PriorityMatrix matrix;
    absl::Time read;
  };

  // `reply` becomes the call's answer.
  absl::StatusOr<Draft> Prepare(const rpc::CallContext& context, Request draft, v1::Request* reply);
  absl::Status CommitBatch(const std::vector<Draft*>& batch, absl::Time deadline,
                           std::vector<absl::StatusOr<bool>>& results);
  // What a call is answered whose draft was not saved, or perhaps was.
  absl::StatusOr<v1::Request> AnswerAfter(const rpc::CallContext& context, const absl::Status& failure,
                                          v1::Request reply);
  // A draft's priority may lag a few seconds behind an edited matrix; submission reads the matrix anew.
  absl::StatusOr<PriorityMatrix> MatrixOf(const std::string& organization_id, absl::Time deadline);

  const Parts parts_;
  absl::Mutex mutex_;
  std::map<std::string, CachedMatrix> matrices_ ABSL_GUARDED_BY(mutex_);
  // Last: its threads use the above.
  mysql::CommitQueue<Draft, bool> queue_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_CREATOR_SERVICE_H_
