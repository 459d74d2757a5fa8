#include "services/request/catalog_proto.h"

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

static_assert(static_cast<int>(SystemState::kRetired) == v1::System::STATE_RETIRED);

}  // namespace

v1::System ToProto(const System& system) {
  v1::System proto;
  proto.set_name(system.Name());
  proto.set_title(system.title);
  proto.set_description(system.description);
  proto.set_owner_department(DepartmentName(system.organization_id, system.owner_department_id));
  if (!system.vendor_id.empty()) proto.set_vendor(VendorName(system.organization_id, system.vendor_id));
  proto.set_criticality(static_cast<common::v1::Level>(system.criticality));
  proto.set_category(system.category);
  if (!system.environment.empty()) {
    proto.mutable_environment()->set_hardware(system.environment.hardware);
    proto.mutable_environment()->set_operating_system(system.environment.operating_system);
    proto.mutable_environment()->set_database(system.environment.database);
    proto.mutable_environment()->set_runtime(system.environment.runtime);
  }
  proto.set_installed_version(system.installed_version);
  for (const Component& component : system.components) {
    v1::System::Component* added = proto.add_components();
    added->set_id(component.id);
    added->set_title(component.title);
    added->set_installed_version(component.installed_version);
  }
  for (const Dependency& dependency : system.dependencies) {
    v1::System::Dependency* added = proto.add_dependencies();
    added->set_system(SystemName(system.organization_id, dependency.system_id));
    added->set_purpose(dependency.purpose);
  }
  proto.set_state(static_cast<v1::System::State>(system.state));
  *proto.mutable_create_time() = ToTimestamp(system.create_time);
  *proto.mutable_update_time() = ToTimestamp(system.update_time);
  proto.set_etag(EtagOf(system.revision));
  return proto;
}

System SystemFromProto(absl::string_view organization_id, absl::string_view id, const v1::System& proto,
                       absl::Time now) {
  System system;
  system.organization_id = std::string(organization_id);
  system.id = std::string(id);
  system.title = proto.title();
  system.description = proto.description();
  system.owner_department_id = LastId(proto.owner_department());
  system.vendor_id = LastId(proto.vendor());
  system.criticality = static_cast<Level>(proto.criticality());
  system.category = proto.category();
  system.environment = {.hardware = proto.environment().hardware(),
                        .operating_system = proto.environment().operating_system(),
                        .database = proto.environment().database(),
                        .runtime = proto.environment().runtime()};
  system.installed_version = proto.installed_version();
  for (const v1::System::Component& component : proto.components()) {
    system.components.push_back(
        {.id = component.id(), .title = component.title(), .installed_version = component.installed_version()});
  }
  for (const v1::System::Dependency& dependency : proto.dependencies()) {
    system.dependencies.push_back({.system_id = LastId(dependency.system()), .purpose = dependency.purpose()});
  }
  system.create_time = system.update_time = now;
  return system;
}

v1::InstalledVersion ToProto(const std::string& system, absl::string_view organization_id,
                             const InstalledVersion& version) {
  v1::InstalledVersion proto;
  proto.set_system(system);
  proto.set_component(version.component);
  proto.set_version(version.version);
  *proto.mutable_install_time() = ToTimestamp(version.install_time);
  if (!version.change_id.empty()) proto.set_change(RequestName(organization_id, FormatUuid(version.change_id)));
  return proto;
}

}  // namespace docket::request
