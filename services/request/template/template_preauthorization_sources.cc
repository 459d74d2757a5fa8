#include "services/request/template/template_preauthorization_sources.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/directory_store.h"
#include "services/request/template/change_template_events.h"
#include "services/request/template/template_fit.h"

namespace docket::request {
namespace {

// The key of the template version that a request of this organisation names.
absl::StatusOr<TemplateVersionKey> KeyOf(const Request& request) {
  const std::optional<TemplateVersionKey> key = TemplateVersionKey::Of(request.form.template_name);
  if (key.has_value() && key->organization_id == request.organization_id) return *key;
  return BrokenReference(request.form.template_name);
}

}  // namespace

absl::StatusOr<std::string> TemplatePreauthorization::Pin(mysql::Transaction& tx, const Request& request,
                                                          absl::Time now) {
  DOCKET_ASSIGN_OR_RETURN(const TemplateVersionKey key, KeyOf(request));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplate> owner,
                          store_.LoadForReference(tx, key.organization_id, key.template_id));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplateVersion> version, store_.LoadVersion(tx, key));
  if (!owner.has_value() || !version.has_value()) return BrokenReference(request.form.template_name);
  DOCKET_RETURN_IF_ERROR(CheckTemplateFits(*version, request.form, now));
  return version->content_sha256;
}

absl::StatusOr<event::v1::RequestPreauthorized> TemplatePreauthorization::Preauthorize(mysql::Transaction& tx,
                                                                                       const Request& request) {
  DOCKET_ASSIGN_OR_RETURN(const TemplateVersionKey key, KeyOf(request));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplate> owner,
                          store_.LoadForReference(tx, key.organization_id, key.template_id));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplateVersion> version, store_.LoadVersion(tx, key));
  if (const std::string reason = WhyVoid(request, owner, version); !reason.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat("the request is not preauthorised any more: ", reason, "; return, decline or defer it"),
                 {{"resource", request.form.template_name}});
  }
  event::v1::RequestPreauthorized payload;
  payload.set_template_(request.form.template_name);
  payload.set_template_sha256(request.template_sha256);
  *payload.mutable_content() = PlanContentOf(*version);
  return payload;
}

std::string WhyVoid(const Request& request, const std::optional<ChangeTemplate>& owner,
                    const std::optional<ChangeTemplateVersion>& version) {
  if (request.form.kind != ChangeKind::kStandard) return "it is no standard change";
  if (request.template_sha256.empty()) return "it names no template that was approved when it was submitted";
  if (!owner.has_value() || !version.has_value()) return "its template version does not exist";
  if (owner->withdrawn_for_cause) {
    return absl::StrCat("its template was withdrawn for cause: ", owner->retire_reason);
  }
  // It was approved at submission, and nothing leads back from there.
  if (version->state != TemplateVersionState::kApproved && version->state != TemplateVersionState::kRetired) {
    return absl::StrCat("its template version is ", TemplateVersionStateName(version->state));
  }
  if (TemplateContentSha256(request.organization_id, version->content) != request.template_sha256) {
    return "its template version is not what it was when the request was submitted";
  }
  return "";
}

}  // namespace docket::request
