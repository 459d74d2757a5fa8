// The right edge of a tree: all that appending needs to know of what came before.
//
//   CompactRange tree;
//   tree.Append(LeafHash(entry), [&](NodeId node, const Hash& hash) { tiles.Add(node, hash); });
//   Hash root = tree.Root();
//
// A tree of n entries is a row of perfect subtrees, one for each bit set in n; their roots are the edge, at most 63
// hashes. Copying is cheap: append to a copy, commit, and only then take the copy for the truth.
#ifndef DOCKET_COMMON_MERKLE_COMPACT_RANGE_H_
#define DOCKET_COMMON_MERKLE_COMPACT_RANGE_H_

#include <cstdint>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/node.h"

namespace docket::merkle {

// Not thread-safe.
class CompactRange {
 public:
  // Receives each node that becomes complete, the leaf first and then its ancestors upwards. Every node of the tree is
  // visited once in its life.
  using Visitor = absl::FunctionRef<void(const NodeId&, const Hash&)>;

  // The empty tree.
  CompactRange() = default;

  // The tree of `size` entries whose perfect subtrees have the roots `edge`, from the largest (leftmost) to the
  // smallest. INVALID_ARGUMENT where their number does not fit the size, or the size is above kMaxTreeSize.
  static absl::StatusOr<CompactRange> Create(uint64_t size, absl::Span<const Hash> edge);
  // What Serialize() made.
  static absl::StatusOr<CompactRange> Parse(absl::string_view serialized);

  uint64_t size() const { return size_; }
  // From the largest perfect subtree to the smallest.
  absl::Span<const Hash> edge() const { return edge_; }
  Hash Root() const;

  void Append(const Hash& leaf_hash);
  void Append(const Hash& leaf_hash, Visitor visit);

  // The size as 8 bytes, big-endian, then the edge's hashes: at most 8 + 63 * 32 = 2,024 bytes, and 968 for a tree of
  // 2^30 - 1 entries.
  std::string Serialize() const;

  friend bool operator==(const CompactRange& a, const CompactRange& b) {
    return a.size_ == b.size_ && a.edge_ == b.edge_;
  }

 private:
  uint64_t size_ = 0;
  absl::InlinedVector<Hash, 24> edge_;
};

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_COMPACT_RANGE_H_
