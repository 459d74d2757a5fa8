#include "common/events/claim_order.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace docket::events {

void SortForClaim(std::vector<WaitingEvent>& events) {
  std::sort(events.begin(), events.end(),
            [](const WaitingEvent& a, const WaitingEvent& b) { return a.event_id < b.event_id; });
  std::unordered_map<std::string, std::vector<size_t>> places_by_subject;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].revision > 0 && !events[i].subject.empty()) places_by_subject[events[i].subject].push_back(i);
  }
  for (const auto& [subject, places] : places_by_subject) {
    std::vector<WaitingEvent> history;
    for (const size_t place : places) history.push_back(std::move(events[place]));
    std::stable_sort(history.begin(), history.end(),
                     [](const WaitingEvent& a, const WaitingEvent& b) { return a.revision < b.revision; });
    for (size_t i = 0; i < places.size(); ++i) events[places[i]] = std::move(history[i]);
  }
}

}  // namespace docket::events
