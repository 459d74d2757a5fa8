// What a request's source_reference means to the room that owns what it names: a collection round, a vendor's notice.
#ifndef DOCKET_SERVICES_REQUEST_SOURCE_REFERENCE_H_
#define DOCKET_SERVICES_REQUEST_SOURCE_REFERENCE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "services/request/request.h"
#include "services/request/tally/tally_store.h"

namespace docket::mysql {
class Transaction;
}  // namespace docket::mysql

namespace docket::request {

// FAILED_PRECONDITION / BROKEN_REFERENCE: "source_reference <what>".
absl::Status BrokenSourceReference(const std::string& reference, absl::string_view what);

// Each submission asks every room. Thread-safe.
class SourceReferenceChecker {
 public:
  virtual ~SourceReferenceChecker() = default;

  // `request` is about to be submitted, for the first time or again, with the department that it will have; its row is
  // held. Within the submission's transaction: the room may write what it keeps of the request. FAILED_PRECONDITION /
  // BROKEN_REFERENCE where the request's source is this room's and the reference names nothing of it; OK for every
  // other source. What is counted of it is added to `tallied`, which is written after the last request of a batch.
  virtual absl::Status OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request,
                                    TallyChanges& tallied) = 0;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SOURCE_REFERENCE_H_
