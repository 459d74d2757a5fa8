#include "services/request/template/change_template_service.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/page_token/page_fill.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/template/change_template_events.h"
#include "services/request/template/change_template_list_service.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/template_preauthorization_sources.h"

namespace docket::request {

void ChangeTemplateService::Register(rpc::MethodTable& table) {
  using Self = ChangeTemplateService;
  table.Service("docket.request.v1.ChangeTemplateService");
  table.Unary("docket.request.v1.ChangeTemplateService/CreateChangeTemplate", this, &Self::CreateChangeTemplate);
  table.Unary("docket.request.v1.ChangeTemplateService/GetChangeTemplate", this, &Self::GetChangeTemplate);
  table.Unary("docket.request.v1.ChangeTemplateService/ListChangeTemplates", this, &Self::ListChangeTemplates);
  table.Unary("docket.request.v1.ChangeTemplateService/RetireChangeTemplate", this, &Self::RetireChangeTemplate);
  table.Unary("docket.request.v1.ChangeTemplateService/ProposeChangeTemplateVersion", this,
              &Self::ProposeChangeTemplateVersion);
  table.Unary("docket.request.v1.ChangeTemplateService/GetChangeTemplateVersion", this,
              &Self::GetChangeTemplateVersion);
  table.Unary("docket.request.v1.ChangeTemplateService/ListChangeTemplateVersions", this,
              &Self::ListChangeTemplateVersions);
  table.Unary("docket.request.v1.ChangeTemplateService/ApproveChangeTemplateVersion", this,
              &Self::ApproveChangeTemplateVersion);
  table.Unary("docket.request.v1.ChangeTemplateService/RejectChangeTemplateVersion", this,
              &Self::RejectChangeTemplateVersion);
  table.Unary("docket.request.v1.ChangeTemplateService/CheckPreauthorization", this, &Self::CheckPreauthorization);
}

Attempt ChangeTemplateService::AttemptOf(const rpc::CallContext& context, absl::string_view etag) {
  return {.caller = context.principal().name(),
          .etag = std::string(etag),
          // Microseconds are all that the tables keep.
          .now = absl::FromUnixMicros(parts_.clock.NowMicros())};
}

absl::Status ChangeTemplateService::CheckTargetsExist(mysql::Transaction& tx, const std::string& organization_id,
                                                      const TemplateContent& content) {
  std::vector<std::string> ids;
  for (const TemplateTarget& target : content.targets) ids.push_back(target.system_id);
  DOCKET_ASSIGN_OR_RETURN(const auto systems, parts_.catalog.Load(tx, organization_id, ids, /*lock=*/false));
  for (const TemplateTarget& target : content.targets) {
    const auto system = systems.find(target.system_id);
    if (system == systems.end() || system->second.state != SystemState::kActive) {
      return BrokenReference(SystemName(organization_id, target.system_id));
    }
    if (target.component != "*" && !system->second.InstalledVersionOf(target.component).has_value()) {
      return BrokenReference(absl::StrCat(system->second.Name(), " component ", target.component));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ChangeTemplate> ChangeTemplateService::CreateChangeTemplate(
    const rpc::CallContext& context, const v1::CreateChangeTemplateRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  const Attempt by = AttemptOf(context, "");
  ChangeTemplate fresh = ChangeTemplate::Create(organization_id, call.change_template_id(), by);
  DOCKET_ASSIGN_OR_RETURN(const ChangeTemplateVersion first, fresh.Propose(by, ContentFromProto(call.version())));
  return parts_.mutations.Run<v1::ChangeTemplate>(
      context, {.resource = fresh.Name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::ChangeTemplate> {
        DOCKET_RETURN_IF_ERROR(parts_.directory.RequireOrganization(tx, organization_id).status());
        DOCKET_RETURN_IF_ERROR(CheckTargetsExist(tx, organization_id, first.content));
        DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, fresh));
        DOCKET_RETURN_IF_ERROR(parts_.store.InsertVersion(tx, first));
        RecordTemplateCreated(recorder, fresh);
        RecordVersionProposed(recorder, first, nullptr, fresh);
        return ToProto(fresh);
      });
}

absl::StatusOr<v1::ChangeTemplate> ChangeTemplateService::GetChangeTemplate(const rpc::CallContext& context,
                                                                            const v1::GetChangeTemplateRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplate> found,
                          parts_.store.Find(context.deadline(), OrganizationId(call.name()), LastId(call.name())));
  if (!found.has_value()) return NotFoundError(call.name());
  return ToProto(*found);
}

absl::StatusOr<v1::ListChangeTemplatesResponse> ChangeTemplateService::ListChangeTemplates(
    const rpc::CallContext& context, const v1::ListChangeTemplatesRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(TemplatePage page, TemplatePage::Read(call, parts_.page_tokens));
  v1::ListChangeTemplatesResponse reply;
  DOCKET_ASSIGN_OR_RETURN(
      const bool more,
      FillPage(
          page.size(), [&](int limit) { return parts_.store.List(context.deadline(), page.query(), limit); },
          [&](const ChangeTemplate& row) {
            page.Take(row);
            v1::ChangeTemplate& added = *reply.add_change_templates();
            added = ToProto(row);
            return added.ByteSizeLong();
          }));
  if (more) reply.set_next_page_token(page.NextToken(parts_.page_tokens));
  return reply;
}

absl::Status ChangeTemplateService::RetireOpenVersions(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                       const ChangeTemplate& retired) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<int> numbers, parts_.store.OpenVersions(tx, retired));
  // One at a time, because all of their contents at once could be a lot.
  for (const int number : numbers) {
    DOCKET_ASSIGN_OR_RETURN(std::optional<ChangeTemplateVersion> version,
                            parts_.store.LoadVersion(tx, retired.VersionKey(number)));
    if (!version.has_value()) continue;
    const ChangeTemplateVersion before = *version;
    retired.RetireVersion(*version);
    DOCKET_RETURN_IF_ERROR(parts_.store.SaveVersion(tx, *version, before.revision));
    RecordVersionRetired(recorder, before, *version, /*replaced_by=*/"");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ChangeTemplate> ChangeTemplateService::RetireChangeTemplate(
    const rpc::CallContext& context, const v1::RetireChangeTemplateRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return parts_.mutations.Run<v1::ChangeTemplate>(
      context, {.resource = call.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::ChangeTemplate> {
        DOCKET_ASSIGN_OR_RETURN(std::optional<ChangeTemplate> found,
                                parts_.store.LoadForUpdate(tx, OrganizationId(call.name()), LastId(call.name())));
        if (!found.has_value()) return NotFoundError(call.name());
        const ChangeTemplate before = *found;
        DOCKET_RETURN_IF_ERROR(found->Retire(by, call.reason(), call.for_cause()));
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *found, before.revision));
        DOCKET_RETURN_IF_ERROR(RetireOpenVersions(tx, recorder, *found));
        RecordTemplateRetired(recorder, before, *found);
        return ToProto(*found);
      });
}

absl::StatusOr<v1::ChangeTemplateVersion> ChangeTemplateService::ProposeChangeTemplateVersion(
    const rpc::CallContext& context, const v1::ProposeChangeTemplateVersionRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  const Attempt by = AttemptOf(context, call.etag());
  return parts_.mutations.Run<v1::ChangeTemplateVersion>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::ChangeTemplateVersion> {
        DOCKET_ASSIGN_OR_RETURN(std::optional<ChangeTemplate> owner,
                                parts_.store.LoadForUpdate(tx, organization_id, LastId(call.parent())));
        if (!owner.has_value()) return NotFoundError(call.parent());
        const ChangeTemplate before = *owner;
        DOCKET_ASSIGN_OR_RETURN(const ChangeTemplateVersion version,
                                owner->Propose(by, ContentFromProto(call.version())));
        DOCKET_RETURN_IF_ERROR(CheckTargetsExist(tx, organization_id, version.content));
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *owner, before.revision));
        DOCKET_RETURN_IF_ERROR(parts_.store.InsertVersion(tx, version));
        RecordVersionProposed(recorder, version, &before, *owner);
        return ToProto(version);
      });
}

absl::StatusOr<v1::ChangeTemplateVersion> ChangeTemplateService::GetChangeTemplateVersion(
    const rpc::CallContext& context, const v1::GetChangeTemplateVersionRequest& call) {
  const std::optional<TemplateVersionKey> key = TemplateVersionKey::Of(call.name());
  if (!key.has_value()) return NotFoundError(call.name());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplateVersion> found,
                          parts_.store.FindVersion(context.deadline(), *key));
  if (!found.has_value()) return NotFoundError(call.name());
  return ToProto(*found);
}

absl::StatusOr<v1::ListChangeTemplateVersionsResponse> ChangeTemplateService::ListChangeTemplateVersions(
    const rpc::CallContext& context, const v1::ListChangeTemplateVersionsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(TemplatePage page, TemplatePage::Read(call, parts_.page_tokens));
  // An empty page must mean that no version fits the filter, not that there is no template.
  DOCKET_ASSIGN_OR_RETURN(const std::optional<ChangeTemplate> owner,
                          parts_.store.Find(context.deadline(), OrganizationId(call.parent()), LastId(call.parent())));
  if (!owner.has_value()) return NotFoundError(call.parent());
  v1::ListChangeTemplateVersionsResponse reply;
  DOCKET_ASSIGN_OR_RETURN(
      const bool more,
      FillPage(
          page.size(), [&](int limit) { return parts_.store.ListVersions(context.deadline(), page.query(), limit); },
          [&](const ChangeTemplateVersion& row) {
            page.Take(row);
            v1::ChangeTemplateVersion& added = *reply.add_versions();
            added = ToProto(row);
            return added.ByteSizeLong();
          }));
  if (more) reply.set_next_page_token(page.NextToken(parts_.page_tokens));
  return reply;
}

absl::StatusOr<v1::ChangeTemplateVersion> ChangeTemplateService::DecideVersion(const rpc::CallContext& context,
                                                                               const std::string& name, Decide decide) {
  const std::optional<TemplateVersionKey> key = TemplateVersionKey::Of(name);
  if (!key.has_value()) return NotFoundError(name);
  return parts_.mutations.Run<v1::ChangeTemplateVersion>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::ChangeTemplateVersion> {
        // The template is held first, always, and with it all of its versions.
        DOCKET_ASSIGN_OR_RETURN(std::optional<ChangeTemplate> owner,
                                parts_.store.LoadForUpdate(tx, key->organization_id, key->template_id));
        DOCKET_ASSIGN_OR_RETURN(std::optional<ChangeTemplateVersion> version, parts_.store.LoadVersion(tx, *key));
        if (!owner.has_value() || !version.has_value()) return NotFoundError(name);
        const int64_t owner_revision = owner->revision;
        const int64_t version_revision = version->revision;
        DOCKET_RETURN_IF_ERROR(decide(tx, recorder, *owner, *version));
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *owner, owner_revision));
        DOCKET_RETURN_IF_ERROR(parts_.store.SaveVersion(tx, *version, version_revision));
        return ToProto(*version);
      });
}

absl::StatusOr<v1::ChangeTemplateVersion> ChangeTemplateService::ApproveChangeTemplateVersion(
    const rpc::CallContext& context, const v1::ApproveChangeTemplateVersionRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return DecideVersion(
      context, call.name(),
      [&](mysql::Transaction& tx, events::EventRecorder& recorder, ChangeTemplate& owner,
          ChangeTemplateVersion& version) -> absl::Status {
        std::optional<ChangeTemplateVersion> replaced;
        if (owner.approved_version != 0) {
          DOCKET_ASSIGN_OR_RETURN(replaced, parts_.store.LoadVersion(tx, owner.VersionKey(owner.approved_version)));
        }
        const std::optional<ChangeTemplateVersion> replaced_before = replaced;
        const ChangeTemplate owner_before = owner;
        const ChangeTemplateVersion before = version;
        DOCKET_RETURN_IF_ERROR(owner.Approve(by, version, replaced.has_value() ? &*replaced : nullptr));
        if (replaced.has_value()) {
          DOCKET_RETURN_IF_ERROR(parts_.store.SaveVersion(tx, *replaced, replaced_before->revision));
          RecordVersionRetired(recorder, *replaced_before, *replaced, version.Name());
        }
        RecordVersionApproved(recorder, call.comment(), before, version, owner_before, owner);
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::ChangeTemplateVersion> ChangeTemplateService::RejectChangeTemplateVersion(
    const rpc::CallContext& context, const v1::RejectChangeTemplateVersionRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return DecideVersion(context, call.name(),
                       [&](mysql::Transaction&, events::EventRecorder& recorder, ChangeTemplate& owner,
                           ChangeTemplateVersion& version) -> absl::Status {
                         const ChangeTemplateVersion before = version;
                         DOCKET_RETURN_IF_ERROR(owner.Reject(by, call.reason(), version));
                         RecordVersionRejected(recorder, before, version);
                         return absl::OkStatus();
                       });
}

absl::StatusOr<v1::PreauthorizationStatus> ChangeTemplateService::CheckPreauthorization(
    const rpc::CallContext& context, const v1::CheckPreauthorizationRequest& call) {
  const std::optional<std::string> id = ParseUuid(LastId(call.name()));
  if (!id.has_value()) return NotFoundError(call.name());
  const absl::Time deadline = context.deadline();
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Request> request,
                          parts_.requests.Find(deadline, OrganizationId(call.name()), *id));
  if (!request.has_value() || !request->VisibleTo(context.principal().name())) return NotFoundError(call.name());
  std::optional<ChangeTemplate> owner;
  std::optional<ChangeTemplateVersion> version;
  if (const auto key = TemplateVersionKey::Of(request->form.template_name); key.has_value()) {
    // The version first: a withdrawal that commits in between is then seen in its template.
    DOCKET_ASSIGN_OR_RETURN(version, parts_.store.FindVersion(deadline, *key));
    DOCKET_ASSIGN_OR_RETURN(owner, parts_.store.Find(deadline, key->organization_id, key->template_id));
  }
  v1::PreauthorizationStatus reply;
  reply.set_request(call.name());
  reply.set_reason(WhyVoid(*request, owner, version));
  if (reply.reason().empty() && !request->IsPreauthorized()) {
    reply.set_reason(absl::StrCat("the request is ", RequestStateName(request->state)));
  }
  reply.set_standing(reply.reason().empty());
  reply.set_template_(request->form.template_name);
  reply.set_template_sha256(absl::BytesToHexString(request->template_sha256));
  return reply;
}

}  // namespace docket::request
