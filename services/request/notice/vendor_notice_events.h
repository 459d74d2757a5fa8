// What is reported of vendors' notices.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_EVENTS_H_

#include <string>

#include "common/events/event_recorder.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "google/protobuf/message.h"
#include "services/request/notice/vendor_notice.h"

namespace docket::request {

event::v1::VendorNoticeSnapshot SnapshotOf(const VendorNotice& notice);

struct NoticeReport {
  // The notice before; nullptr for a new one, and where nothing of it changed.
  const VendorNotice* before = nullptr;
  const VendorNotice& after;
  // In the actor's words.
  std::string reason;
  // The request's name where the event belongs to a change.
  std::string change;
};

// The part of Report that does not depend on the payload's type.
void ReportMessage(events::EventRecorder& recorder, const google::protobuf::Message& payload,
                   const NoticeReport& report);

// Adds the event of type Payload, any message with a field `notice`, which is filled in here.
template <typename Payload>
void Report(events::EventRecorder& recorder, Payload payload, const NoticeReport& report) {
  *payload.mutable_notice() = SnapshotOf(report.after);
  ReportMessage(recorder, payload, report);
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_VENDOR_NOTICE_EVENTS_H_
