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

absl::Status WrongState(const System& system, absl::string_view state, absl::string_view allowed) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat(system.Name(), " is ", state, "; this needs it to be ", allowed),
               {{"state", std::string(state)}, {"allowed_states", std::string(allowed)}});
}

// The error, with every field that it is about.
absl::Status Listing(const FieldViolations& violations, absl::Status error) {
  violations.ToStatus().ForEachPayload([&](absl::string_view type, const absl::Cord& detail) {
    if (!error.GetPayload(type).has_value()) error.SetPayload(type, detail);
  });
  return error;
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

std::vector<std::string> System::AddedComponents(const System& edited) const {
  std::vector<std::string> added;
  for (const Component& one : edited.components) {
    if (!one.id.empty() && !InstalledVersionOf(one.id).has_value()) added.push_back(one.id);
  }
  return added;
}

std::vector<std::string> System::RemovedComponents(const System& edited) const { return edited.AddedComponents(*this); }

absl::StatusOr<bool> System::Edit(System edited, const std::map<std::string, std::string>& last_versions,
                                  absl::Time now) {
  absl::Status status = CheckParts(edited);
  if (!status.ok()) return status;
  FieldViolations violations;
  violations.Require(edited.installed_version == installed_version, "system.installed_version",
                     absl::StrCat("is ", installed_version, " and changes through an accepted change only"));
  for (size_t i = 0; i < edited.components.size(); ++i) {
    const Component& component = edited.components[i];
    std::optional<std::string> shown = InstalledVersionOf(component.id);
    const auto last = last_versions.find(component.id);
    if (!shown.has_value() && last != last_versions.end()) shown = last->second;
    if (!shown.has_value() || *shown == component.installed_version) continue;
    violations.Add(absl::StrCat("system.components[", i, "].installed_version"),
                   absl::StrCat("is ", *shown, " and changes through an accepted change only"));
  }
  status = violations.ToStatus();
  if (!status.ok()) return status;

  // What is not the editor's stays, so that the rest can be compared and taken over whole.
  edited.organization_id = organization_id;
  edited.id = id;
  edited.state = state;
  edited.create_time = create_time;
  edited.update_time = update_time;
  edited.revision = revision;
  if (edited == *this) return false;
  *this = std::move(edited);
  update_time = now;
  ++revision;
  return true;
}

absl::Status System::Retire(absl::Time now) {
  if (state != SystemState::kActive) return WrongState(*this, "RETIRED", "ACTIVE");
  state = SystemState::kRetired;
  update_time = now;
  ++revision;
  return absl::OkStatus();
}

absl::Status System::Reinstate(absl::Time now) {
  if (state != SystemState::kRetired) return WrongState(*this, "ACTIVE", "RETIRED");
  state = SystemState::kActive;
  update_time = now;
  ++revision;
  return absl::OkStatus();
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

size_t LongestChain(const DependencyGraph& graph) {
  const std::vector<std::string> order = NeededFirst(graph);
  std::map<absl::string_view, size_t> length;
  size_t longest = 0;
  for (const std::string& system : order) {
    size_t below = 0;
    if (const auto edges = graph.find(system); edges != graph.end()) {
      for (const std::string& needed : edges->second) below = std::max(below, length[needed]);
    }
    length[system] = below + 1;
    longest = std::max(longest, below + 1);
  }
  return longest;
}

std::vector<std::string> NeededFirst(const DependencyGraph& graph) {
  // How many of its needs each system still waits for, and who waits for it.
  std::map<absl::string_view, size_t> waits;
  std::map<absl::string_view, std::vector<absl::string_view>> needed_by;
  for (const auto& [system, edges] : graph) {
    waits.try_emplace(system, 0);
    for (const std::string& needed : edges) {
      waits.try_emplace(needed, 0);
      ++waits[system];
      needed_by[needed].push_back(system);
    }
  }
  std::set<absl::string_view> ready;
  for (const auto& [system, count] : waits) {
    if (count == 0) ready.insert(system);
  }
  std::vector<std::string> order;
  while (!ready.empty()) {
    const absl::string_view system = *ready.begin();
    ready.erase(ready.begin());
    order.emplace_back(system);
    const auto waiting = needed_by.find(system);
    if (waiting == needed_by.end()) continue;
    for (const absl::string_view one : waiting->second) {
      if (--waits[one] == 0) ready.insert(one);
    }
  }
  return order;
}

absl::Status CheckParts(const System& system) {
  FieldViolations violations;
  std::set<absl::string_view> components;
  for (size_t i = 0; i < system.components.size(); ++i) {
    violations.Require(components.insert(system.components[i].id).second, absl::StrCat("system.components[", i, "].id"),
                       "is the id of an earlier component");
  }
  std::set<absl::string_view> dependencies;
  for (size_t i = 0; i < system.dependencies.size(); ++i) {
    violations.Require(dependencies.insert(system.dependencies[i].system_id).second,
                       absl::StrCat("system.dependencies[", i, "].system"), "is an earlier dependency already");
  }
  return violations.ToStatus();
}

absl::Status CheckDependencies(const System& system, DependencyGraph around) {
  std::vector<std::string>& needs = around[system.id];
  needs.clear();
  for (const Dependency& dependency : system.dependencies) needs.push_back(dependency.system_id);
  const std::vector<std::string> cycle = FindCycle(around, system.id);
  if (!cycle.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE,
                 absl::StrCat("the system would need itself: ", absl::StrJoin(cycle, " needs ")),
                 {{"cycle", absl::StrJoin(cycle, ", ")}});
  }
  if (LongestChain(around) > kMaxChain) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                 absl::StrCat("a chain of dependencies would have more than ", kMaxChain, " systems"),
                 {{"limit", absl::StrCat(kMaxChain)}});
  }
  return absl::OkStatus();
}

absl::Status CheckTargets(absl::string_view organization_id, const std::vector<VersionChange>& targets,
                          const std::map<std::string, System>& systems) {
  std::vector<std::string> broken, mismatched, from_versions, installed_versions;
  FieldViolations violations;
  for (size_t i = 0; i < targets.size(); ++i) {
    const VersionChange& target = targets[i];
    const std::string path = absl::StrCat("request.targets[", i, "]");
    const auto system = systems.find(target.system_id);
    if (system == systems.end() || system->second.state != SystemState::kActive) {
      broken.push_back(SystemName(organization_id, target.system_id));
      violations.Add(absl::StrCat(path, ".system"), "must be in the catalogue and not retired");
      continue;
    }
    const std::optional<std::string> installed = system->second.InstalledVersionOf(target.component);
    if (!installed.has_value()) {
      broken.push_back(TargetName(organization_id, target));
      violations.Add(absl::StrCat(path, ".component"), "must be a component that the catalogue has of the system");
    } else if (VersionKey(*installed) != VersionKey(target.from_version)) {
      mismatched.push_back(TargetName(organization_id, target));
      from_versions.push_back(target.from_version);
      installed_versions.push_back(*installed);
      violations.Add(absl::StrCat(path, ".from_version"),
                     absl::StrCat("must be the version that the catalogue shows as installed: ", *installed));
    }
  }
  if (!broken.empty()) {
    const std::string names = absl::StrJoin(broken, ", ");
    return Listing(violations, Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                                     absl::StrCat("not in the catalogue, or retired: ", names), {{"resource", names}}));
  }
  if (!mismatched.empty()) {
    return Listing(violations, Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH,
                                     "a from_version is not the version that the catalogue shows as installed",
                                     {{"resource", absl::StrJoin(mismatched, ", ")},
                                      {"from_version", absl::StrJoin(from_versions, ", ")},
                                      {"installed_version", absl::StrJoin(installed_versions, ", ")}}));
  }
  return absl::OkStatus();
}

}  // namespace docket::request
