// The software catalogue: which systems there are, in which versions, and which needs which.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_H_

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

struct Environment {
  std::string hardware;
  std::string operating_system;
  std::string database;
  std::string runtime;

  bool empty() const { return hardware.empty() && operating_system.empty() && database.empty() && runtime.empty(); }
};

// A part of a system with a version of its own.
struct Component {
  std::string id;
  std::string title;
  std::string installed_version;
};

// Another system that this one needs to work.
struct Dependency {
  std::string system_id;
  std::string purpose;
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

  // `organizations/acme/systems/access-control`.
  std::string Name() const;

  // Of the component, or of the whole where `component` is empty; nothing where there is no such component.
  std::optional<std::string> InstalledVersionOf(absl::string_view component) const;

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

// Who needs whom, by identifier.
using DependencyGraph = std::map<std::string, std::vector<std::string>>;

// A way from `start` through the graph back to it, both ends included: {"a", "b", "a"}. Empty: there is none.
std::vector<std::string> FindCycle(const DependencyGraph& graph, const std::string& start);

// What the contract's field rules cannot say of a system that is about to be entered: components and dependencies each
// once, and no cycle with what `graph` already holds. INVALID_ARGUMENT / INVALID_FIELDS under `system.`.
absl::Status CheckNewSystem(const System& system, DependencyGraph graph);

// Whether a request may start from these targets. `systems` holds those of the targets' systems that exist, by id.
// FAILED_PRECONDITION / BROKEN_REFERENCE (metadata `resource`) where a system or component does not exist or is
// retired, else VERSION_MISMATCH (metadata `resource`, `from_version`, `installed_version`) where a from_version is not
// what is installed. Every target that is wrong in the same way is listed.
absl::Status CheckTargets(absl::string_view organization_id, const std::vector<VersionChange>& targets,
                          const std::map<std::string, System>& systems);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_H_
