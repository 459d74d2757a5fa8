// Proofs about a tree: building them (the log) and verifying them (everybody else).
//
// An inclusion proof shows that an entry stands at an index of the tree with a given root; a consistency proof that a
// tree is the beginning of a larger one, so that nothing was changed or taken away in between. Both are those of RFC
// 6962 and RFC 9162, hash by hash. A multi-proof shows several entries under one root at once and carries no hash that
// can be computed from the entries themselves.
//
//   absl::StatusOr<std::vector<Hash>> proof = InclusionProof(reader, index, size);       // the log
//   absl::Status ok = VerifyInclusion(LeafHash(entry), index, size, *proof, root);       // its reader
//
// Verifying takes nothing on trust but the root. INVALID_ARGUMENT: there is no such question (an index outside the
// tree, sizes in the wrong order or above kMaxTreeSize). DATA_LOSS: the evidence does not prove the claim, be it by
// content or by a missing or surplus hash.
#ifndef DOCKET_COMMON_MERKLE_PROOF_H_
#define DOCKET_COMMON_MERKLE_PROOF_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/node.h"

namespace docket::merkle {

// Where building finds the tree: a table of tiles, a directory of them, memory.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // The hashes of those nodes, in their order; all of them are in the tree. Asked once per proof, so that one query can
  // answer: at most 128 nodes, for several proofs and a multi-proof at most 128 per leaf.
  virtual absl::StatusOr<std::vector<Hash>> ReadNodes(absl::Span<const NodeId> nodes) = 0;
};

// How many leaves one multi-proof covers at most.
inline constexpr size_t kMaxMultiProofLeaves = 65536;

// An entry's place and hash, as a multi-proof's verifier knows them.
struct Leaf {
  uint64_t index = 0;
  Hash hash;
};

// --- Building. Errors of the reader are passed on.

// The root of the tree when it had `size` entries.
absl::StatusOr<Hash> RootAt(NodeReader& reader, uint64_t size);

// For the entry at `index` < `size`. From the leaf's sibling upwards; empty for a tree of one.
absl::StatusOr<std::vector<Hash>> InclusionProof(NodeReader& reader, uint64_t index, uint64_t size);

// For each of those entries, from one reading: hardly more nodes than their ways up have together, most of which they
// share at the top.
absl::StatusOr<std::vector<std::vector<Hash>>> InclusionProofs(NodeReader& reader, absl::Span<const uint64_t> indexes,
                                                               uint64_t size);

// From 0 < `old_size` to `new_size` >= `old_size`. Empty where they are equal.
absl::StatusOr<std::vector<Hash>> ConsistencyProof(NodeReader& reader, uint64_t old_size, uint64_t new_size);

// For the entries at `indexes`, which are strictly ascending, below `size`, and between 1 and kMaxMultiProofLeaves in
// number. The proof is the roots of the largest subtrees that hold none of them, from left to right.
absl::StatusOr<std::vector<Hash>> MultiProof(NodeReader& reader, absl::Span<const uint64_t> indexes, uint64_t size);

// --- Verifying.

absl::Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size, absl::Span<const Hash> proof,
                             const Hash& root);

// A tree of size 0 has nothing to be consistent with: `size1` = 0 is refused, however empty the proof. Who begins with
// nothing (a witness that has seen no checkpoint yet) has no reason to ask.
absl::Status VerifyConsistency(uint64_t size1, uint64_t size2, const Hash& root1, const Hash& root2,
                               absl::Span<const Hash> proof);

// `leaves` strictly ascending by index, as for MultiProof.
absl::Status VerifyMultiProof(absl::Span<const Leaf> leaves, uint64_t size, absl::Span<const Hash> proof,
                              const Hash& root);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_PROOF_H_
