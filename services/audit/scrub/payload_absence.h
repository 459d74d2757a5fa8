// Why a payload that an entry commits to may be gone.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_PAYLOAD_ABSENCE_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_PAYLOAD_ABSENCE_H_

#include <cstdint>
#include <set>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace docket::audit {

// Thread-safe.
class PayloadAbsence {
 public:
  virtual ~PayloadAbsence() = default;
  // Those of the indexes (ascending, at most 256) whose payloads an entry of the log says were taken away.
  virtual absl::StatusOr<std::set<uint64_t>> Explained(absl::Span<const uint64_t> indexes, absl::Time deadline) = 0;
};

// Nothing is ever taken away.
class NoPayloadAbsence final : public PayloadAbsence {
 public:
  absl::StatusOr<std::set<uint64_t>> Explained(absl::Span<const uint64_t>, absl::Time) override {
    return std::set<uint64_t>();
  }
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_PAYLOAD_ABSENCE_H_
