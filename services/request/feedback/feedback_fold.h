// What is written and reported when an item is folded into a request, whoever has it done.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_FOLD_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_FOLD_H_

#include "absl/status/status.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/request.h"

namespace docket::request {

// `before` is held, and `after` is what Feedback::Fold made of it. The request's count is the caller's to raise,
// and the tally the caller's to apply.
absl::Status WriteFold(FeedbackStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                       const Request& request, const Feedback& before, const Feedback& after, TallyChanges& tallied);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_FOLD_H_
