// What the request service says when a change is put on hold or resumed, for tests.
#ifndef DOCKET_COMMON_CHANGE_HOLD_TESTING_HOLD_EVENTS_H_
#define DOCKET_COMMON_CHANGE_HOLD_TESTING_HOLD_EVENTS_H_

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"

namespace docket::testing {

// `held`: RequestHeld, else RequestResumed. `revision` is the request's after it. The holder is the person `wang`.
inline event::v1::Event HoldEvent(absl::string_view change, int64_t revision, bool held, UuidGenerator& uuids) {
  const std::string organization(change.substr(0, change.find("/requests/")));
  event::v1::Event event;
  event.set_event_id(FormatUuid(uuids.Next()));
  event.set_source("services/request");
  event.set_source_sequence(revision);
  event.set_type(held ? "RequestHeld" : "RequestResumed");
  event.set_subject(std::string(change));
  event.set_subject_revision(revision);
  event.set_change(std::string(change));
  event.set_organization(organization);
  event.mutable_actor()->set_name(absl::StrCat(organization, "/people/wang"));
  event.mutable_occur_time()->set_seconds(1'774'000'000);
  event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
  if (held) {
    event.set_reason("等待厂商澄清授权范围");
    event::v1::RequestHeld payload;
    payload.mutable_request()->set_name(std::string(change));
    event.mutable_payload()->PackFrom(payload);
  } else {
    event::v1::RequestResumed payload;
    payload.mutable_request()->set_name(std::string(change));
    event.mutable_payload()->PackFrom(payload);
  }
  return event;
}

}  // namespace docket::testing

#endif  // DOCKET_COMMON_CHANGE_HOLD_TESTING_HOLD_EVENTS_H_
