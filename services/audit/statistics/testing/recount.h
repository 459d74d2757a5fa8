// For tests: statistics counted by hand.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_TESTING_RECOUNT_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_TESTING_RECOUNT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"

namespace docket::audit {

// What a person would do with pencil and paper: no counters, no follower, only the list of events.
class Recount {
 public:
  Recount(std::string organization, const std::string& zone) : organization_(std::move(organization)) {
    EXPECT_TRUE(absl::LoadTimeZone(zone, &zone_));
  }

  void Add(const event::v1::Event& event) {
    if (event.organization() == "organizations/" + organization_) events_.push_back(event);
  }

  // Day, type → count.
  std::map<std::pair<std::string, std::string>, int64_t> ByDayAndType() const {
    std::map<std::pair<std::string, std::string>, int64_t> counts;
    for (const event::v1::Event& event : events_) ++counts[{DayOf(Micros(event)), event.type()}];
    return counts;
  }
  std::map<std::string, int64_t> BySystem() const {
    std::map<std::string, int64_t> counts;
    for (const event::v1::Event& event : events_) {
      for (const std::string& system : event.systems()) ++counts[system];
    }
    return counts;
  }

  struct Fate {
    int64_t submitted = 0, accepted = 0, rolled_back = 0, emergency = 0, lead_count = 0, lead_us = 0, latency_us = 0,
            conflicts = 0;
    friend bool operator==(const Fate& a, const Fate& b) = default;
  };
  // Of one system; empty: of all. By day, days on which nothing happened left out.
  std::map<std::string, Fate> Fates(const std::string& system) const {
    std::map<std::string, Fate> fates;
    std::set<std::string> changes;
    for (const event::v1::Event& event : events_) {
      if (!event.change().empty()) changes.insert(event.change());
    }
    for (const std::string& change : changes) {
      if (!system.empty() && SystemsOf(change).count(system) == 0) continue;
      const auto submitted = Extreme(change, "RequestSubmitted", false);
      const auto requested = Extreme(change, "ApprovalRequested", false);
      const auto approved = Extreme(change, "EvaluationApproved", true);
      const auto rolled_back = Extreme(change, "ImplementationRolledBack", true);
      auto accepted = Extreme(change, "ImplementationAccepted", true);
      if (rolled_back) accepted.reset();
      if (submitted) ++fates[DayOf(*submitted)].submitted;
      if (accepted) ++fates[DayOf(*accepted)].accepted;
      if (rolled_back) ++fates[DayOf(*rolled_back)].rolled_back;
      if (IsEmergency(change) && (accepted || rolled_back))
        ++fates[DayOf(accepted ? *accepted : *rolled_back)].emergency;
      if (submitted && accepted && *submitted <= *accepted) {
        ++fates[DayOf(*accepted)].lead_count;
        fates[DayOf(*accepted)].lead_us += *accepted - *submitted;
      }
      if (requested && approved && *requested <= *approved)
        fates[DayOf(*approved)].latency_us += *approved - *requested;
      for (const event::v1::Event& event : events_) {
        event::v1::CallDenied denied;
        if (event.change() == change && event.payload().UnpackTo(&denied) && denied.error_reason() == "SLOT_CONFLICT")
          ++fates[DayOf(Micros(event))].conflicts;
      }
    }
    std::erase_if(fates, [](const auto& fate) { return fate.second == Fate{}; });
    return fates;
  }
  std::string DayOf(int64_t us) const { return absl::FormatTime("%Y-%m-%d", absl::FromUnixMicros(us), zone_); }

 private:
  static int64_t Micros(const event::v1::Event& event) {
    return google::protobuf::util::TimeUtil::TimestampToMicroseconds(event.occur_time());
  }
  std::optional<int64_t> Extreme(const std::string& change, const std::string& type, bool last) const {
    std::optional<int64_t> found;
    for (const event::v1::Event& event : events_) {
      if (event.change() != change || event.type() != type || event.outcome() != event::v1::OUTCOME_SUCCEEDED) continue;
      if (!found || (last ? Micros(event) > *found : Micros(event) < *found)) found = Micros(event);
    }
    return found;
  }
  std::set<std::string> SystemsOf(const std::string& change) const {
    std::set<std::string> systems;
    for (const event::v1::Event& event : events_) {
      event::v1::RequestSubmitted read;
      if (event.change() != change || event.outcome() != event::v1::OUTCOME_SUCCEEDED ||
          !event.payload().UnpackTo(&read))
        continue;
      systems.clear();
      for (const auto& target : read.request().targets()) systems.insert(target.system());
    }
    return systems;
  }
  bool IsEmergency(const std::string& change) const {
    bool emergency = false;
    for (const event::v1::Event& event : events_) {
      event::v1::RequestSubmitted read;
      if (event.change() == change && event.outcome() == event::v1::OUTCOME_SUCCEEDED &&
          event.payload().UnpackTo(&read))
        emergency = read.request().kind() == common::v1::CHANGE_KIND_EMERGENCY;
    }
    return emergency;
  }

  const std::string organization_;
  absl::TimeZone zone_;
  std::vector<event::v1::Event> events_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_TESTING_RECOUNT_H_
