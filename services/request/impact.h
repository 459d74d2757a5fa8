// What a change touches beyond the systems it names: every system that needs one of them, directly or through others.
//
//   DOCKET_ASSIGN_OR_RETURN(const ImpactGraph graph, catalog.LoadImpactGraph(tx, organization_id));
//   const Impact impact = AnalyzeImpact(graph, {"access-control"});
//   for (const ImpactedSystem& system : impact.systems) {
//     for (const ImpactStep& step : impact.PathTo(system)) …   // access-control ← owner-app (访客二维码开门) ← portal
//   }
//
// The closure is kept as a tree: each system names the one before it on its shortest path, so that ten thousand systems
// take ten thousand rows however deep they lie. A stored snapshot is these rows.
#ifndef DOCKET_SERVICES_REQUEST_IMPACT_H_
#define DOCKET_SERVICES_REQUEST_IMPACT_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/request/level.h"

namespace docket::request {

// A closure stops growing at this many systems, and says so.
inline constexpr size_t kMaxImpactedSystems = 10'000;

// `system_id` needs the system that it is listed under.
struct ImpactEdge {
  std::string system_id;
  // What it needs it for, in the catalogue's words; may be empty.
  std::string purpose;
};

// What the closure says of a system beside its place.
struct ImpactFacts {
  std::string title;
  std::string owner_department_id;
  Level criticality = Level::kUnspecified;
};

// An organisation's active systems by who needs whom.
struct ImpactGraph {
  // Who needs the key. In any order.
  std::map<std::string, std::vector<ImpactEdge>> needed_by;
  // Of every system that needs another.
  std::map<std::string, ImpactFacts> facts;
};

// A system that needs a changed one.
struct ImpactedSystem {
  std::string system_id;
  ImpactFacts facts;
  // How many steps away from the nearest changed system; 1: it needs that system itself.
  int distance = 0;
  // The system it needs on the shortest path, one step nearer: a changed one where distance is 1.
  std::string via_system_id;
  // What it needs `via_system_id` for.
  std::string purpose;
};

// One station of a path. The first is the changed system and has no purpose; each other needs the one before it.
struct ImpactStep {
  std::string system_id;
  std::string purpose;

  friend bool operator==(const ImpactStep&, const ImpactStep&) = default;
};

struct Impact {
  // Nearest first; systems of one distance by identifier. Changed systems are left out, also where they need each
  // other.
  std::vector<ImpactedSystem> systems;
  // There were more than kMaxImpactedSystems: the farthest are missing.
  bool truncated = false;

  // From the changed system to this one, both included. `system` is one of `systems`.
  std::vector<ImpactStep> PathTo(const ImpactedSystem& system) const;
};

// The closure over `changed`, which may hold systems that nobody needs or that do not exist. Of several shortest paths
// the one whose stations come first by identifier is taken, so that equal graphs give equal answers. Costs one visit of
// each edge reached; cycles, which the catalogue does not admit, end it no later.
Impact AnalyzeImpact(const ImpactGraph& graph, const std::vector<std::string>& changed);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_IMPACT_H_
