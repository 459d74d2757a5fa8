// What the collection reports.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_EVENTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "google/protobuf/message.h"
#include "services/request/collection/collection_round.h"
#include "services/request/collection/collection_schedule.h"

namespace docket::request {

// `before` is nullptr for a new schedule.
void ReportSchedule(events::EventRecorder& recorder, const google::protobuf::Message& payload,
                    const CollectionSchedule* before, const CollectionSchedule& after, absl::string_view reason = "");

void ReportOpened(events::EventRecorder& recorder, const CollectionRound& round);
// `days_before` is that of the reminder.
void ReportReminder(events::EventRecorder& recorder, const CollectionRound& round, int days_before);
// `change` is the name of the request that changed the answer; empty: somebody gave it.
void ReportAnswer(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after,
                  absl::string_view department, absl::string_view change = "");
void ReportEdited(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after);
// `come` are the departments that were not asked before.
void ReportAsked(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after,
                 const std::vector<std::string>& come);
void ReportClosed(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after,
                  const std::vector<RequestTally>& tallies);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_EVENTS_H_
