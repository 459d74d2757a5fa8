#include "services/audit/log_proofs.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "common/status/status_macros.h"
#include "services/audit/log_proto.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

absl::Status TilesDiffer(uint64_t size) {
  return absl::DataLossError(absl::StrCat("the tiles do not bear out the tree of ", size, " entries"));
}

// The root that the tables make at `size`, once it is known to lead to the checkpoint's.
absl::StatusOr<merkle::Hash> RootBelow(merkle::NodeReader& nodes, uint64_t size, const merkle::Checkpoint& checkpoint) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash root, merkle::RootAt(nodes, size));
  if (size == checkpoint.size) {
    if (root != checkpoint.root) return TilesDiffer(size);
    return root;
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<merkle::Hash> onwards,
                          merkle::ConsistencyProof(nodes, size, checkpoint.size));
  if (!merkle::VerifyConsistency(size, checkpoint.size, root, checkpoint.root, onwards).ok()) {
    return TilesDiffer(checkpoint.size);
  }
  return root;
}

}  // namespace

absl::StatusOr<v1::InclusionProof> ProveInclusion(const LogStore& store, const merkle::Checkpoint& checkpoint,
                                                  uint64_t index, uint64_t size, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const auto entries, store.ReadBareEntries(index, index + 1, deadline));
  if (entries.size() != 1) return absl::DataLossError(absl::StrCat("entry ", index, " is missing"));
  // What is proven is that the bytes are in the tree, whatever hash lies beside them.
  const merkle::Hash leaf = merkle::LeafHash(entries[0].entry);
  LogTiles tiles(store, checkpoint.size, deadline);
  merkle::TileNodeReader nodes(tiles, checkpoint.size);
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash root, RootBelow(nodes, size, checkpoint));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<merkle::Hash> hashes, merkle::InclusionProof(nodes, index, size));
  if (!merkle::VerifyInclusion(leaf, index, size, hashes, root).ok()) {
    return absl::DataLossError(absl::StrCat("entry ", index, " is not the one that its tile was made of"));
  }
  return ToProto(index, size, leaf, hashes);
}

absl::StatusOr<v1::ConsistencyProof> ProveConsistency(const LogStore& store, const merkle::Checkpoint& checkpoint,
                                                      uint64_t first, uint64_t second, absl::Time deadline) {
  LogTiles tiles(store, checkpoint.size, deadline);
  merkle::TileNodeReader nodes(tiles, checkpoint.size);
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash second_root, RootBelow(nodes, second, checkpoint));
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash first_root, merkle::RootAt(nodes, first));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<merkle::Hash> hashes, merkle::ConsistencyProof(nodes, first, second));
  if (!merkle::VerifyConsistency(first, second, first_root, second_root, hashes).ok()) return TilesDiffer(second);
  v1::ConsistencyProof proof;
  proof.set_first_size(static_cast<int64_t>(first));
  proof.set_second_size(static_cast<int64_t>(second));
  proof.set_first_root_sha256(first_root.ToBytes());
  proof.set_second_root_sha256(second_root.ToBytes());
  for (const merkle::Hash& hash : hashes) proof.add_hashes(hash.ToBytes());
  return proof;
}

}  // namespace docket::audit
