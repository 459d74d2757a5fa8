// Proofs as they are handed out: made of tiles that somebody may have changed, and so verified first, down from the
// checkpoint's signed root.
#ifndef DOCKET_SERVICES_AUDIT_LOG_PROOFS_H_
#define DOCKET_SERVICES_AUDIT_LOG_PROOFS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/merkle/checkpoint.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// That the bytes of the entry at `index` are in the tree of `size` entries, which is the beginning of the checkpoint's;
// index < size <= checkpoint.size. DATA_LOSS names what does not verify.
absl::StatusOr<v1::InclusionProof> ProveInclusion(const LogStore& store, const merkle::Checkpoint& checkpoint,
                                                  uint64_t index, uint64_t size, absl::Time deadline);

// From the tree of 0 < `first` entries to that of first <= `second` <= checkpoint.size. DATA_LOSS likewise.
absl::StatusOr<v1::ConsistencyProof> ProveConsistency(const LogStore& store, const merkle::Checkpoint& checkpoint,
                                                      uint64_t first, uint64_t second, absl::Time deadline);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_PROOFS_H_
