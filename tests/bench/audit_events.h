// The events of organisations' changes, made up: what the audit log is measured with.
//
// Each change has kEventsPerChange of them, from RequestCreated to RequestClosed. A tenth is rolled back, a sixteenth
// was refused a slot on the way. The same place gives the same event.
#ifndef DOCKET_TESTS_BENCH_AUDIT_EVENTS_H_
#define DOCKET_TESTS_BENCH_AUDIT_EVENTS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"

namespace docket::bench {

inline constexpr int64_t kEventsPerChange = 24;
// That of deploy/local's property company.
inline constexpr char kAuditOrganization[] = "organizations/yunqi";
inline constexpr int64_t kAuditActors = 200;
inline constexpr int64_t kAuditSystems = 40;

// Which event of which change.
struct EventPlace {
  // Tells this event from all others.
  int64_t number = 0;
  std::string organization = kAuditOrganization;
  int64_t change = 0;
  // From 0, below kEventsPerChange.
  int64_t step = 0;
  absl::Time change_time;
  absl::Time time;
};

// `salt` tells the events of one run from those of another.
event::v1::Event MakeEvent(const EventPlace& place, uint32_t salt);

// The `number`-th event of the sample organisation, change after change, 12 s apart from 2020 on.
event::v1::Event MakeEvent(int64_t number, uint32_t salt);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_AUDIT_EVENTS_H_
