// The record that lets a call be answered again, for those who write it themselves. Most use Mutations (mutation.h);
// this is for group commits, where many calls share one transaction:
//
//   absl::StatusOr<v1::Request> RequestService::CreateRequest(const rpc::CallContext& context,
//                                                             const v1::CreateRequestRequest& call) {
//     ...
//     NewRequest item = {.row = row, .events = recorder.events()};
//     DOCKET_ASSIGN_OR_RETURN(item.record, RecordOf(context, reply));
//     const absl::StatusOr<bool> made = committer_.Submit(std::move(item), context.deadline());
//     if (made.ok()) return reply;
//     DOCKET_ASSIGN_OR_RETURN(const bool replayed, ReplayAfter(pool_, context, made.status(), &reply));
//     if (!replayed) return made.status();
//     return reply;
//   }
//
//   // The batch function, within one transaction: rows, then all events, then all records as the last thing.
//   DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, all_events));
//   DOCKET_RETURN_IF_ERROR(AppendRecords(tx, all_records, clock_.NowMicros()));
//
// A call that was made before fails its batch with ALREADY_EXISTS; GroupCommitter then runs each of the batch alone,
// and the call that fails again finds its first answer by ReplayAfter.
#ifndef DOCKET_COMMON_MUTATION_IDEMPOTENCY_RECORD_H_
#define DOCKET_COMMON_MUTATION_IDEMPOTENCY_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/message.h"

namespace docket {

// A larger answer cannot be recorded, and so cannot be given.
inline constexpr size_t kMaxRecordedReply = size_t{1} << 20;

// One row of the table idempotency. The key is (organisation, caller, request_id).
struct IdempotencyRecord {
  // `acme`; `-` where the call is about no organisation.
  std::string organization_id;
  // `organizations/acme/people/wang`.
  std::string principal;
  // 16 raw bytes.
  std::string request_id;
  std::string method;
  // 32 raw bytes.
  std::string fingerprint;
  // Serialised.
  std::string reply;
};

// The record of a call with its answer. INVALID_ARGUMENT / INVALID_FIELDS where the call's request_id is no UUID,
// INTERNAL where the answer is larger than kMaxRecordedReply.
absl::StatusOr<IdempotencyRecord> RecordOf(const rpc::CallContext& context, const google::protobuf::Message& reply);

// Writes records in few multi-row statements. ALREADY_EXISTS where one of the calls was answered before: none is
// written then.
absl::Status AppendRecords(mysql::Transaction& transaction, absl::Span<const IdempotencyRecord* const> records,
                           int64_t now_us);

// True when the call was answered before: `reply` then holds that answer. False when it was not, or has no request_id.
// INVALID_ARGUMENT / REQUEST_ID_REUSED when the request_id belongs to another call. The first form sees what is
// committed, the second also what its transaction wrote.
absl::StatusOr<bool> Replay(mysql::Pool& pool, const rpc::CallContext& context, google::protobuf::Message* reply);
absl::StatusOr<bool> Replay(mysql::Transaction& transaction, const rpc::CallContext& context,
                            google::protobuf::Message* reply);

// Whether a call that failed this way may have failed because it was made before (or happened now, but the answer to
// its COMMIT was lost), and if so what Replay says. Errors that cannot have that cause ask nobody and return false.
absl::StatusOr<bool> ReplayAfter(mysql::Pool& pool, const rpc::CallContext& context, const absl::Status& failure,
                                 google::protobuf::Message* reply);

}  // namespace docket

#endif  // DOCKET_COMMON_MUTATION_IDEMPOTENCY_RECORD_H_
