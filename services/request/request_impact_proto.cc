#include "services/request/request_impact_proto.h"

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "services/request/impact_page_service.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

// Half of what a message may have, and little enough for many of them in one transaction.
constexpr size_t kMaxBytes = size_t{2} << 20;

}  // namespace

v1::RequestImpact TakeImpact(const Request& request, const std::map<std::string, System>& systems,
                             const ImpactGraph& graph, absl::Time now) {
  std::set<std::string> changed;
  for (const VersionChange& target : request.form.targets) changed.insert(target.system_id);
  v1::RequestImpact proto;
  proto.set_request(request.Name());
  *proto.mutable_snapshot_time() = ToTimestamp(now);
  for (const std::string& id : changed) {
    const auto found = systems.find(id);
    if (found == systems.end()) continue;
    const System& system = found->second;
    v1::RequestImpact::Target* target = proto.add_targets();
    target->set_system(system.Name());
    target->set_title(system.title);
    target->set_owner_department(DepartmentName(system.organization_id, system.owner_department_id));
    target->set_criticality(static_cast<common::v1::Level>(system.criticality));
    target->set_installed_version(system.installed_version);
  }

  const Impact impact = AnalyzeImpact(graph, {changed.begin(), changed.end()});
  proto.set_total_size(static_cast<int>(impact.systems.size()));
  proto.set_truncated(impact.truncated);
  size_t bytes = 0;
  for (const ImpactedSystem& system : impact.systems) {
    v1::ImpactedSystem shown = ToProto(request.organization_id, impact, system);
    bytes += shown.ByteSizeLong();
    if (bytes > kMaxBytes) {
      proto.set_truncated(true);
      break;
    }
    *proto.add_systems() = std::move(shown);
  }
  return proto;
}

}  // namespace docket::request
