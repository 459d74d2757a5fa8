#include "services/audit/witness/witness_room.h"

#include <optional>
#include <utility>

#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "common/status/status_macros.h"
#include "services/audit/log_tiles.h"
#include "services/audit/witness/witness_proto.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(10);
// For one witness.
constexpr absl::Duration kSubmitLimit = absl::Seconds(5);

}  // namespace

WitnessRoom::WitnessRoom(const Parts& parts, std::vector<Witness> witnesses)
    : log_(parts.log),
      store_(parts.pool),
      checkpoints_(parts.log, store_, parts.checkpointer.signer().verifier(), std::move(witnesses), parts.clock,
                   parts.logger),
      service_({.log = &parts.log, .checkpoints = &checkpoints_, .mutations = &parts.mutations}),
      submitter_({.log = &parts.log,
                  .store = &store_,
                  .checkpoints = &checkpoints_,
                  .checkpointer = &parts.checkpointer,
                  .http = &parts.http,
                  .clock = &parts.clock,
                  .logger = &parts.logger}),
      task_(
          {.name = "ask witnesses", .interval = kInterval},
          [this] { return submitter_.RunOnce(kSubmitLimit).status(); }, parts.clock, parts.logger) {}

absl::Status WitnessRoom::Show(absl::Time deadline, v1::Checkpoint& checkpoint) const {
  const uint64_t size = static_cast<uint64_t>(checkpoint.size());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<CosignedCheckpoint> cosigned, checkpoints_.Newest(size, deadline));
  if (!cosigned.has_value()) return absl::OkStatus();
  LogTiles tiles(log_, size, deadline);
  merkle::TileNodeReader nodes(tiles, size);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<merkle::Hash> proof,
                          merkle::ConsistencyProof(nodes, cosigned->checkpoint.size, size));
  *checkpoint.mutable_cosigned() = ToProto(*cosigned);
  for (const merkle::Hash& hash : proof) checkpoint.mutable_cosigned()->add_consistency_hashes(hash.ToBytes());
  return absl::OkStatus();
}

}  // namespace docket::audit
