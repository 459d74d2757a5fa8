#include "common/mutation/idempotency_record.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/events/organization.h"
#include "common/identifier/uuid.h"
#include "common/mysql/error_table.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/row_values.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket {
namespace {

// One statement stays well below max_allowed_packet (16 MiB).
constexpr size_t kMaxStatementBytes = size_t{4} << 20;
constexpr absl::string_view kNoOrganization = "-";
constexpr absl::string_view kReadRecord =
    "SELECT method, fingerprint, reply FROM idempotency WHERE organization_id = ? AND principal = ? AND request_id = ?";

const mysql::MultiInsert& InsertRecords() {
  static const mysql::MultiInsert insert(
      "idempotency", {"organization_id", "principal", "request_id", "method", "fingerprint", "reply", "created_us"});
  return insert;
}

// Everything but the answer.
absl::StatusOr<IdempotencyRecord> KeyOf(const rpc::CallContext& context) {
  // UUIDs mean the same in either case.
  std::optional<std::string> request_id = ParseUuid(absl::AsciiStrToLower(context.request_id()));
  if (!request_id.has_value()) {
    FieldViolations violations;
    violations.Add("request_id", "must be a UUID");
    return violations.ToStatus();
  }
  IdempotencyRecord record;
  const std::string organization_id = events::OrganizationIdOf(context.organization());
  record.organization_id = organization_id.empty() ? std::string(kNoOrganization) : organization_id;
  record.principal = context.principal().name();
  record.request_id = *std::move(request_id);
  record.method = context.method();
  record.fingerprint = context.fingerprint();
  return record;
}

mysql::Params KeyParams(const IdempotencyRecord& record) {
  return {record.organization_id, record.principal, record.request_id};
}

absl::StatusOr<bool> ReplayFrom(const std::vector<mysql::Row>& rows, const IdempotencyRecord& key,
                                google::protobuf::Message* reply) {
  if (rows.empty()) return false;
  if (rows[0].Text(0) != key.method || rows[0].Text(1) != key.fingerprint) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED,
                 "this request_id was used before for another call; a new call needs a new one",
                 {{"request_id", FormatUuid(key.request_id)}});
  }
  if (!reply->ParseFromString(rows[0].Text(2))) return InternalError("a recorded answer cannot be read");
  return true;
}

bool MayBeCausedByFirstCall(const absl::Status& failure) {
  switch (failure.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      return false;
    case absl::StatusCode::kUnavailable:
      return mysql::IsCommitLost(failure);
    default:
      return true;
  }
}

}  // namespace

absl::StatusOr<IdempotencyRecord> RecordOf(const rpc::CallContext& context, const google::protobuf::Message& reply) {
  DOCKET_ASSIGN_OR_RETURN(IdempotencyRecord record, KeyOf(context));
  record.reply = reply.SerializeAsString();
  if (record.reply.size() > kMaxRecordedReply) {
    return InternalError(absl::StrCat("an answer of ", record.reply.size(), " bytes is too large to be recorded"));
  }
  return record;
}

absl::Status AppendRecords(mysql::Transaction& transaction, absl::Span<const IdempotencyRecord* const> records,
                           int64_t now_us) {
  mysql::Params values;
  size_t bytes = 0;
  for (const IdempotencyRecord* const record : records) {
    if (bytes > 0 && bytes + record->reply.size() > kMaxStatementBytes) {
      DOCKET_RETURN_IF_ERROR(InsertRecords().Run(transaction, values).status());
      values.clear();
      bytes = 0;
    }
    bytes += record->reply.size();
    mysql::AppendRow(values, record->organization_id, record->principal, record->request_id, record->method,
                     record->fingerprint, record->reply, now_us);
  }
  return values.empty() ? absl::OkStatus() : InsertRecords().Run(transaction, values).status();
}

absl::StatusOr<bool> Replay(mysql::Pool& pool, const rpc::CallContext& context, google::protobuf::Message* reply) {
  if (context.request_id().empty()) return false;
  DOCKET_ASSIGN_OR_RETURN(const IdempotencyRecord key, KeyOf(context));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          pool.Query(context.deadline(), kReadRecord, KeyParams(key)));
  return ReplayFrom(rows, key, reply);
}

absl::StatusOr<bool> Replay(mysql::Transaction& transaction, const rpc::CallContext& context,
                            google::protobuf::Message* reply) {
  if (context.request_id().empty()) return false;
  DOCKET_ASSIGN_OR_RETURN(const IdempotencyRecord key, KeyOf(context));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, transaction.Query(kReadRecord, KeyParams(key)));
  return ReplayFrom(rows, key, reply);
}

absl::StatusOr<bool> ReplayAfter(mysql::Pool& pool, const rpc::CallContext& context, const absl::Status& failure,
                                 google::protobuf::Message* reply) {
  if (!MayBeCausedByFirstCall(failure)) return false;
  return Replay(pool, context, reply);
}

}  // namespace docket
