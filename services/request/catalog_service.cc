#include "services/request/catalog_service.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/events/event_recorder.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/catalog_proto.h"
#include "services/request/identifier_page.h"
#include "services/request/request_events.h"

namespace docket::request {
namespace {

// Where a list of installed versions goes on, from its token's key.
absl::StatusOr<InstalledVersionPosition> PositionFrom(const PageToken& token) {
  InstalledVersionPosition position;
  if (token.key.size() != 2 || !absl::SimpleAtoi(token.key[0], &position.revision)) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN, "the page token is damaged");
  }
  position.component = token.key[1];
  return position;
}

}  // namespace

void CatalogService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.CatalogService");
  table.Unary("docket.request.v1.CatalogService/CreateSystem", this, &CatalogService::CreateSystem);
  table.Unary("docket.request.v1.CatalogService/GetSystem", this, &CatalogService::GetSystem);
  table.Unary("docket.request.v1.CatalogService/ListSystems", this, &CatalogService::ListSystems);
  table.Unary("docket.request.v1.CatalogService/ListInstalledVersions", this, &CatalogService::ListInstalledVersions);
}

absl::StatusOr<v1::System> CatalogService::CreateSystem(const rpc::CallContext& context,
                                                        const v1::CreateSystemRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  return mutations_.Run<v1::System>(
      context, {.resource = SystemName(organization_id, call.system_id())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::System> {
        DOCKET_RETURN_IF_ERROR(directory_.RequireOrganization(tx, organization_id).status());
        const System system =
            SystemFromProto(organization_id, call.system_id(), call.system(), absl::FromUnixMicros(clock_.NowMicros()));
        DOCKET_RETURN_IF_ERROR(CheckReferences(tx, system));
        DOCKET_RETURN_IF_ERROR(store_.Insert(tx, system));
        v1::System reply = ToProto(system);
        event::v1::SystemCreated payload;
        payload.set_title(system.title);
        payload.set_owner_department(reply.owner_department());
        payload.set_installed_version(system.installed_version);
        recorder.Add(payload,
                     {.subject = reply.name(), .revision = system.revision, .after_sha256 = ContentSha256(reply)});
        return reply;
      });
}

absl::Status CatalogService::CheckReferences(mysql::Transaction& tx, const System& system) {
  DependencyGraph graph;
  std::vector<std::string> needed;
  for (const Dependency& dependency : system.dependencies) needed.push_back(dependency.system_id);
  if (!needed.empty()) {
    DOCKET_ASSIGN_OR_RETURN(graph, store_.LoadGraph(tx, system.organization_id));
  }
  DOCKET_RETURN_IF_ERROR(CheckNewSystem(system, std::move(graph)));
  DOCKET_RETURN_IF_ERROR(directory_.RequireDepartment(tx, system.organization_id, system.owner_department_id));
  DOCKET_RETURN_IF_ERROR(directory_.RequireVendor(tx, system.organization_id, system.vendor_id));
  DOCKET_ASSIGN_OR_RETURN(const auto found, store_.Load(tx, system.organization_id, needed, /*lock=*/false));
  for (const std::string& id : needed) {
    const auto one = found.find(id);
    if (one == found.end() || one->second.state != SystemState::kActive) {
      return BrokenReference(SystemName(system.organization_id, id));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::System> CatalogService::GetSystem(const rpc::CallContext& context,
                                                     const v1::GetSystemRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<System> found,
                          store_.Find(context.deadline(), OrganizationId(call.name()), LastId(call.name())));
  if (!found.has_value()) return NotFoundError(call.name());
  return ToProto(*found);
}

absl::StatusOr<v1::ListSystemsResponse> CatalogService::ListSystems(const rpc::CallContext& context,
                                                                    const v1::ListSystemsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const IdentifierPage page, IdentifierPage::Read("ListSystems", call, page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(std::vector<System> found,
                          store_.List(context.deadline(), OrganizationId(call.parent()), page.after, page.limit()));
  v1::ListSystemsResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_));
  for (const System& system : found) *reply.add_systems() = ToProto(system);
  return reply;
}

absl::StatusOr<v1::ListInstalledVersionsResponse> CatalogService::ListInstalledVersions(
    const rpc::CallContext& context, const v1::ListInstalledVersionsRequest& call) {
  FieldViolations violations;
  const size_t size = static_cast<size_t>(PageSize(call.page_size(), violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  const std::string query = QueryFingerprint({"ListInstalledVersions", call.parent()});
  std::optional<InstalledVersionPosition> after;
  if (!call.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, page_tokens_.Decode(call.page_token(), query));
    DOCKET_ASSIGN_OR_RETURN(after, PositionFrom(token));
  }
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(std::vector<InstalledVersion> found,
                          store_.ListInstalled(context.deadline(), organization_id, LastId(call.parent()), after,
                                               static_cast<int>(size) + 1));
  // Every system has the version it was entered with, so no row at all means no system.
  if (found.empty() && !after.has_value()) return NotFoundError(call.parent());
  v1::ListInstalledVersionsResponse reply;
  if (found.size() > size) {
    found.resize(size);
    reply.set_next_page_token(page_tokens_.Encode(
        {.key = {absl::StrCat(found.back().revision), found.back().component}, .fingerprint = query}));
  }
  for (const InstalledVersion& version : found) {
    *reply.add_installed_versions() = ToProto(call.parent(), organization_id, version);
  }
  return reply;
}

}  // namespace docket::request
