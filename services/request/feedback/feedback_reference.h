// Requests that come of what an end user said.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_REFERENCE_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_REFERENCE_H_

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/source_reference.h"

namespace docket::request {

// A request whose source is SOURCE_END_USER_FEEDBACK names an item of its organisation, which is folded into it when it
// is submitted. One that is folded into another request or was dismissed is a BROKEN_REFERENCE; a request that holds
// too many already is refused with LIMIT_REACHED. What a request was given before and names no more stays folded until
// somebody takes it out.
class FeedbackReference final : public SourceReferenceChecker {
 public:
  // Both must outlive it.
  FeedbackReference(FeedbackStore& store, Clock& clock) : store_(store), clock_(clock) {}

  absl::Status OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request,
                            TallyChanges& tallied) override;

 private:
  FeedbackStore& store_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_REFERENCE_H_
