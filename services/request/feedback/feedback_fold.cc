#include "services/request/feedback/feedback_fold.h"

#include "common/status/status_macros.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "services/request/feedback/feedback_events.h"

namespace docket::request {

absl::Status WriteFold(FeedbackStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                       const Request& request, const Feedback& before, const Feedback& after, TallyChanges& tallied) {
  DOCKET_RETURN_IF_ERROR(store.Save(tx, before, after, tallied));
  event::v1::FeedbackFolded payload;
  payload.set_request(request.Name());
  Report(recorder, payload, {.before = &before, .after = after, .reason = "", .change = request.Name()});
  return absl::OkStatus();
}

}  // namespace docket::request
