// The events of an organisation's changes, made up: what the audit log is measured with.
//
// Each change has kEventsPerChange of them, from RequestCreated to RequestClosed, by the people and about the systems
// of deploy/local's property company. The same number gives the same event.
#ifndef DOCKET_TESTS_BENCH_AUDIT_EVENTS_H_
#define DOCKET_TESTS_BENCH_AUDIT_EVENTS_H_

#include <cstdint>
#include <string>

#include "docket/event/v1/event.pb.h"

namespace docket::bench {

inline constexpr int64_t kEventsPerChange = 24;
inline constexpr char kAuditOrganization[] = "organizations/yunqi";
inline constexpr int64_t kAuditActors = 200;
inline constexpr int64_t kAuditSystems = 40;

// `organizations/yunqi/requests/…` of the change that has the `number`-th event.
std::string ChangeOf(int64_t number);
std::string AuditActor(int64_t number);
std::string AuditSystem(int64_t number);

// The `number`-th event; `salt` tells the events of one run from those of another. Events are 12 s apart from 2020 on.
event::v1::Event MakeEvent(int64_t number, uint32_t salt);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_AUDIT_EVENTS_H_
