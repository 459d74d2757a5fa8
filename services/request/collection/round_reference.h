// Requests that come of a collection round.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_REFERENCE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_REFERENCE_H_

#include "absl/status/status.h"
#include "services/request/collection/round_store.h"
#include "services/request/source_reference.h"

namespace docket::request {

// Counts a request with SOURCE_COLLECTION_ROUND to the round that its source_reference names. The round must be open
// when the request is first submitted; one that was returned may be submitted again after the round closed.
// BROKEN_REFERENCE else.
class RoundReference final : public SourceReferenceChecker {
 public:
  // The store must outlive it.
  explicit RoundReference(RoundStore& store) : store_(store) {}

  absl::Status OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request) override;

 private:
  RoundStore& store_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_REFERENCE_H_
