// Between what the log stores and what the contract shows.
#ifndef DOCKET_SERVICES_AUDIT_LOG_PROTO_H_
#define DOCKET_SERVICES_AUDIT_LOG_PROTO_H_

#include <vector>

#include "common/merkle/hash.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// Without the event where the stored bytes cannot be read.
v1::LogEntry ToProto(const StoredEntry& entry);
v1::Checkpoint ToProto(const SignedCheckpoint& checkpoint);
v1::InclusionProof ToProto(uint64_t index, uint64_t size, const merkle::Hash& leaf,
                           const std::vector<merkle::Hash>& hashes);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_PROTO_H_
