#include "services/request/catalog_edit_service.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/catalog_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/in_use.h"
#include "services/request/request_events.h"
#include "services/request/request_target_store.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

std::vector<std::string> NeededBy(const System& system) {
  std::vector<std::string> ids;
  for (const Dependency& dependency : system.dependencies) ids.push_back(dependency.system_id);
  return ids;
}

void ReportEdit(events::EventRecorder& recorder, const google::protobuf::Message& payload, const System& before,
                const System& after, absl::string_view reason) {
  const v1::System old_proto = ToProto(before), new_proto = ToProto(after);
  events::EventFacts facts{.subject = new_proto.name(),
                           .revision = after.revision,
                           .reason = std::string(reason),
                           .before_sha256 = ContentSha256(old_proto),
                           .after_sha256 = ContentSha256(new_proto),
                           .changes = FieldChanges(old_proto, new_proto),
                           .systems = {new_proto.name()}};
  if (before.state != after.state) {
    facts.changes.push_back(
        {"state", v1::System::State_Name(old_proto.state()), v1::System::State_Name(new_proto.state())});
  }
  recorder.Add(payload, facts);
}

}  // namespace

absl::StatusOr<System> CatalogEdits::Enter(mysql::Transaction& tx, events::EventRecorder& recorder, System system) {
  DOCKET_RETURN_IF_ERROR(directory_.RequireOrganization(tx, system.organization_id).status());
  DOCKET_RETURN_IF_ERROR(CheckParts(system));
  DOCKET_ASSIGN_OR_RETURN(const int64_t systems, store_.BeginGraphEdit(tx, system.organization_id, 1));
  DOCKET_RETURN_IF_ERROR(JoinOwners(tx, nullptr, system));
  // Nobody needs a system that is not there yet, so the only cycle is from itself to itself.
  DOCKET_ASSIGN_OR_RETURN(DependencyGraph around,
                          store_.LoadAround(tx, system.organization_id, system.id, NeededBy(system)));
  DOCKET_RETURN_IF_ERROR(CheckDependencies(system, std::move(around)));
  DOCKET_RETURN_IF_ERROR(CheckNeeded(tx, system));
  if (systems > kMaxSystems) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                 absl::StrCat("the organisation has ", kMaxSystems, " systems already"),
                 {{"limit", absl::StrCat(kMaxSystems)}});
  }
  DOCKET_RETURN_IF_ERROR(store_.Insert(tx, system));
  const v1::System proto = ToProto(system);
  event::v1::SystemCreated payload;
  payload.set_title(system.title);
  payload.set_owner_department(proto.owner_department());
  payload.set_installed_version(system.installed_version);
  recorder.Add(payload, {.subject = proto.name(),
                         .revision = system.revision,
                         .after_sha256 = ContentSha256(proto),
                         .systems = {proto.name()}});
  return system;
}

absl::StatusOr<Edited<System>> CatalogEdits::Update(mysql::Transaction& tx, events::EventRecorder& recorder,
                                                    const std::string& name, absl::string_view etag,
                                                    bool moves_dependencies,
                                                    absl::FunctionRef<System(const System&)> edit) {
  const std::string organization_id = OrganizationId(name);
  if (moves_dependencies) DOCKET_RETURN_IF_ERROR(store_.BeginGraphEdit(tx, organization_id, 0).status());
  DOCKET_ASSIGN_OR_RETURN(const System before, Load(tx, name, etag));
  System edited = edit(before);
  std::map<std::string, std::string> last_versions;
  for (const std::string& added : before.AddedComponents(edited)) {
    DOCKET_ASSIGN_OR_RETURN(const std::optional<InstalledVersion> last,
                            store_.LastInstalled(tx, organization_id, before.id, added));
    if (last.has_value()) last_versions[added] = last->version;
  }
  System system = before;
  DOCKET_ASSIGN_OR_RETURN(const bool changed, system.Edit(std::move(edited), last_versions, Now()));
  if (!changed) return Edited<System>{.record = before, .changed = false};
  DOCKET_RETURN_IF_ERROR(JoinOwners(tx, &before, system));
  DOCKET_RETURN_IF_ERROR(CheckRemovals(tx, before, system));
  if (system.dependencies != before.dependencies) {
    if (!moves_dependencies) return InternalError("dependencies were edited without holding the graph");
    DOCKET_ASSIGN_OR_RETURN(DependencyGraph around,
                            store_.LoadAround(tx, organization_id, system.id, NeededBy(system)));
    DOCKET_RETURN_IF_ERROR(CheckDependencies(system, std::move(around)));
    DOCKET_RETURN_IF_ERROR(CheckNeeded(tx, system));
  }
  DOCKET_RETURN_IF_ERROR(store_.SaveEdited(tx, before, system));
  event::v1::SystemUpdated payload;
  payload.set_title(system.title);
  ReportEdit(recorder, payload, before, system, "");
  return Edited<System>{.record = std::move(system), .changed = true};
}

absl::StatusOr<System> CatalogEdits::Retire(mysql::Transaction& tx, events::EventRecorder& recorder,
                                            const std::string& name, absl::string_view etag, absl::string_view reason) {
  const std::string organization_id = OrganizationId(name);
  DOCKET_RETURN_IF_ERROR(store_.BeginGraphEdit(tx, organization_id, 0).status());
  DOCKET_ASSIGN_OR_RETURN(const System before, Load(tx, name, etag));
  System system = before;
  DOCKET_RETURN_IF_ERROR(system.Retire(Now()));
  DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> needing,
                          store_.LoadActiveNeeding(tx, organization_id, system.id, kMaxUsersListed));
  for (std::string& id : needing) id = SystemName(organization_id, id);
  if (!needing.empty()) return InUse("active systems need it; change or retire them first", needing);
  DOCKET_RETURN_IF_ERROR(store_.SaveEdited(tx, before, system));
  event::v1::SystemRetired payload;
  payload.set_title(system.title);
  ReportEdit(recorder, payload, before, system, reason);
  return system;
}

absl::StatusOr<System> CatalogEdits::Reinstate(mysql::Transaction& tx, events::EventRecorder& recorder,
                                               const std::string& name, absl::string_view etag,
                                               absl::string_view reason) {
  DOCKET_RETURN_IF_ERROR(store_.BeginGraphEdit(tx, OrganizationId(name), 0).status());
  DOCKET_ASSIGN_OR_RETURN(const System before, Load(tx, name, etag));
  System system = before;
  DOCKET_RETURN_IF_ERROR(system.Reinstate(Now()));
  DOCKET_RETURN_IF_ERROR(JoinOwners(tx, nullptr, system));
  DOCKET_RETURN_IF_ERROR(CheckNeeded(tx, system));
  DOCKET_RETURN_IF_ERROR(store_.SaveEdited(tx, before, system));
  event::v1::SystemReinstated payload;
  payload.set_title(system.title);
  ReportEdit(recorder, payload, before, system, reason);
  return system;
}

absl::StatusOr<System> CatalogEdits::Load(mysql::Transaction& tx, const std::string& name, absl::string_view etag) {
  DOCKET_ASSIGN_OR_RETURN(std::optional<System> system, store_.LoadForUpdate(tx, OrganizationId(name), LastId(name)));
  if (!system.has_value()) return NotFoundError(name);
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, system->revision));
  return *std::move(system);
}

absl::Status CatalogEdits::JoinOwners(mysql::Transaction& tx, const System* before, const System& system) {
  if (before == nullptr || before->owner_department_id != system.owner_department_id) {
    DOCKET_RETURN_IF_ERROR(directory_.JoinDepartment(tx, system.organization_id, system.owner_department_id));
  }
  if (before != nullptr && before->vendor_id == system.vendor_id) return absl::OkStatus();
  return directory_.JoinVendor(tx, system.organization_id, system.vendor_id);
}

absl::Status CatalogEdits::CheckNeeded(mysql::Transaction& tx, const System& system) {
  const std::vector<std::string> needed = NeededBy(system);
  DOCKET_ASSIGN_OR_RETURN(const auto found, store_.Load(tx, system.organization_id, needed, /*lock=*/false));
  for (const std::string& id : needed) {
    const auto one = found.find(id);
    const std::string name = SystemName(system.organization_id, id);
    if (one == found.end()) return BrokenReference(name);
    if (system.state == SystemState::kActive && one->second.state != SystemState::kActive) {
      return RetiredReference(name);
    }
  }
  return absl::OkStatus();
}

absl::Status CatalogEdits::CheckRemovals(mysql::Transaction& tx, const System& before, const System& edited) {
  for (const std::string& removed : before.RemovedComponents(edited)) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> requests,
                            RequestsOnTheirWay(tx, before.organization_id, before.id, removed, kMaxUsersListed));
    if (!requests.empty()) {
      return InUse(absl::StrCat("requests on their way target the component ", removed), requests);
    }
  }
  return absl::OkStatus();
}

}  // namespace docket::request
