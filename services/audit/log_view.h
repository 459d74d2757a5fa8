// The log as it is shown. Reading goes on where evidence does not verify, but the log freezes, and nothing is shown as
// more than it is.
#ifndef DOCKET_SERVICES_AUDIT_LOG_VIEW_H_
#define DOCKET_SERVICES_AUDIT_LOG_VIEW_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// Adds to a checkpoint that is shown what witnesses say of the log; empty: there are none. DATA_LOSS where the evidence
// does not verify.
using ShowCosigned = std::function<absl::Status(absl::Time deadline, v1::Checkpoint& checkpoint)>;

// Thread-safe.
class LogView {
 public:
  // Both must outlive it.
  LogView(const LogStore& store, LogGuard& guard) : store_(store), guard_(guard) {}

  // The entry for reading. Where its evidence does not verify, the log freezes and only the bytes are shown.
  v1::LogEntry Show(const StoredEntry& entry) const;
  // The checkpoint with what witnesses say.
  absl::StatusOr<v1::Checkpoint> Show(const SignedCheckpoint& checkpoint, const ShowCosigned& cosigned,
                                      absl::Time deadline) const;
  // What a proof that could not be built is answered with: where the evidence does not verify, the log freezes.
  absl::Status Distrust(const absl::Status& status) const;
  // How many entries can be read.
  absl::StatusOr<uint64_t> ReadSize(absl::Time deadline) const;

 private:
  const LogStore& store_;
  LogGuard& guard_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_VIEW_H_
