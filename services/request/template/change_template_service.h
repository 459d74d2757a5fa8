// Serves docket.request.v1.ChangeTemplateService.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/request_store.h"
#include "services/request/template/change_template_store.h"

namespace docket::request {

class ChangeTemplateService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    ChangeTemplateStore& store;
    RequestStore& requests;
    DirectoryStore& directory;
    CatalogStore& catalog;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
  };

  explicit ChangeTemplateService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::ChangeTemplate> CreateChangeTemplate(const rpc::CallContext& context,
                                                          const v1::CreateChangeTemplateRequest& call);
  absl::StatusOr<v1::ChangeTemplate> GetChangeTemplate(const rpc::CallContext& context,
                                                       const v1::GetChangeTemplateRequest& call);
  absl::StatusOr<v1::ListChangeTemplatesResponse> ListChangeTemplates(const rpc::CallContext& context,
                                                                      const v1::ListChangeTemplatesRequest& call);
  absl::StatusOr<v1::ChangeTemplate> RetireChangeTemplate(const rpc::CallContext& context,
                                                          const v1::RetireChangeTemplateRequest& call);
  absl::StatusOr<v1::ChangeTemplateVersion> ProposeChangeTemplateVersion(
      const rpc::CallContext& context, const v1::ProposeChangeTemplateVersionRequest& call);
  absl::StatusOr<v1::ChangeTemplateVersion> GetChangeTemplateVersion(const rpc::CallContext& context,
                                                                     const v1::GetChangeTemplateVersionRequest& call);
  absl::StatusOr<v1::ListChangeTemplateVersionsResponse> ListChangeTemplateVersions(
      const rpc::CallContext& context, const v1::ListChangeTemplateVersionsRequest& call);
  absl::StatusOr<v1::ChangeTemplateVersion> ApproveChangeTemplateVersion(
      const rpc::CallContext& context, const v1::ApproveChangeTemplateVersionRequest& call);
  absl::StatusOr<v1::ChangeTemplateVersion> RejectChangeTemplateVersion(
      const rpc::CallContext& context, const v1::RejectChangeTemplateVersionRequest& call);
  absl::StatusOr<v1::PreauthorizationStatus> CheckPreauthorization(const rpc::CallContext& context,
                                                                   const v1::CheckPreauthorizationRequest& call);

  Attempt AttemptOf(const rpc::CallContext& context, absl::string_view etag);
  // Every system and component that the targets name must be in the catalogue.
  absl::Status CheckTargetsExist(mysql::Transaction& tx, const std::string& organization_id,
                                 const TemplateContent& content);

  // What is proposed or approved retires with its template, each with its own event.
  absl::Status RetireOpenVersions(mysql::Transaction& tx, events::EventRecorder& recorder,
                                  const ChangeTemplate& retired);

  // Decides on `version`, which is as loaded, and reports it.
  using Decide = absl::FunctionRef<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                ChangeTemplate& owner, ChangeTemplateVersion& version)>;
  // Load, decide, save, reply.
  absl::StatusOr<v1::ChangeTemplateVersion> DecideVersion(const rpc::CallContext& context, const std::string& name,
                                                          Decide decide);

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_SERVICE_H_
