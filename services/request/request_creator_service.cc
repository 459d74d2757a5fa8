#include "services/request/request_creator_service.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "common/events/event_recorder.h"
#include "common/mysql/error_table.h"
#include "common/mysql/transaction.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/request_events.h"
#include "services/request/request_proto.h"

namespace docket::request {
namespace {

constexpr absl::Duration kKeepMatrix = absl::Seconds(5);
constexpr size_t kMaxMatrices = 1000;

}  // namespace

RequestCreator::RequestCreator(Parts parts)
    : parts_(std::move(parts)),
      queue_({.max_items = 256, .max_bytes = size_t{4} << 20, .bytes = [](const Draft& draft) { return draft.bytes; }},
             [this](const std::vector<Draft*>& batch, absl::Time deadline, std::vector<absl::StatusOr<bool>>& results) {
               return CommitBatch(batch, deadline, results);
             }) {}

void RequestCreator::Create(const rpc::CallContext& context, Request draft, rpc::Responder<v1::Request> responder) {
  v1::Request reply;
  absl::StatusOr<Draft> prepared = Prepare(context, std::move(draft), &reply);
  if (!prepared.ok()) return responder.Answer(prepared.status());
  auto committed = [this, &context, reply = std::move(reply),
                    responder = std::move(responder)](absl::StatusOr<bool> saved) mutable {
    if (!saved.ok()) {
      // It may have to ask the database, which is no business of the queue's thread.
      return std::move(responder).Resume(
          [this, &context, reply = std::move(reply), failure = saved.status()](rpc::Responder<v1::Request> later) {
            later.Answer(AnswerAfter(context, failure, reply));
          });
    }
    if (parts_.wake_relay) parts_.wake_relay();
    responder.Answer(reply);
  };
  queue_.Submit(*std::move(prepared), context.deadline(), std::move(committed));
}

absl::StatusOr<RequestCreator::Draft> RequestCreator::Prepare(const rpc::CallContext& context, Request draft,
                                                              v1::Request* reply) {
  DOCKET_ASSIGN_OR_RETURN(const PriorityMatrix matrix, MatrixOf(draft.organization_id, context.deadline()));
  draft.priority = matrix.Of(draft.form.impact, draft.form.urgency);
  *reply = ToProto(draft);
  events::EventRecorder recorder(parts_.source, events::Origin::FromCall(context), parts_.clock, parts_.uuids);
  Report(recorder, event::v1::RequestCreated(), {.after = draft, .reason = "", .after_message = reply});
  Draft prepared;
  DOCKET_ASSIGN_OR_RETURN(prepared.record, RecordOf(context, *reply));
  DOCKET_ASSIGN_OR_RETURN(prepared.outbox, events::ToOutboxRows(recorder.events()));
  prepared.request = std::move(draft);
  // Row, snapshot in the event, answer in the record.
  prepared.bytes = 3 * prepared.record.reply.size();
  return prepared;
}

absl::StatusOr<v1::Request> RequestCreator::AnswerAfter(const rpc::CallContext& context, const absl::Status& failure,
                                                        v1::Request reply) {
  DOCKET_ASSIGN_OR_RETURN(const bool replayed, ReplayAfter(parts_.pool, context, failure, &reply));
  if (!replayed) return failure;
  // Where the COMMIT went unanswered, the event is this call's own and still waits.
  if (mysql::IsCommitLost(failure) && parts_.wake_relay) parts_.wake_relay();
  return reply;
}

absl::Status RequestCreator::CommitBatch(const std::vector<Draft*>& batch, absl::Time deadline,
                                         std::vector<absl::StatusOr<bool>>& results) {
  std::vector<const Request*> requests;
  std::vector<const events::OutboxRow*> outbox;
  std::vector<const IdempotencyRecord*> records;
  for (const Draft* draft : batch) {
    requests.push_back(&draft->request);
    for (const events::OutboxRow& row : draft->outbox) outbox.push_back(&row);
    records.push_back(&draft->record);
  }
  const auto write = [&](mysql::Transaction& tx) -> absl::Status {
    DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, requests));
    DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, outbox));
    // Last, because a repeated call waits at this row until the first is done.
    return AppendRecords(tx, records, parts_.clock.NowMicros());
  };
  DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(parts_.pool, deadline, write));
  for (absl::StatusOr<bool>& result : results) result = true;
  return absl::OkStatus();
}

absl::StatusOr<PriorityMatrix> RequestCreator::MatrixOf(const std::string& organization_id, absl::Time deadline) {
  const absl::Time now = parts_.clock.Now();
  {
    absl::MutexLock lock(&mutex_);
    const auto cached = matrices_.find(organization_id);
    if (cached != matrices_.end() && now < cached->second.read + kKeepMatrix) return cached->second.matrix;
  }
  DOCKET_ASSIGN_OR_RETURN(const std::optional<PriorityMatrix> matrix,
                          parts_.directory.FindPriorityMatrix(deadline, organization_id));
  if (!matrix.has_value()) return NotFoundError(OrganizationName(organization_id));
  absl::MutexLock lock(&mutex_);
  if (matrices_.size() >= kMaxMatrices) matrices_.clear();
  matrices_[organization_id] = {.matrix = *matrix, .read = now};
  return *matrix;
}

}  // namespace docket::request
