#include "services/request/catalog_service.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access_check.h"
#include "common/events/event_recorder.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/catalog_list_service.h"
#include "services/request/catalog_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/impact.h"
#include "services/request/impact_page_service.h"
#include "services/request/installed_version_list_service.h"
#include "services/request/vendor_view_service.h"

namespace docket::request {

namespace {

// To a vendor without what its systems need: those systems are others'.
v1::System Shown(const System& system, const rpc::CallContext& context) {
  v1::System shown = ToProto(system);
  if (HasRole(context.principal(), common::v1::ROLE_VENDOR)) shown.clear_dependencies();
  return shown;
}

}  // namespace

void CatalogService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.CatalogService");
  table.Unary("docket.request.v1.CatalogService/CreateSystem", this, &CatalogService::CreateSystem);
  table.Unary("docket.request.v1.CatalogService/GetSystem", this, &CatalogService::GetSystem);
  table.Unary("docket.request.v1.CatalogService/ListSystems", this, &CatalogService::ListSystems);
  table.Unary("docket.request.v1.CatalogService/UpdateSystem", this, &CatalogService::UpdateSystem);
  table.Unary("docket.request.v1.CatalogService/RetireSystem", this, &CatalogService::RetireSystem);
  table.Unary("docket.request.v1.CatalogService/ReinstateSystem", this, &CatalogService::ReinstateSystem);
  table.Unary("docket.request.v1.CatalogService/AnalyzeImpact", this, &CatalogService::AnalyzeImpact);
  table.Unary("docket.request.v1.CatalogService/ListInstalledVersions", this, &CatalogService::ListInstalledVersions);
}

absl::StatusOr<v1::System> CatalogService::CreateSystem(const rpc::CallContext& context,
                                                        const v1::CreateSystemRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::System>(
      context, {.resource = SystemName(organization_id, call.system_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::System> {
        DOCKET_ASSIGN_OR_RETURN(const System system,
                                edits_.Enter(tx, recorder,
                                             SystemFromProto(organization_id, call.system_id(), call.system(),
                                                             absl::FromUnixMicros(clock_.NowMicros()))));
        return ToProto(system);
      });
}

absl::StatusOr<v1::System> CatalogService::UpdateSystem(const rpc::CallContext& context,
                                                        const v1::UpdateSystemRequest& call) {
  DOCKET_RETURN_IF_ERROR(RequireEtag(call.system().etag(), "system.etag"));
  const std::string& name = call.system().name();
  const auto edit = [&](const System& current) {
    v1::System proto = ToProto(current);
    ApplyUpdate(call.system(), call.update_mask(), &proto);
    return SystemFromProto(current.organization_id, current.id, proto, current.create_time);
  };
  return mutations_.Run<v1::System>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::System> {
        DOCKET_ASSIGN_OR_RETURN(const Edited<System> edited,
                                edits_.Update(tx, recorder, name, call.system().etag(),
                                              UpdateNames(call.system(), call.update_mask(), "dependencies"), edit));
        return ToProto(edited.record);
      });
}

absl::StatusOr<v1::System> CatalogService::RetireSystem(const rpc::CallContext& context,
                                                        const v1::RetireSystemRequest& call) {
  return mutations_.Run<v1::System>(
      context, {.resource = call.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::System> {
        DOCKET_ASSIGN_OR_RETURN(const System system,
                                edits_.Retire(tx, recorder, call.name(), call.etag(), call.reason()));
        return ToProto(system);
      });
}

absl::StatusOr<v1::System> CatalogService::ReinstateSystem(const rpc::CallContext& context,
                                                           const v1::ReinstateSystemRequest& call) {
  return mutations_.Run<v1::System>(
      context, {.resource = call.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::System> {
        DOCKET_ASSIGN_OR_RETURN(const System system,
                                edits_.Reinstate(tx, recorder, call.name(), call.etag(), call.reason()));
        return ToProto(system);
      });
}

absl::StatusOr<System> CatalogService::FindVisible(const rpc::CallContext& context, const std::string& name) {
  const std::string organization_id = OrganizationId(name);
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> acting, ActingVendor(context, directory_, organization_id));
  DOCKET_ASSIGN_OR_RETURN(std::optional<System> found, store_.Find(context.deadline(), organization_id, LastId(name)));
  if (!found.has_value()) return NotFoundError(name);
  // Someone of no vendor sees nothing, systems of no vendor included.
  if (acting.has_value() && (acting->empty() || *acting != found->vendor_id)) return NotFoundError(name);
  return *std::move(found);
}

absl::StatusOr<v1::System> CatalogService::GetSystem(const rpc::CallContext& context,
                                                     const v1::GetSystemRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const System system, FindVisible(context, call.name()));
  return Shown(system, context);
}

absl::StatusOr<v1::ListSystemsResponse> CatalogService::ListSystems(const rpc::CallContext& context,
                                                                    const v1::ListSystemsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> acting, ActingVendor(context, directory_, organization_id));
  const std::string vendor_id = acting.value_or("");
  DOCKET_ASSIGN_OR_RETURN(ListPage page,
                          ListPage::Read(ListCallOf("ListSystems", call, vendor_id),
                                         SystemSchema(organization_id, acting.has_value()), "name", page_tokens_));
  v1::ListSystemsResponse reply;
  if (acting.has_value() && vendor_id.empty()) return reply;
  if (acting.has_value()) page.Require("vendor", "vendor_id", vendor_id);
  DOCKET_ASSIGN_OR_RETURN(std::vector<System> found, store_.List(context.deadline(), organization_id, page));
  reply.set_next_page_token(page.Trim(found, page_tokens_, SystemKey));
  for (const System& system : found) *reply.add_systems() = Shown(system, context);
  return reply;
}

absl::StatusOr<v1::AnalyzeImpactResponse> CatalogService::AnalyzeImpact(const rpc::CallContext& context,
                                                                        const v1::AnalyzeImpactRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  std::vector<std::string> changed;
  for (const std::string& name : call.systems()) changed.push_back(LastId(name));
  DOCKET_ASSIGN_OR_RETURN(const ImpactPage page, ImpactPage::Read(call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(const auto found, store_.FindAll(context.deadline(), organization_id, changed));
  for (const std::string& id : changed) {
    if (!found.contains(id)) return NotFoundError(SystemName(organization_id, id));
  }
  DOCKET_ASSIGN_OR_RETURN(const ImpactGraph graph, store_.FindImpactGraph(context.deadline(), organization_id));
  return page.Of(organization_id, request::AnalyzeImpact(graph, changed), page_tokens_);
}

absl::StatusOr<v1::ListInstalledVersionsResponse> CatalogService::ListInstalledVersions(
    const rpc::CallContext& context, const v1::ListInstalledVersionsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadInstalledVersionPage(call, page_tokens_));
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(std::vector<InstalledVersion> found,
                          store_.ListInstalled(context.deadline(), organization_id, LastId(call.parent()), page));
  // Whoever may see any system is spared the look where there is something to show.
  if (found.empty() || HasRole(context.principal(), common::v1::ROLE_VENDOR)) {
    DOCKET_RETURN_IF_ERROR(FindVisible(context, call.parent()).status());
  }
  v1::ListInstalledVersionsResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_, InstalledVersionKey));
  for (const InstalledVersion& version : found) {
    *reply.add_installed_versions() = ToProto(call.parent(), organization_id, version);
  }
  return reply;
}

}  // namespace docket::request
