// Feedback follows its request into the one that it is merged into.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_CARRIED_FEEDBACK_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_CARRIED_FEEDBACK_H_

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/merge_follower.h"

namespace docket::request {

class CarriedFeedback final : public MergeFollower {
 public:
  // Both must outlive it.
  CarriedFeedback(FeedbackStore& store, Clock& clock) : store_(store), clock_(clock) {}

  // All items become the target's, and so does their number. FAILED_PRECONDITION / LIMIT_REACHED where the target would
  // hold too many: the merge is then refused.
  absl::Status OnMerge(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& merged,
                       const Request& target) override;

 private:
  FeedbackStore& store_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_CARRIED_FEEDBACK_H_
