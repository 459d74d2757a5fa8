// The software catalogue: which systems there are, in which versions, and which needs which.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/level.h"
#include "services/request/version.h"

namespace docket::request {

// The numbers are those of the contract and of the tables.
enum class SystemState { kUnspecified = 0, kActive = 1, kRetired = 2 };

// An organisation has at most this many systems, retired ones included.
inline constexpr int64_t kMaxSystems = 10'000;
// A chain of systems each of which needs the next is at most this long.
inline constexpr size_t kMaxChain = 100;

struct Environment {
  std::string hardware;
  std::string operating_system;
  std::string database;
  std::string runtime;

  bool empty() const { return hardware.empty() && operating_system.empty() && database.empty() && runtime.empty(); }

  friend bool operator==(const Environment&, const Environment&) = default;
};

// A part of a system with a version of its own.
struct Component {
  std::string id;
  std::string title;
  std::string installed_version;

  friend bool operator==(const Component&, const Component&) = default;
};

// Another system that this one needs to work.
struct Dependency {
  std::string system_id;
  std::string purpose;

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

struct System {
  std::string organization_id;
  std::string id;
  std::string title;
  std::string description;
  std::string owner_department_id;
  // Empty: none.
  std::string vendor_id;
  Level criticality = Level::kUnspecified;
  std::string category;
  Environment environment;
  std::string installed_version;
  // In the order in which they were entered.
  std::vector<Component> components;
  std::vector<Dependency> dependencies;
  SystemState state = SystemState::kActive;
  absl::Time create_time;
  absl::Time update_time;
  int64_t revision = 1;

  friend bool operator==(const System&, const System&) = default;

  // `organizations/acme/systems/access-control`.
  std::string Name() const;

  // Of the component, or of the whole where `component` is empty; nothing where there is no such component.
  std::optional<std::string> InstalledVersionOf(absl::string_view component) const;

  // Takes over what people may change. `last_versions` holds, of the components that are to be added, the version that
  // each was last shown with, where there was one. False where the edit changes nothing. INVALID_ARGUMENT /
  // INVALID_FIELDS under `system.` as CheckParts says, and where a version would change.
  absl::StatusOr<bool> Edit(System edited, const std::map<std::string, std::string>& last_versions, absl::Time now);
  // FAILED_PRECONDITION / WRONG_STATE where it is retired, or active, already.
  absl::Status Retire(absl::Time now);
  absl::Status Reinstate(absl::Time now);
  // Which of the components of `edited` this system does not have, and which of its own `edited` lacks.
  std::vector<std::string> AddedComponents(const System& edited) const;
  std::vector<std::string> RemovedComponents(const System& edited) const;

  // The version now runs. False where it was shown already. NOT_FOUND for an unknown component.
  absl::StatusOr<bool> Install(absl::string_view component, absl::string_view version, absl::Time now);
};

// One step in a system's installed versions.
struct InstalledVersion {
  std::string component;
  std::string version;
  absl::Time install_time;
  // The `{request}` of the change that installed it, 16 raw bytes; empty for what the system was entered with.
  std::string change_id;
  // The system's revision since then.
  int64_t revision = 0;
};

// Which systems a system needs, by identifier.
using DependencyGraph = std::map<std::string, std::vector<std::string>>;

// A shortest way from `start` through the graph back to it, both ends included: {"a", "b", "a"}. Empty: there is none.
std::vector<std::string> FindCycle(const DependencyGraph& graph, const std::string& start);

// How many systems the longest chain of a graph without cycles has; 0 for an empty one.
size_t LongestChain(const DependencyGraph& graph);

// All systems of the graph, each after those that it needs; by identifier where that leaves a choice. Systems on a
// cycle, and those that need one, are left out.
std::vector<std::string> NeededFirst(const DependencyGraph& graph);

// What the contract's field rules cannot say of a system's parts: components and dependencies each once.
// INVALID_ARGUMENT / INVALID_FIELDS under `system.`.
absl::Status CheckParts(const System& system);

// Whether the system may need what it says it needs, `around` being the systems that it reaches through its
// dependencies and those that reach it. FAILED_PRECONDITION / DEPENDENCY_CYCLE (metadata `cycle`: "a, b, a") or
// LIMIT_REACHED (metadata `limit`) for a chain longer than kMaxChain.
absl::Status CheckDependencies(const System& system, DependencyGraph around);

// Whether a request may start from these targets. `systems` holds those of the targets' systems that exist, by id.
// FAILED_PRECONDITION / BROKEN_REFERENCE (metadata `resource`) where a system or component does not exist or is
// retired, else VERSION_MISMATCH (metadata `resource`, `from_version`, `installed_version`) where a from_version is not
// what is installed. Its BadRequest names the field of every target that is wrong, whichever way.
absl::Status CheckTargets(absl::string_view organization_id, const std::vector<VersionChange>& targets,
                          const std::map<std::string, System>& systems);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_H_
