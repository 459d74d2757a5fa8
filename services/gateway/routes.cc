#include "services/gateway/routes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
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

namespace docket::gateway {

absl::StatusOr<Routes> Routes::Create() {
  const google::protobuf::FileDescriptor* const files[] = {
      request::v1::CreateSystemRequest::descriptor()->file(),
      request::v1::ImportCatalogRequest::descriptor()->file(),
      request::v1::ReportObservedVersionsRequest::descriptor()->file(),
      request::v1::CreateOrganizationRequest::descriptor()->file(),
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
      audit::v1::GetCheckpointRequest::descriptor()->file(),
      audit::v1::ListSourcesRequest::descriptor()->file(),
      audit::v1::CreateFilingRequest::descriptor()->file(),
      audit::v1::GetOverviewRequest::descriptor()->file(),
      audit::v1::AddCosignatureRequest::descriptor()->file(),
      audit::v1::ExportBundleRequest::descriptor()->file(),
      audit::v1::ExportEntriesRequest::descriptor()->file(),
      audit::v1::StreamChangeTrailRequest::descriptor()->file(),
      audit::v1::ProposeRedactionRequest::descriptor()->file(),
      audit::v1::GetVerificationStatusRequest::descriptor()->file(),
  };
  DOCKET_ASSIGN_OR_RETURN(MethodAccessTable table, MethodAccessTable::Create(files));
  return Routes(std::move(table));
}

Routes::Routes(MethodAccessTable table) : table_(std::move(table)) {
  for (const MethodAccess& access : table_.methods()) {
    // The package is docket.{backend}.v1.
    const std::vector<std::string> package = absl::StrSplit(access.descriptor->file()->package(), '.');
    routes_[access.path] = {.access = &access, .backend = package[1]};
  }
}

const Route* Routes::Find(absl::string_view path) const {
  const auto found = routes_.find(path);
  return found == routes_.end() ? nullptr : &found->second;
}

std::vector<const google::protobuf::ServiceDescriptor*> Routes::ServicesOf(absl::string_view backend) const {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const auto& [path, route] : routes_) {
    if (route.backend != backend) continue;
    const auto* service = route.access->descriptor->service();
    if (std::find(services.begin(), services.end(), service) == services.end()) services.push_back(service);
  }
  std::sort(services.begin(), services.end(),
            [](const auto* a, const auto* b) { return a->full_name() < b->full_name(); });
  return services;
}

}  // namespace docket::gateway
