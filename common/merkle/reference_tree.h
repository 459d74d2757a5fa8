// For tests: the definitions of RFC 6962, section 2.1, word for word and with no regard to cost, to judge the real code
// by.
#ifndef DOCKET_COMMON_MERKLE_REFERENCE_TREE_H_
#define DOCKET_COMMON_MERKLE_REFERENCE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/proof.h"

namespace docket::merkle {

using Hashes = std::vector<Hash>;

// The largest power of two smaller than n.
inline size_t SplitOf(size_t n) {
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

// MTH(D[n]) over leaf hashes.
inline Hash ReferenceRoot(absl::Span<const Hash> d) {
  if (d.empty()) return EmptyRoot();
  if (d.size() == 1) return d[0];
  const size_t k = SplitOf(d.size());
  return NodeHash(ReferenceRoot(d.subspan(0, k)), ReferenceRoot(d.subspan(k)));
}

// PATH(m, D[n]).
inline Hashes ReferencePath(size_t m, absl::Span<const Hash> d) {
  if (d.size() == 1) return {};
  const size_t k = SplitOf(d.size());
  Hashes path = m < k ? ReferencePath(m, d.subspan(0, k)) : ReferencePath(m - k, d.subspan(k));
  path.push_back(ReferenceRoot(m < k ? d.subspan(k) : d.subspan(0, k)));
  return path;
}

// SUBPROOF(m, D[n], b).
inline Hashes ReferenceSubproof(size_t m, absl::Span<const Hash> d, bool whole) {
  if (m == d.size()) return whole ? Hashes{} : Hashes{ReferenceRoot(d)};
  const size_t k = SplitOf(d.size());
  Hashes proof = m <= k ? ReferenceSubproof(m, d.subspan(0, k), whole) : ReferenceSubproof(m - k, d.subspan(k), false);
  proof.push_back(ReferenceRoot(m <= k ? d.subspan(k) : d.subspan(0, k)));
  return proof;
}

// On which side the sibling stands at each step of PATH(m, D[n]), from the leaf upwards: 'L' or 'R'.
inline std::string ReferenceShape(size_t m, size_t n) {
  if (n == 1) return "";
  const size_t k = SplitOf(n);
  return m < k ? ReferenceShape(m, k) + "R" : ReferenceShape(m - k, n - k) + "L";
}

// The leaf hashes of `n` different entries.
inline Hashes TestLeaves(size_t n) {
  Hashes leaves;
  leaves.reserve(n);
  for (size_t i = 0; i < n; ++i) leaves.push_back(LeafHash(absl::StrCat("entry ", i)));
  return leaves;
}

// The same definitions over the leaves [begin, end) of one list, remembering every subtree's root, so that all proofs
// of all sizes can be had. The trees of all sizes share their subtrees.
class RememberingReference {
 public:
  explicit RememberingReference(absl::Span<const Hash> leaves) : leaves_(leaves) {}

  Hash Root(size_t begin, size_t end) {
    if (begin == end) return EmptyRoot();
    if (end - begin == 1) return leaves_[begin];
    const auto found = roots_.find({begin, end});
    if (found != roots_.end()) return found->second;
    const size_t middle = begin + SplitOf(end - begin);
    return roots_[{begin, end}] = NodeHash(Root(begin, middle), Root(middle, end));
  }
  Hashes Path(size_t m, size_t begin, size_t end) {
    if (end - begin == 1) return {};
    const size_t k = SplitOf(end - begin);
    Hashes path = m < k ? Path(m, begin, begin + k) : Path(m - k, begin + k, end);
    path.push_back(m < k ? Root(begin + k, end) : Root(begin, begin + k));
    return path;
  }
  Hashes Subproof(size_t m, size_t begin, size_t end, bool whole) {
    if (m == end - begin) return whole ? Hashes{} : Hashes{Root(begin, end)};
    const size_t k = SplitOf(end - begin);
    Hashes proof = m <= k ? Subproof(m, begin, begin + k, whole) : Subproof(m - k, begin + k, end, false);
    proof.push_back(m <= k ? Root(begin + k, end) : Root(begin, begin + k));
    return proof;
  }

 private:
  absl::Span<const Hash> leaves_;
  absl::flat_hash_map<std::pair<size_t, size_t>, Hash> roots_;
};

// A NodeReader that computes each node once from the leaves.
class RememberingReader final : public NodeReader {
 public:
  explicit RememberingReader(absl::Span<const Hash> leaves) : size_(leaves.size()), reference_(leaves) {}

  absl::StatusOr<std::vector<Hash>> ReadNodes(absl::Span<const NodeId> nodes) override {
    std::vector<Hash> hashes;
    hashes.reserve(nodes.size());
    for (const NodeId& node : nodes) {
      if (!IsInTree(node, size_)) return absl::NotFoundError("not in the tree");
      hashes.push_back(reference_.Root(node.index << node.level, (node.index + 1) << node.level));
    }
    return hashes;
  }

 private:
  const uint64_t size_;
  RememberingReference reference_;
};

// A NodeReader that computes each node from the leaves.
class ReferenceReader final : public NodeReader {
 public:
  explicit ReferenceReader(absl::Span<const Hash> leaves) : leaves_(leaves) {}

  absl::StatusOr<std::vector<Hash>> ReadNodes(absl::Span<const NodeId> nodes) override {
    ++calls_;
    std::vector<Hash> hashes;
    for (const NodeId& node : nodes) {
      if (!IsInTree(node, leaves_.size())) return absl::NotFoundError("not in the tree");
      hashes.push_back(ReferenceRoot(leaves_.subspan(node.index << node.level, uint64_t{1} << node.level)));
    }
    return hashes;
  }

  int calls() const { return calls_; }

 private:
  absl::Span<const Hash> leaves_;
  int calls_ = 0;
};

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_REFERENCE_TREE_H_
