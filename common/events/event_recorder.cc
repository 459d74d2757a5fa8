#include "common/events/event_recorder.h"

#include <set>
#include <utility>

#include "common/events/organization.h"

namespace docket::events {
namespace {

// The contract's bounds (docket/event/v1/event.proto, common/validation/validator.h).
constexpr int kMaxReason = 2000;
constexpr int kMaxName = 200;
constexpr int kMaxAddress = 64;
constexpr int kMaxSystems = 200;
constexpr absl::string_view kCutMark = "…";

bool StartsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// At most `limit` code points, the last of them a mark where something was cut off.
std::string CutText(absl::string_view text, int limit) {
  int code_points = 0;
  size_t cut = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!StartsCodePoint(text[i])) continue;
    if (code_points == limit - 1) cut = i;
    if (++code_points > limit) return std::string(text.substr(0, cut)).append(kCutMark.data(), kCutMark.size());
  }
  return std::string(text);
}

event::v1::Actor ServiceActor(absl::string_view source) {
  event::v1::Actor actor;
  actor.set_name(std::string(source));
  actor.add_roles(common::v1::ROLE_SERVICE);
  actor.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return actor;
}

}  // namespace

Origin Origin::FromCall(const rpc::CallContext& context) {
  const common::v1::Principal& principal = context.principal();
  Origin origin;
  origin.actor.set_name(principal.name());
  *origin.actor.mutable_roles() = principal.roles();
  origin.actor.set_department(CutText(principal.department(), kMaxName));
  origin.actor.set_client_ip(CutText(principal.client_ip(), kMaxAddress));
  origin.actor.set_authentication_method(principal.authentication_method());
  origin.actor.set_display_name(CutText(principal.display_name(), kMaxName));
  origin.organization = OrganizationOf(context.organization());
  origin.method = context.method();
  origin.trace_id = std::string(context.trace_id());
  origin.request_id = context.request_id();
  return origin;
}

Origin Origin::FromEvent(const event::v1::Event& cause, absl::string_view source) {
  Origin origin;
  origin.actor = ServiceActor(source);
  origin.organization = cause.organization();
  origin.trace_id = cause.trace_id();
  return origin;
}

Origin Origin::FromWorker(absl::string_view source, absl::string_view organization) {
  Origin origin;
  origin.actor = ServiceActor(source);
  origin.organization = std::string(organization);
  origin.trace_id = std::string(rpc::TraceContext::New().trace_id());
  return origin;
}

EventRecorder::EventRecorder(std::string source, Origin origin, Clock& clock, UuidGenerator& uuids)
    : source_(std::move(source)), origin_(std::move(origin)), clock_(clock), uuids_(uuids) {}

void EventRecorder::Add(const google::protobuf::Message& payload, const EventFacts& facts) {
  AddWithOutcome(payload, facts, event::v1::OUTCOME_SUCCEEDED);
}

void EventRecorder::AddDenied(const google::protobuf::Message& payload, const EventFacts& facts) {
  AddWithOutcome(payload, facts, event::v1::OUTCOME_DENIED);
}

void EventRecorder::AddWithOutcome(const google::protobuf::Message& payload, const EventFacts& facts,
                                   event::v1::Outcome outcome) {
  event::v1::Event& event = events_.emplace_back();
  event.set_event_id(FormatUuid(uuids_.Next()));
  event.set_source(source_);
  event.set_type(payload.GetDescriptor()->name());
  event.set_subject(facts.subject);
  event.set_subject_revision(facts.revision);
  event.set_change(facts.change);
  event.set_organization(origin_.organization.empty() ? OrganizationOf(facts.subject) : origin_.organization);
  *event.mutable_actor() = origin_.actor;
  const int64_t now_us = clock_.NowMicros();
  event.mutable_occur_time()->set_seconds(now_us / 1000000);
  event.mutable_occur_time()->set_nanos(static_cast<int32_t>(now_us % 1000000 * 1000));
  event.set_outcome(outcome);
  event.set_method(origin_.method);
  event.set_reason(CutText(facts.reason, kMaxReason));
  event.set_trace_id(origin_.trace_id);
  event.set_request_id(origin_.request_id);
  event.set_before_sha256(facts.before_sha256);
  event.set_after_sha256(facts.after_sha256);
  std::set<absl::string_view> systems(facts.systems.begin(), facts.systems.end());
  systems.erase("");
  for (const absl::string_view system : systems) {
    if (event.systems_size() == kMaxSystems) break;
    event.add_systems(std::string(system));
  }
  for (const Change& change : facts.changes) {
    if (static_cast<size_t>(event.changes_size()) == kMaxChanges) break;
    event::v1::FieldChange* added = event.add_changes();
    added->set_field(change.field);
    added->set_before(CutText(change.before, kMaxChangeText));
    added->set_after(CutText(change.after, kMaxChangeText));
  }
  event.mutable_payload()->PackFrom(payload);
}

}  // namespace docket::events
