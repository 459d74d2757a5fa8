// Entries made into counters, in the order of the log. The one rule by which statistics are kept: the follower, the
// last moments of an answer and the check all go through it.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_FOLD_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_FOLD_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/audit/statistics/cell.h"
#include "services/audit/statistics/change_facts.h"
#include "services/audit/statistics/counted_events.h"

namespace docket::audit {

using FactsMap = std::map<ChangeKey, ChangeFacts>;
// IANA names by organisation.
using ZoneMap = std::map<std::string, std::string>;

// What must be known before events are folded.
struct Prerequisites {
  std::set<std::string> organizations;
  std::set<ChangeKey> changes;

  static Prerequisites Of(const std::vector<CountedEvent>& events);
};

// An organisation's time zone from an entry on.
struct ZoneChange {
  std::string organization_id;
  uint64_t from_index = 0;
  std::string time_zone;
};

class StatisticsFold {
 public:
  // Zones and facts as they stand before the first event, those that are known yet.
  StatisticsFold(ZoneMap zones, FactsMap facts)
      : zones_(std::move(zones)), before_(std::move(facts)), facts_(before_) {}

  void Add(const CountedEvent& counted);
  // To be called once after the last event: what changes contribute is only then certain.
  void Finish();

  // What is to be added to the counters.
  const CellMap& cells() const { return cells_; }
  // The facts that are not what they were before.
  FactsMap ChangedFacts() const;
  const ZoneMap& zones() const { return zones_; }
  const std::vector<ZoneChange>& zone_changes() const { return zone_changes_; }

 private:
  const std::string& ZoneNameOf(const std::string& organization_id) const;
  const absl::TimeZone& ZoneByName(const std::string& name);

  ZoneMap zones_;
  const FactsMap before_;
  FactsMap facts_;
  std::map<std::string, absl::TimeZone> loaded_;
  std::vector<ZoneChange> zone_changes_;
  CellMap cells_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_STATISTICS_FOLD_H_
