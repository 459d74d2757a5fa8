#include "services/audit/register_sources.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "docket/request/v1/directory_service.pb.h"
#include "docket/scheduling/v1/plan_service.pb.h"
#include "services/audit/log_source.h"

namespace docket::audit {
namespace {

constexpr char kGetPlan[] = "docket.scheduling.v1.PlanService/GetPlan";
constexpr char kGetOrganization[] = "docket.request.v1.DirectoryService/GetOrganization";
constexpr char kListAttachments[] = "docket.request.v1.AttachmentService/ListAttachments";
// A request has at most 50.
constexpr int kAttachmentsPerPage = 100;
constexpr absl::Duration kLimit = absl::Seconds(3);

// The service asks in its own name, also where no certificate says who it is.
rpc::CallOptions Within(const rpc::CallContext& context) {
  rpc::CallOptions options = rpc::CallOptions::Within(context, kLimit);
  common::v1::Principal& principal = options.principal.emplace();
  principal.set_name(std::string(kLogSource));
  principal.set_organization("organizations/-");
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return options;
}

}  // namespace

absl::StatusOr<scheduling::v1::Plan> RpcRegisterSources::GetPlan(const rpc::CallContext& context,
                                                                 const std::string& name) {
  scheduling::v1::GetPlanRequest request;
  request.set_name(name);
  return rpc::Call<scheduling::v1::Plan>(*scheduling_, kGetPlan, Within(context), request);
}

absl::StatusOr<OrganizationFacts> RpcRegisterSources::GetOrganization(const rpc::CallContext& context,
                                                                      const std::string& organization) {
  {
    absl::MutexLock lock(&mutex_);
    const auto known = organizations_.find(organization);
    if (known != organizations_.end()) return known->second;
  }
  request::v1::GetOrganizationRequest request;
  request.set_name(organization);
  DOCKET_ASSIGN_OR_RETURN(const auto answer,
                          rpc::Call<request::v1::Organization>(*request_, kGetOrganization, Within(context), request));
  OrganizationFacts facts{.title = answer.title(), .language_code = answer.language_code()};
  if (!absl::LoadTimeZone(answer.time_zone(), &facts.zone)) {
    return InternalError(absl::StrCat("this machine does not know the time zone ", answer.time_zone()));
  }
  absl::MutexLock lock(&mutex_);
  organizations_[organization] = facts;
  return facts;
}

absl::StatusOr<std::vector<common::v1::Document>> RpcRegisterSources::ListAttachments(const rpc::CallContext& context,
                                                                                      const std::string& name) {
  std::vector<common::v1::Document> documents;
  request::v1::ListAttachmentsRequest request;
  request.set_parent(name);
  request.set_page_size(kAttachmentsPerPage);
  do {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(const auto page, rpc::Call<request::v1::ListAttachmentsResponse>(
                                                 *request_, kListAttachments, Within(context), request));
    for (const request::v1::Attachment& attachment : page.attachments()) {
      if (attachment.state() != request::v1::Attachment::STATE_READY) continue;
      common::v1::Document& document = documents.emplace_back();
      document.set_title(attachment.file_name());
      document.set_uri(attachment.name());
      document.set_sha256(attachment.sha256());
      document.set_size_bytes(attachment.size_bytes());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return documents;
}

}  // namespace docket::audit
