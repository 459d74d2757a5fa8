#include "common/mutation/mutation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "common/events/organization.h"
#include "common/events/outbox.h"
#include "common/mutation/idempotency_record.h"
#include "common/mysql/error_table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/platform_events.pb.h"

namespace docket {
namespace {

constexpr absl::Duration kKeepRecords = absl::Hours(24 * 7);
// A refusal is recorded within this time, and gets at least the shorter one even when the call has none left.
constexpr absl::Duration kDenialTime = absl::Seconds(2);
constexpr absl::Duration kMinDenialTime = absl::Milliseconds(500);
// Runs of a call whose COMMIT goes unanswered each time.
constexpr int kMaxRuns = 3;
constexpr size_t kMaxSubject = 200;

constexpr absl::string_view kPruneRecords = "DELETE FROM idempotency WHERE created_us < ? ORDER BY created_us LIMIT ?";

bool IsRefusal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kPermissionDenied || status.code() == absl::StatusCode::kFailedPrecondition;
}

event::v1::CallDenied DenialOf(const absl::Status& refusal) {
  event::v1::CallDenied denial;
  denial.set_code(absl::StatusCodeToString(refusal.code()));
  denial.set_message(std::string(refusal.message()));
  if (const std::optional<google::rpc::ErrorInfo> info = GetErrorInfo(refusal); info.has_value()) {
    denial.set_error_reason(info->reason());
    denial.mutable_metadata()->insert(info->metadata().begin(), info->metadata().end());
  }
  return denial;
}

}  // namespace

Mutations::Mutations(mysql::Pool& pool, Clock& clock, UuidGenerator& uuids, Logger& logger, std::string source,
                     std::function<void()> wake_relay)
    : pool_(pool),
      clock_(clock),
      uuids_(uuids),
      logger_(logger),
      source_(std::move(source)),
      wake_relay_(std::move(wake_relay)) {}

absl::Status Mutations::RunInto(const rpc::CallContext& context, const MutationSubject& subject,
                                google::protobuf::Message* reply, Body body) {
  for (int run = 1;; ++run) {
    const absl::Status status = RunTransaction(context, reply, body);
    if (status.ok()) return status;
    DOCKET_ASSIGN_OR_RETURN(const bool replayed, ReplayAfter(pool_, context, status, reply));
    if (replayed) {
      // Where the COMMIT went unanswered, the events are this call's own.
      if (mysql::IsCommitLost(status) && wake_relay_) wake_relay_();
      return absl::OkStatus();
    }
    // The server may still be busy with a COMMIT that it never answered. Running again is safe: the record's key lets
    // only one through.
    if (mysql::IsCommitLost(status) && !context.request_id().empty() && run < kMaxRuns && context.CheckAlive().ok())
      continue;
    RecordDenial(context, subject, status);
    return status;
  }
}

absl::Status Mutations::RunTransaction(const rpc::CallContext& context, google::protobuf::Message* reply, Body body) {
  events::EventRecorder recorder(source_, events::Origin::FromCall(context), clock_, uuids_);
  const absl::Status status =
      mysql::RunInTransaction(pool_, context.deadline(), [&](mysql::Transaction& transaction) -> absl::Status {
        recorder.Clear();
        DOCKET_RETURN_IF_ERROR(body(transaction, recorder));
        DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(transaction, recorder.events()));
        if (context.request_id().empty()) return absl::OkStatus();
        // Last, because a repeated call waits at this row until the first is done.
        DOCKET_ASSIGN_OR_RETURN(const IdempotencyRecord record, RecordOf(context, *reply));
        return AppendRecords(transaction, {&record}, clock_.NowMicros());
      });
  if (status.ok() && !recorder.events().empty() && wake_relay_) wake_relay_();
  return status;
}

void Mutations::RecordDenial(const rpc::CallContext& context, const MutationSubject& subject,
                             const absl::Status& refusal) {
  if (!IsRefusal(refusal)) return;
  if (events::OrganizationOf(context.organization()).empty() && events::OrganizationOf(subject.resource).empty())
    return;
  events::EventRecorder recorder(source_, events::Origin::FromCall(context), clock_, uuids_);
  recorder.AddDenied(DenialOf(refusal), {.subject = subject.resource.substr(0, kMaxSubject), .change = subject.change});
  const absl::Time now = absl::Now();
  const absl::Time deadline = std::max(now + kMinDenialTime, std::min(context.deadline(), now + kDenialTime));
  const absl::Status recorded = mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& transaction) {
    return events::AppendToOutbox(transaction, recorder.events());
  });
  if (!recorded.ok()) {
    logger_.Error("a refused call could not be recorded", {{"method", context.method()},
                                                           {"principal", context.principal().name()},
                                                           {"resource", subject.resource},
                                                           {"refusal", refusal.ToString()},
                                                           {"error", recorded.ToString()},
                                                           TraceId(context.trace_id())});
    return;
  }
  if (wake_relay_) wake_relay_();
}

absl::StatusOr<int64_t> Mutations::PruneRecords(absl::Time deadline, int limit) {
  return pool_.Execute(deadline, kPruneRecords, {absl::ToUnixMicros(clock_.Now() - kKeepRecords), limit});
}

}  // namespace docket
