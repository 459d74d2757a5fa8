#include "services/audit/log_proto.h"

#include <utility>

#include "absl/status/statusor.h"
#include "services/audit/log_entry.h"

namespace docket::audit {

v1::LogEntry ToProto(const StoredEntry& entry) {
  v1::LogEntry proto;
  proto.set_index(static_cast<int64_t>(entry.index));
  proto.set_entry(entry.entry);
  proto.set_payload(entry.payload);
  proto.set_salt(entry.salt);
  proto.set_redacted(entry.redacted);
  if (absl::StatusOr<event::v1::Event> event = UnsealEvent(entry.entry, entry.payload); event.ok()) {
    *proto.mutable_event() = *std::move(event);
  }
  proto.mutable_receive_time()->set_seconds(entry.receive_us / 1'000'000);
  proto.mutable_receive_time()->set_nanos(static_cast<int32_t>(entry.receive_us % 1'000'000) * 1000);
  return proto;
}

v1::Checkpoint ToProto(const SignedCheckpoint& checkpoint) {
  v1::Checkpoint proto;
  proto.set_size(static_cast<int64_t>(checkpoint.checkpoint.size));
  proto.set_root_sha256(checkpoint.checkpoint.root.ToBytes());
  proto.set_note(checkpoint.note);
  return proto;
}

v1::InclusionProof ToProto(uint64_t index, uint64_t size, const merkle::Hash& leaf,
                           const std::vector<merkle::Hash>& hashes) {
  v1::InclusionProof proto;
  proto.set_index(static_cast<int64_t>(index));
  proto.set_size(static_cast<int64_t>(size));
  proto.set_leaf_sha256(leaf.ToBytes());
  for (const merkle::Hash& hash : hashes) proto.add_hashes(hash.ToBytes());
  return proto;
}

}  // namespace docket::audit
