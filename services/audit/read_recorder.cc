#include "services/audit/read_recorder.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/events/event_recorder.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/platform_events.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/audit/log_source.h"

namespace docket::audit {

absl::Status ReadRecorder::Record(const rpc::CallContext& context, const google::protobuf::Message& request,
                                  absl::string_view subject, absl::string_view change) const {
  // Docket's own services read on behalf of no one, and would record their own records.
  if (absl::StartsWith(context.principal().name(), "services/")) return absl::OkStatus();
  event::v1::EvidenceRead read;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  static_cast<void>(google::protobuf::util::MessageToJsonString(request, read.mutable_query(), options));
  events::EventRecorder recorder(std::string(kLogSource), events::Origin::FromCall(context), clock_, uuids_);
  recorder.Add(read, {.subject = std::string(subject), .change = std::string(change)});
  const absl::StatusOr<LogAppender::Verdicts> verdicts = appender_.Append(recorder.events(), context.deadline());
  if (GetReason(verdicts.status()) == Reason::REASON_LOG_FROZEN) {
    // Just now somebody has to be able to look.
    context.logger().Warning(
        "evidence read while the log is frozen",
        {{"principal", context.principal().name()}, {"method", context.method()}, {"query", read.query()}});
    return absl::OkStatus();
  }
  DOCKET_RETURN_IF_ERROR(verdicts.status());
  if ((*verdicts)[0].verdict() == event::v1::DeliveryResult::VERDICT_ACCEPTED) return absl::OkStatus();
  return InternalError(absl::StrCat("reading evidence could not be recorded: ", (*verdicts)[0].reason()));
}

}  // namespace docket::audit
