// Takes payloads away that are older than their organisation keeps them.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_WORKER_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_WORKER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/audit/privacy/privacy_parts.h"

namespace docket::audit {

// Thread-safe. Any number of processes may run one: a task's progress is a row that the batch locks.
class RetentionWorker {
 public:
  explicit RetentionWorker(const PrivacyParts& parts) : parts_(parts) {}

  // Does what is due by the clock, in batches of at most 500 entries, each a transaction with its RetentionApplied
  // event; at most 40 batches of one task, the rest is the next run's. What is held is passed over, and looked at again
  // once a hold of the organisation is released. Returns how many payloads went. What fails is logged and holds back no
  // other organisation; the first error is returned.
  absl::StatusOr<int64_t> RunOnce(absl::Duration time_limit) const;

 private:
  struct Batch {
    int64_t redacted = 0;
    bool more = false;
  };
  absl::StatusOr<int64_t> RunOrganization(const std::string& organization_id, absl::Time deadline) const;
  absl::StatusOr<Batch> RunBatch(const std::string& organization_id, const RetentionTask& task,
                                 const v1::RetentionPolicy& policy, absl::Time deadline) const;

  const PrivacyParts& parts_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_WORKER_H_
