// For tests: the definitions of RFC 6962, section 2.1, word for word and with no regard to cost, to judge the real code
// by.
#ifndef DOCKET_COMMON_MERKLE_REFERENCE_TREE_H_
#define DOCKET_COMMON_MERKLE_REFERENCE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
