// Events while they are being made: what a handler says, completed with what the call says.
//
//   recorder.Add(payload, {.subject = request.name,
//                          .revision = request.revision,
//                          .change = request.name,
//                          .reason = reason});
//
// The recorder fills in the rest of the envelope: a fresh id, source, organisation, actor, time, method, trace and
// request_id. An origin that serves all organisations (a service's call, a platform administrator's) leaves the
// organisation to the event's subject.
//
// Texts are kept within the contract's bounds, so that an event that was committed can always be delivered: the reason
// is cut at 2000 code points, each side of a change at 10 000 (the cut is marked by `…`), and changes beyond the 200th
// are left out. Who tells a longer text divides it among changes of the same field.
#ifndef DOCKET_COMMON_EVENTS_EVENT_RECORDER_H_
#define DOCKET_COMMON_EVENTS_EVENT_RECORDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/rpc/call_context.h"
#include "docket/event/v1/event.pb.h"
#include "google/protobuf/message.h"

namespace docket::events {

// Code points of either side of a change, and how many changes an event has.
inline constexpr int kMaxChangeText = 10'000;
inline constexpr size_t kMaxChanges = 200;

// One field's text before and after.
struct Change {
  std::string field;
  std::string before;
  std::string after;
};

// What only the handler knows of an event.
struct EventFacts {
  // The resource it happened to.
  std::string subject;
  // The resource's revision after it.
  int64_t revision = 0;
  // Name of the change's request; empty: none.
  std::string change;
  // In the actor's words.
  std::string reason;
  // SHA-256 of the resource's content, 32 raw bytes each; empty: none.
  std::string before_sha256;
  std::string after_sha256;
  std::vector<Change> changes;
  // Names of the systems it concerns; the event has each once, sorted, at most 200.
  std::vector<std::string> systems;
};

// Who acts and in which call: from a CallContext, or for a worker or an event's consequence from the event that caused
// it.
struct Origin {
  event::v1::Actor actor;
  std::string organization;
  std::string method;
  std::string trace_id;
  std::string request_id;

  static Origin FromCall(const rpc::CallContext& context);
  // The consequence of another service's event: the actor is this service, the trace is the event's.
  static Origin FromEvent(const event::v1::Event& cause, absl::string_view source);
  // A worker's own doing (an expiry, a sweep). `organization` may be empty: each event then belongs to its subject's.
  static Origin FromWorker(absl::string_view source, absl::string_view organization = "");
};

// Collects the events of one transaction. Not thread-safe.
class EventRecorder {
 public:
  // `source` is `services/request`. The clock and the generator must outlive the recorder.
  EventRecorder(std::string source, Origin origin, Clock& clock, UuidGenerator& uuids);

  // Adds an event whose type is the payload's message name. Outcome: succeeded.
  void Add(const google::protobuf::Message& payload, const EventFacts& facts);
  // The same with OUTCOME_DENIED.
  void AddDenied(const google::protobuf::Message& payload, const EventFacts& facts);

  const std::vector<event::v1::Event>& events() const { return events_; }
  // Forgets what was added: the transaction runs again.
  void Clear() { events_.clear(); }

 private:
  void AddWithOutcome(const google::protobuf::Message& payload, const EventFacts& facts, event::v1::Outcome outcome);

  const std::string source_;
  const Origin origin_;
  Clock& clock_;
  UuidGenerator& uuids_;
  std::vector<event::v1::Event> events_;
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_EVENT_RECORDER_H_
