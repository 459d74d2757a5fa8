#include "services/request/feedback/carried_feedback.h"

#include "common/status/status_macros.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "services/request/feedback/feedback.h"

namespace docket::request {

absl::Status CarriedFeedback::OnMerge(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& merged,
                                      const Request& target) {
  const std::string& organization_id = merged.organization_id;
  // Items are only folded into a request whose row is held, and this one's is: none joins them from here on.
  DOCKET_ASSIGN_OR_RETURN(const int64_t moved, store_.Move(tx, organization_id, merged.id, target.id,
                                                           absl::FromUnixMicros(clock_.NowMicros())));
  if (moved == 0) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const int64_t there, store_.CountForUpdate(tx, organization_id, target.id));
  DOCKET_RETURN_IF_ERROR(CheckFeedbackRoom(there, moved));
  DOCKET_RETURN_IF_ERROR(store_.AddToCount(tx, organization_id, merged.id, -moved));
  DOCKET_RETURN_IF_ERROR(store_.AddToCount(tx, organization_id, target.id, moved));
  event::v1::FeedbackCarried payload;
  payload.set_from_request(merged.Name());
  payload.set_into_request(target.Name());
  payload.set_feedback_count(moved);
  recorder.Add(payload, {.subject = target.Name(), .revision = target.revision, .change = target.Name()});
  return absl::OkStatus();
}

}  // namespace docket::request
