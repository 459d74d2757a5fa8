#include "services/audit/evidence_reads.h"

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/events/event_recorder.h"
#include "common/log/logger.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/platform_events.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/audit/log_source.h"
#include "services/audit/sensitive_fields.h"

namespace docket::audit {
namespace {

// A stream that ends because its time is up is recorded all the same.
constexpr absl::Duration kRecordLimit = absl::Seconds(5);

std::string JsonOf(const google::protobuf::Message& message) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  static_cast<void>(google::protobuf::util::MessageToJsonString(message, &json, options));
  return json;
}

}  // namespace

absl::Status EvidenceReads::Record(const rpc::CallContext& context, const google::protobuf::Message& request,
                                   absl::string_view subject, absl::string_view change) {
  const std::unique_ptr<google::protobuf::Message> shown(request.New());
  shown->CopyFrom(request);
  ClearSensitive(*shown);
  event::v1::EvidenceRead read;
  read.set_query(JsonOf(*shown));
  return RecordEvent(context, read, subject, change);
}

absl::Status EvidenceReads::RecordEvent(const rpc::CallContext& context, const google::protobuf::Message& event,
                                        absl::string_view subject, absl::string_view change) {
  // Docket's own services read on behalf of no one, and would record their own records.
  if (absl::StartsWith(context.principal().name(), "services/")) return absl::OkStatus();
  events::EventRecorder recorder(std::string(kLogSource), events::Origin::FromCall(context), clock_, uuids_);
  recorder.Add(event, {.subject = std::string(subject), .change = std::string(change)});
  const absl::StatusOr<LogAppender::Verdicts> verdicts =
      appender_.Append(recorder.events(), std::max(context.deadline(), absl::Now() + kRecordLimit));
  if (GetReason(verdicts.status()) == Reason::REASON_LOG_FROZEN) {
    // Just now somebody has to be able to look.
    context.logger().Warning(
        "evidence read while the log is frozen",
        {{"principal", context.principal().name()}, {"method", context.method()}, {"what", JsonOf(event)}});
    return absl::OkStatus();
  }
  DOCKET_RETURN_IF_ERROR(verdicts.status());
  if ((*verdicts)[0].verdict() == event::v1::DeliveryResult::VERDICT_ACCEPTED) return absl::OkStatus();
  return InternalError(absl::StrCat("reading evidence could not be recorded: ", (*verdicts)[0].reason()));
}

}  // namespace docket::audit
