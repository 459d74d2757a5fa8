// What is reported of feedback: never what was said, nor by whom.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_EVENTS_H_

#include <string>

#include "common/events/event_recorder.h"
#include "google/protobuf/message.h"
#include "services/request/feedback/feedback.h"

namespace docket::request {

struct FeedbackReport {
  // The item before; nullptr for a new one.
  const Feedback* before = nullptr;
  const Feedback& after;
  // In the actor's words.
  std::string reason;
  // The request's name where the event belongs to a change.
  std::string change;
};

void Report(events::EventRecorder& recorder, const google::protobuf::Message& payload, const FeedbackReport& report);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_EVENTS_H_
