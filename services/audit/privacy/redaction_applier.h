// Carries out what was approved.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_APPLIER_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_APPLIER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/audit/privacy/privacy_parts.h"

namespace docket::audit {

// Thread-safe. Any number of processes may do the same at once: each step is decided under the redaction's lock.
class RedactionApplier {
 public:
  explicit RedactionApplier(const PrivacyParts& parts) : parts_(parts) {}

  // Destroys the secrets in the same transaction that queues the RedactionApplied event, in several such steps where
  // many payloads lie there unencrypted. Does nothing to a redaction that is not approved. One that a legal hold covers
  // by now stays approved and says so; that is no error.
  absl::Status Apply(const std::string& name, absl::Time deadline) const;

  // Applies all that is approved and was not applied, after a crash for instance. What fails is logged and tried again
  // in the next run; the first error is returned.
  absl::Status RunOnce(absl::Duration time_limit) const;

 private:
  // True: there is more to do.
  absl::StatusOr<bool> Step(const std::string& name, mysql::Transaction& tx, events::EventRecorder& recorder) const;
  absl::StatusOr<bool> StepOfSubject(StoredRedaction& stored, mysql::Transaction& tx,
                                     events::EventRecorder& recorder) const;

  const PrivacyParts& parts_;
};

// The hold that forbids the redaction; nullptr: none does. `facts` are of its indexes.
absl::StatusOr<const HoldScope*> FindHoldOn(mysql::Transaction& tx, const v1::Redaction& redaction,
                                            const std::map<uint64_t, EntryFacts>& facts,
                                            const std::vector<HoldScope>& holds);
// Sorted.
std::vector<uint64_t> IndexesOf(const v1::Redaction& redaction);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_APPLIER_H_
