#include "services/docketctl/contract.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "docket/audit/v1/bundle_service.pb.h"
#include "docket/audit/v1/export_service.pb.h"
#include "docket/audit/v1/ingest_service.pb.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/audit/v1/privacy_service.pb.h"
#include "docket/audit/v1/register_service.pb.h"
#include "docket/audit/v1/statistics_service.pb.h"
#include "docket/audit/v1/trail_service.pb.h"
#include "docket/audit/v1/verification_service.pb.h"
#include "docket/audit/v1/witness_service.pb.h"
#include "docket/evaluation/v1/evaluation_service.pb.h"
#include "docket/event/v1/attachment_events.pb.h"
#include "docket/event/v1/audit_events.pb.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "docket/event/v1/collection_events.pb.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/export_events.pb.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/privacy_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "docket/event/v1/witness_events.pb.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "docket/request/v1/collection_service.pb.h"
#include "docket/request/v1/directory_service.pb.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "docket/request/v1/priority_matrix_service.pb.h"
#include "docket/request/v1/request_batch_service.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "docket/request/v1/vendor_notice_service.pb.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "docket/request/v1/working_calendar_service.pb.h"
#include "docket/scheduling/v1/evidence_service.pb.h"
#include "docket/scheduling/v1/execution_service.pb.h"
#include "docket/scheduling/v1/plan_service.pb.h"
#include "docket/scheduling/v1/work_order_service.pb.h"
#include "google/protobuf/util/json_util.h"

namespace docket::ctl {
namespace {

// Naming one message of each file makes the linker keep the file; event payloads are shown as JSON.
std::vector<const google::protobuf::FileDescriptor*> Files() {
  return {request::v1::CreateOrganizationRequest::descriptor()->file(),
          request::v1::CreateSystemRequest::descriptor()->file(),
          request::v1::ImportCatalogRequest::descriptor()->file(),
          request::v1::ReportObservedVersionsRequest::descriptor()->file(),
          request::v1::CreateRequestRequest::descriptor()->file(),
          request::v1::BatchCreateRequestsRequest::descriptor()->file(),
          request::v1::CreateAttachmentRequest::descriptor()->file(),
          request::v1::CreateVendorNoticeRequest::descriptor()->file(),
          request::v1::CreateFeedbackRequest::descriptor()->file(),
          request::v1::GetWorkingCalendarRequest::descriptor()->file(),
          request::v1::GetCollectionRoundRequest::descriptor()->file(),
          request::v1::GetPriorityMatrixRequest::descriptor()->file(),
          request::v1::CreateChangeTemplateRequest::descriptor()->file(),
          evaluation::v1::GetEvaluationRequest::descriptor()->file(),
          scheduling::v1::GetPlanRequest::descriptor()->file(),
          scheduling::v1::CreateEvidenceRequest::descriptor()->file(),
          scheduling::v1::CreateWorkOrderRequest::descriptor()->file(),
          scheduling::v1::CheckDeploymentRequest::descriptor()->file(),
          audit::v1::CreateFilingRequest::descriptor()->file(),
          audit::v1::ExportBundleRequest::descriptor()->file(),
          audit::v1::GetVerificationStatusRequest::descriptor()->file(),
          audit::v1::GetCheckpointRequest::descriptor()->file(),
          audit::v1::GetOverviewRequest::descriptor()->file(),
          audit::v1::AddCosignatureRequest::descriptor()->file(),
          audit::v1::ExportEntriesRequest::descriptor()->file(),
          audit::v1::StreamChangeTrailRequest::descriptor()->file(),
          event::v1::EntriesExported::descriptor()->file(),
          audit::v1::ProposeRedactionRequest::descriptor()->file(),
          audit::v1::ListSourcesRequest::descriptor()->file(),
          event::v1::ChangeFiled::descriptor()->file(),
          event::v1::RedactionApplied::descriptor()->file(),
          event::v1::ChangeTemplateCreated::descriptor()->file(),
          event::v1::EvaluationOpened::descriptor()->file(),
          event::v1::CallDenied::descriptor()->file(),
          event::v1::CheckpointCosigned::descriptor()->file(),
          event::v1::SystemUpdated::descriptor()->file(),
          event::v1::RequestCreated::descriptor()->file(),
          event::v1::AttachmentAdded::descriptor()->file(),
          event::v1::VendorNoticePublished::descriptor()->file(),
          event::v1::FeedbackCreated::descriptor()->file(),
          event::v1::CollectionRoundOpened::descriptor()->file(),
          event::v1::RequestHeld::descriptor()->file(),
          event::v1::PlanDrafted::descriptor()->file()};
}

}  // namespace

std::vector<const google::protobuf::MethodDescriptor*> AllMethods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const auto* file : Files()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

absl::StatusOr<const google::protobuf::MethodDescriptor*> FindMethod(absl::string_view name) {
  std::vector<const google::protobuf::MethodDescriptor*> found;
  std::vector<std::string> similar;
  for (const auto* method : AllMethods()) {
    const std::string path = PathOf(*method).substr(1);
    if (path == name) return method;
    if (absl::EndsWith(path, absl::StrCat(".", name)) || method->name() == name) found.push_back(method);
    if (absl::StrContains(absl::AsciiStrToLower(path), absl::AsciiStrToLower(name)) ||
        absl::StrContains(name, method->name()))
      similar.push_back(path);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    similar.clear();
    for (const auto* method : found) similar.push_back(PathOf(*method).substr(1));
  }
  similar.resize(std::min<size_t>(similar.size(), 8));
  return absl::NotFoundError(absl::StrCat(found.empty() ? "no method is called " : "several methods are called ", name,
                                          similar.empty() ? "; `docketctl methods` lists all" : "; did you mean ",
                                          absl::StrJoin(similar, ", ")));
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

absl::Status FromJson(absl::string_view json, google::protobuf::Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(json), message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("not a ", message->GetDescriptor()->name(), ": ", std::string(status.message())));
}

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, bool indent) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indent;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("a ", message.GetDescriptor()->name(),
                                                   " cannot be shown as JSON: ", std::string(status.message())));
  }
  return json;
}

void FillRequestId(google::protobuf::Message* request) {
  SystemClock clock;
  FillRequestId(request, FormatUuid(UuidGenerator(clock).Next()));
}

void FillRequestId(google::protobuf::Message* request, const std::string& request_id) {
  const auto* field = request->GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING || field->is_repeated())
    return;
  if (request->GetReflection()->GetString(*request, field).empty())
    request->GetReflection()->SetString(request, field, request_id);
}

}  // namespace docket::ctl
