#include "services/request/impact.h"

#include <algorithm>
#include <set>
#include <utility>

namespace docket::request {
namespace {

// By distance first, so a system can be found among its own.
bool Precedes(const ImpactedSystem& a, const ImpactedSystem& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.system_id < b.system_id;
}

const ImpactedSystem* Find(const std::vector<ImpactedSystem>& systems, int distance, const std::string& id) {
  ImpactedSystem wanted;
  wanted.distance = distance;
  wanted.system_id = id;
  const auto found = std::lower_bound(systems.begin(), systems.end(), wanted, Precedes);
  return found != systems.end() && found->distance == distance && found->system_id == id ? &*found : nullptr;
}

}  // namespace

std::vector<ImpactStep> Impact::PathTo(const ImpactedSystem& system) const {
  std::vector<ImpactStep> path;
  const ImpactedSystem* at = &system;
  while (true) {
    path.push_back({at->system_id, at->purpose});
    const ImpactedSystem* nearer = at->distance > 1 ? Find(systems, at->distance - 1, at->via_system_id) : nullptr;
    if (nearer == nullptr) break;
    at = nearer;
  }
  path.push_back({at->via_system_id, ""});
  std::reverse(path.begin(), path.end());
  return path;
}

Impact AnalyzeImpact(const ImpactGraph& graph, const std::vector<std::string>& changed) {
  Impact impact;
  std::set<std::string> seen(changed.begin(), changed.end());
  // A level is visited in the order of its identifiers, so the first to reach a system is the one to name.
  std::vector<std::string> level(seen.begin(), seen.end());
  for (int distance = 1; !level.empty() && !impact.truncated; ++distance) {
    std::vector<ImpactedSystem> reached;
    for (const std::string& needed : level) {
      const auto edges = graph.needed_by.find(needed);
      if (edges == graph.needed_by.end()) continue;
      for (const ImpactEdge& edge : edges->second) {
        if (!seen.insert(edge.system_id).second) continue;
        const auto facts = graph.facts.find(edge.system_id);
        reached.push_back({.system_id = edge.system_id,
                           .facts = facts == graph.facts.end() ? ImpactFacts() : facts->second,
                           .distance = distance,
                           .via_system_id = needed,
                           .purpose = edge.purpose});
      }
    }
    std::sort(reached.begin(), reached.end(), Precedes);
    const size_t room = kMaxImpactedSystems - impact.systems.size();
    impact.truncated = reached.size() > room;
    if (impact.truncated) reached.resize(room);
    level.clear();
    for (ImpactedSystem& system : reached) {
      level.push_back(system.system_id);
      impact.systems.push_back(std::move(system));
    }
  }
  return impact;
}

}  // namespace docket::request
