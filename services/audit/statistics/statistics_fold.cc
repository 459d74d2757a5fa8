#include "services/audit/statistics/statistics_fold.h"

#include <optional>
#include <utility>

#include "common/resource_name/resource_name.h"
#include "services/audit/statistics/entry_cells.h"

namespace docket::audit {

Prerequisites Prerequisites::Of(const std::vector<CountedEvent>& events) {
  Prerequisites needed;
  for (const CountedEvent& counted : events) {
    std::string organization_id = OrganizationId(counted.event->organization());
    if (!organization_id.empty()) needed.organizations.insert(std::move(organization_id));
    if (std::optional<ChangeKey> change = ChangeOf(*counted.event); change.has_value()) {
      needed.changes.insert(*std::move(change));
    }
  }
  return needed;
}

const std::string& StatisticsFold::ZoneNameOf(const std::string& organization_id) const {
  static const std::string* const kUtc = new std::string("UTC");
  const auto zone = zones_.find(organization_id);
  return zone == zones_.end() ? *kUtc : zone->second;
}

const absl::TimeZone& StatisticsFold::ZoneByName(const std::string& name) {
  const auto [zone, added] = loaded_.try_emplace(name);
  if (added) zone->second = ZoneOf(name);
  return zone->second;
}

void StatisticsFold::Add(const CountedEvent& counted) {
  const event::v1::Event& event = *counted.event;
  const std::string organization_id = OrganizationId(event.organization());
  if (organization_id.empty()) return;
  // The entry that sets a zone is the first to be reckoned in it.
  if (std::string zone = ZoneTold(event); !zone.empty() && zone != ZoneNameOf(organization_id)) {
    zone_changes_.push_back({organization_id, counted.index, zone});
    zones_[organization_id] = std::move(zone);
  }
  const std::string& zone_name = ZoneNameOf(organization_id);
  AddCells(event, ZoneByName(zone_name), cells_);
  if (const std::optional<ChangeKey> change = ChangeOf(event); change.has_value()) {
    const auto [facts, added] = facts_.try_emplace(*change);
    if (added) facts->second.time_zone = zone_name;
    Advance(event, facts->second);
  }
}

void StatisticsFold::Finish() {
  for (const auto& [change, facts] : facts_) {
    const auto before = before_.find(change);
    if (before != before_.end()) {
      if (before->second == facts) continue;
      AddCells(change.first, before->second, -1, cells_);
    }
    AddCells(change.first, facts, 1, cells_);
  }
  std::erase_if(cells_, [](const auto& cell) { return cell.second.empty(); });
}

FactsMap StatisticsFold::ChangedFacts() const {
  FactsMap changed;
  for (const auto& [change, facts] : facts_) {
    const auto before = before_.find(change);
    if (before == before_.end() || before->second != facts) changed.emplace(change, facts);
  }
  return changed;
}

}  // namespace docket::audit
