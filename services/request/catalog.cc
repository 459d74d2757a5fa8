#include "services/request/catalog.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

// `organizations/acme/systems/erp`, with `/components/db` where a component is meant.
std::string TargetName(absl::string_view organization_id, const VersionChange& target) {
  const std::string system = SystemName(organization_id, target.system_id);
  return target.component.empty() ? system : absl::StrCat(system, "/components/", target.component);
}

}  // namespace

std::string System::Name() const { return SystemName(organization_id, id); }

std::optional<std::string> System::InstalledVersionOf(absl::string_view component) const {
  if (component.empty()) return installed_version;
  for (const Component& one : components) {
    if (one.id == component) return one.installed_version;
  }
  return std::nullopt;
}

absl::StatusOr<bool> System::Install(absl::string_view component, absl::string_view version, absl::Time now) {
  std::string* place = component.empty() ? &installed_version : nullptr;
  for (Component& one : components) {
    if (!component.empty() && one.id == component) place = &one.installed_version;
  }
  if (place == nullptr) return NotFoundError(absl::StrCat(Name(), "/components/", component));
  if (*place == version) return false;
  *place = std::string(version);
  update_time = now;
  ++revision;
  return true;
}

std::vector<std::string> FindCycle(const DependencyGraph& graph, const std::string& start) {
  // Breadth first, so that the way reported is a shortest one; `from` says how each system was reached.
  std::map<std::string, std::string> from;
  std::vector<std::string> frontier = {start};
  while (!frontier.empty()) {
    std::vector<std::string> next;
    for (const std::string& system : frontier) {
      const auto edges = graph.find(system);
      if (edges == graph.end()) continue;
      for (const std::string& needed : edges->second) {
        if (needed == start) {
          std::vector<std::string> way = {start};
          for (std::string at = system; at != start; at = from[at]) way.push_back(at);
          way.push_back(start);
          std::reverse(way.begin(), way.end());
          return way;
        }
        if (from.emplace(needed, system).second) next.push_back(needed);
      }
    }
    frontier = std::move(next);
  }
  return {};
}

absl::Status CheckNewSystem(const System& system, DependencyGraph graph) {
  FieldViolations violations;
  std::set<std::string> components;
  for (size_t i = 0; i < system.components.size(); ++i) {
    violations.Require(components.insert(system.components[i].id).second, absl::StrCat("system.components[", i, "].id"),
                       "is the id of an earlier component");
  }
  std::set<std::string> dependencies;
  for (size_t i = 0; i < system.dependencies.size(); ++i) {
    const std::string& needed = system.dependencies[i].system_id;
    const std::string path = absl::StrCat("system.dependencies[", i, "].system");
    if (!dependencies.insert(needed).second) {
      violations.Add(path, "is an earlier dependency already");
      continue;
    }
    graph[system.id] = {needed};
    const std::vector<std::string> cycle = FindCycle(graph, system.id);
    violations.Require(cycle.empty(), path, absl::StrCat("closes a cycle: ", absl::StrJoin(cycle, " needs ")));
  }
  return violations.ToStatus();
}

absl::Status CheckTargets(absl::string_view organization_id, const std::vector<VersionChange>& targets,
                          const std::map<std::string, System>& systems) {
  std::vector<std::string> broken;
  std::vector<std::string> mismatched, from_versions, installed_versions;
  for (const VersionChange& target : targets) {
    const auto system = systems.find(target.system_id);
    if (system == systems.end() || system->second.state != SystemState::kActive) {
      broken.push_back(SystemName(organization_id, target.system_id));
      continue;
    }
    const std::optional<std::string> installed = system->second.InstalledVersionOf(target.component);
    if (!installed.has_value()) {
      broken.push_back(TargetName(organization_id, target));
    } else if (*installed != target.from_version) {
      mismatched.push_back(TargetName(organization_id, target));
      from_versions.push_back(target.from_version);
      installed_versions.push_back(*installed);
    }
  }
  if (!broken.empty()) {
    const std::string names = absl::StrJoin(broken, ", ");
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat("not in the catalogue, or retired: ", names), {{"resource", names}});
  }
  if (!mismatched.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH,
                 "a from_version is not the version that the catalogue shows as installed",
                 {{"resource", absl::StrJoin(mismatched, ", ")},
                  {"from_version", absl::StrJoin(from_versions, ", ")},
                  {"installed_version", absl::StrJoin(installed_versions, ", ")}});
  }
  return absl::OkStatus();
}

}  // namespace docket::request
