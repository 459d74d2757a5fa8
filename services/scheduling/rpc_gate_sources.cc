#include "services/scheduling/rpc_gate_sources.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/register_service.pb.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/evaluation/v1/evaluation_service.pb.h"
#include "docket/request/v1/change_template_service.pb.h"
#include "services/scheduling/scheduling_service.h"

namespace docket::scheduling {
namespace {

constexpr absl::string_view kCheckApproval = "docket.evaluation.v1.EvaluationService/CheckApproval";
constexpr absl::string_view kCheckPreauthorization = "docket.request.v1.ChangeTemplateService/CheckPreauthorization";
constexpr absl::string_view kListFilings = "docket.audit.v1.RegisterService/ListFilings";

// The service asks in its own name, also where no certificate says who it is.
rpc::CallOptions Within(const rpc::CallContext& context, absl::Duration limit) {
  rpc::CallOptions options = rpc::CallOptions::Within(context, limit);
  common::v1::Principal principal;
  principal.set_name(std::string(kSource));
  principal.set_organization("organizations/-");
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  options.principal = std::move(principal);
  return options;
}

}  // namespace

RpcGateSources::RpcGateSources(std::shared_ptr<rpc::Channel> evaluation, std::shared_ptr<rpc::Channel> request,
                               std::shared_ptr<rpc::Channel> audit, absl::Duration limit)
    : evaluation_(std::move(evaluation)), request_(std::move(request)), audit_(std::move(audit)), limit_(limit) {}

absl::StatusOr<EvaluationApproval> RpcGateSources::AskEvaluation(const rpc::CallContext& context, const Plan& plan) {
  evaluation::v1::CheckApprovalRequest question;
  question.set_name(plan.EvaluationName());
  DOCKET_ASSIGN_OR_RETURN(
      const evaluation::v1::ApprovalStatus answer,
      rpc::Call<evaluation::v1::ApprovalStatus>(*evaluation_, kCheckApproval, Within(context, limit_), question));
  return EvaluationApproval{
      .approved = answer.approved(), .reason = answer.reason(), .content_sha256 = answer.content_sha256()};
}

absl::StatusOr<Preauthorization> RpcGateSources::AskPreauthorization(const rpc::CallContext& context,
                                                                     const Plan& plan) {
  request::v1::CheckPreauthorizationRequest question;
  question.set_name(plan.RequestName());
  DOCKET_ASSIGN_OR_RETURN(const request::v1::PreauthorizationStatus answer,
                          rpc::Call<request::v1::PreauthorizationStatus>(*request_, kCheckPreauthorization,
                                                                         Within(context, limit_), question));
  return Preauthorization{.standing = answer.standing(),
                          .reason = answer.reason(),
                          .template_name = answer.template_(),
                          .template_sha256 = answer.template_sha256()};
}

absl::StatusOr<std::optional<LatestFiling>> RpcGateSources::AskRegister(const rpc::CallContext& context,
                                                                        const Plan& plan) {
  audit::v1::ListFilingsRequest question;
  question.set_parent(OrganizationName(plan.organization_id));
  // The register lists the newest first.
  question.set_page_size(1);
  question.set_filter(absl::StrCat("plan = \"", plan.Name(), "\""));
  DOCKET_ASSIGN_OR_RETURN(
      const audit::v1::ListFilingsResponse answer,
      rpc::Call<audit::v1::ListFilingsResponse>(*audit_, kListFilings, Within(context, limit_), question));
  if (answer.filings().empty()) return std::nullopt;
  const audit::v1::Filing& filing = answer.filings(0);
  return std::optional<LatestFiling>(
      LatestFiling{.number = filing.number(),
                   .acknowledged = filing.state() == audit::v1::Filing::STATE_ACKNOWLEDGED,
                   .plan_sha256 = filing.plan_sha256()});
}

}  // namespace docket::scheduling
