// What the request service reports of requests and of the catalogue. Every event of a request carries the whole
// snapshot.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_EVENTS_H_

#include <string>

#include "common/events/event_recorder.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/request/v1/request.pb.h"
#include "google/protobuf/message.h"
#include "services/request/catalog.h"
#include "services/request/request.h"

namespace docket::request {

event::v1::RequestSnapshot SnapshotOf(const Request& request);

// SHA-256 of a resource as the contract shows it, 32 raw bytes. Equal content has equal digests.
std::string ContentSha256(const google::protobuf::Message& resource);

// One change of a request, as it is about to be reported.
struct RequestReport {
  // The request before; nullptr for a new one.
  const Request* before = nullptr;
  const Request& after;
  // In the actor's words.
  std::string reason;
  // ToProto(after), where it was made already.
  const v1::Request* after_message = nullptr;
};

// Adds the event of type Payload, any message with a field `request`, which is filled in here:
//
//   event::v1::RequestMerged payload;
//   payload.set_merged_into(name);
//   Report(recorder, std::move(payload), {.before = &before, .after = after, .reason = reason});
template <typename Payload>
void Report(events::EventRecorder& recorder, Payload payload, const RequestReport& report);

// The part of Report that does not depend on the payload's type.
void ReportMessage(events::EventRecorder& recorder, const google::protobuf::Message& payload,
                   const RequestReport& report);

template <typename Payload>
void Report(events::EventRecorder& recorder, Payload payload, const RequestReport& report) {
  *payload.mutable_request() = SnapshotOf(report.after);
  ReportMessage(recorder, payload, report);
}

// InstalledVersionAdvanced about a system, because of the change named `change`.
void ReportInstalled(events::EventRecorder& recorder, const System& before, const System& after,
                     const VersionChange& version_change, const std::string& change);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_EVENTS_H_
