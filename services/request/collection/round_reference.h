// Requests that come of a collection round.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_REFERENCE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_REFERENCE_H_

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "services/request/collection/round_store.h"
#include "services/request/source_reference.h"

namespace docket::request {

// Counts a request with SOURCE_COLLECTION_ROUND to the round that its source_reference names. The round must be open
// when the request is first submitted; one that was returned may be submitted again after the round closed.
// BROKEN_REFERENCE else.
//
// While the round is open, the submission ends a nil return of the request's department: its author has answered for
// the department that it does need something. Once the round is closed, answers stay as they are.
class RoundReference final : public SourceReferenceChecker {
 public:
  // Both must outlive it.
  RoundReference(RoundStore& store, Clock& clock) : store_(store), clock_(clock) {}

  absl::Status OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request,
                            TallyChanges& tallied) override;

 private:
  // The round is open and held.
  absl::Status EndNilReturn(mysql::Transaction& tx, events::EventRecorder& recorder, const RoundKey& key,
                            const Request& request);

  RoundStore& store_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_REFERENCE_H_
