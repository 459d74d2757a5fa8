// Plans between the domain and the wire.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_PROTO_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_PROTO_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/common/v1/types.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "docket/scheduling/v1/plan.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/scheduling/caller.h"
#include "services/scheduling/plan.h"

namespace docket::scheduling {

google::protobuf::Timestamp ToProto(absl::Time time);
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);

common::v1::TimeSpan ToProto(const Slot& slot);
Slot FromProto(const common::v1::TimeSpan& span);

common::v1::VersionChange ToProto(const Target& target);
Target FromProto(const common::v1::VersionChange& change);

// The whole resource, as calls answer with it.
scheduling::v1::Plan ToProto(const Plan& plan);

// What events carry of a plan.
event::v1::PlanSnapshot ToSnapshot(const Plan& plan);

// The parts that are read with the plan only and lie in one column: targets, sections, implementers, rollback.
std::string EncodeDocument(const Plan& plan);
// INTERNAL where the bytes are not what EncodeDocument made.
absl::Status DecodeDocument(absl::string_view bytes, Plan& plan);

// Nothing for a kind that the contract does not name.
std::optional<SectionKind> FromProto(scheduling::v1::SectionKind kind);

Caller ToCaller(const common::v1::Principal& principal);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_PROTO_H_
