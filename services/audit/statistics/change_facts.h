// What the log says of one change: when it passed which stage, what it concerns and how it went.
//
// Events of different services come in any order, and one may be told twice: each time is the first or the last of its
// kind, so that the facts do not depend on the order. What a refused call intended is no fact.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_CHANGE_FACTS_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_CHANGE_FACTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/statistics/cell.h"

namespace docket::audit {

// The columns of change_fact, in order.
enum class Stage {
  kSubmitted,
  kTriaged,
  kEvaluationOpened,
  kApprovalRequested,
  kApproved,
  kPlanApproved,
  kFiled,
  kStarted,
  kFailed,
  kCompleted,
  kAccepted,
  kRolledBack,
  kRestored,
  kRegistered,
  kClosed,
};
inline constexpr size_t kStages = 15;

struct ChangeFacts {
  std::string time_zone = "UTC";
  // docket.common.v1.ChangeKind
  int kind = 0;
  // `{department}` and `{system}`; systems sorted, each once.
  std::string department;
  std::vector<std::string> systems;
  // Refusals for an occupied slot, by day.
  std::map<int64_t, int64_t> slot_conflicts;
  // Events that it is made of, each as often as the log has it.
  int64_t event_count = 0;
  // UTC microseconds; nullopt: not yet.
  std::array<std::optional<int64_t>, kStages> times;

  const std::optional<int64_t>& at(Stage stage) const { return times[static_cast<size_t>(stage)]; }
  std::optional<int64_t>& at(Stage stage) { return times[static_cast<size_t>(stage)]; }
  friend bool operator==(const ChangeFacts& a, const ChangeFacts& b) = default;
};

// Organisation and name of the change.
using ChangeKey = std::pair<std::string, std::string>;

// The change that the event tells of, where it is one that moves a change's facts and belongs to the event's own
// organisation.
std::optional<ChangeKey> ChangeOf(const event::v1::Event& event);
// Whether statistics take something from the payload of events of this type; all others are counted by their envelope.
bool NeedsPayload(absl::string_view type);
// Takes up what the event tells. `event` is one that ChangeOf names a change for; a payload that is gone is left out.
void Advance(const event::v1::Event& event, ChangeFacts& facts);

// Adds what the change contributes to the counters, or takes it away where `sign` is -1. Pure: the same facts always
// contribute the same. A duration below zero or above ten years is taken for a clock's mistake and left out.
void AddCells(absl::string_view organization_id, const ChangeFacts& facts, int sign, CellMap& cells);

// `{id}` of `{organization}/{collection}/{id}`; empty where the name is no such resource of that organisation.
std::string IdWithin(absl::string_view organization, absl::string_view collection, absl::string_view name);

// UTC microseconds of when it happened.
int64_t OccurMicros(const event::v1::Event& event);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_CHANGE_FACTS_H_
