// What the scrubber verifies beside the log itself: tables that repeat what entries say, such as rollups.
//
// A lap is BeginLap, then every entry of the log once and in order, a few at a time, then EndLap until it is done.
// Faults are DATA_LOSS and name what is wrong and where; they freeze the log. After any other error the same call comes
// again later.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_CHECK_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_CHECK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// An entry whose bytes, leaf, columns and payload have been verified.
struct ScrubbedEntry {
  StoredEntry stored;
  // What its bytes say.
  v1::Entry entry;
};

// Used by one thread.
class ScrubCheck {
 public:
  virtual ~ScrubCheck() = default;
  // A lap over the first `size` entries begins; one that was under way is over. The log may grow meanwhile.
  virtual absl::Status BeginLap(uint64_t /*size*/, absl::Time /*deadline*/) { return absl::OkStatus(); }
  virtual absl::Status CheckEntries(absl::Span<const ScrubbedEntry> /*entries*/, absl::Time /*deadline*/) {
    return absl::OkStatus();
  }
  // One step of what can be compared only when all entries are known; true: done.
  virtual absl::StatusOr<bool> EndLap(uint64_t /*size*/, absl::Time /*deadline*/) { return true; }
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_CHECK_H_
