// Verifying proofs: the walks of RFC 9162, sections 2.1.3.2 and 2.1.4.2, and the multi-proof's.
#include <algorithm>
#include <bit>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/merkle/proof.h"

namespace docket::merkle {
namespace {

absl::Status NotProven(absl::string_view why) { return absl::DataLossError(why); }

constexpr char kTooShort[] = "the proof is too short";
constexpr char kTooLong[] = "the proof is too long";

// Walks the tree as the prover did, taking from the proof each subtree that holds none of the leaves.
class MultiProofWalk {
 public:
  explicit MultiProofWalk(absl::Span<const Hash> proof) : proof_(proof) {}

  // The root of the entries [begin, end), of which `leaves` are known. Nothing where the proof runs out. The depth is
  // at most 64.
  std::optional<Hash> Root(uint64_t begin, uint64_t end, absl::Span<const Leaf> leaves) {
    if (leaves.empty()) {
      if (used_ == proof_.size()) return std::nullopt;
      return proof_[used_++];
    }
    if (end - begin == 1) return leaves.front().hash;
    const uint64_t middle = begin + std::bit_floor(end - begin - 1);
    const auto right_leaves = std::lower_bound(leaves.begin(), leaves.end(), middle,
                                               [](const Leaf& leaf, uint64_t index) { return leaf.index < index; });
    const size_t left_count = static_cast<size_t>(right_leaves - leaves.begin());
    const std::optional<Hash> left = Root(begin, middle, leaves.subspan(0, left_count));
    if (!left.has_value()) return std::nullopt;
    const std::optional<Hash> right = Root(middle, end, leaves.subspan(left_count));
    if (!right.has_value()) return std::nullopt;
    return NodeHash(*left, *right);
  }

  bool used_up() const { return used_ == proof_.size(); }

 private:
  absl::Span<const Hash> proof_;
  size_t used_ = 0;
};

}  // namespace

absl::Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size, absl::Span<const Hash> proof,
                             const Hash& root) {
  if (size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is larger than any can be");
  if (index >= size) {
    return absl::InvalidArgumentError(absl::StrCat("no index ", index, " in a tree of ", size, " entries"));
  }
  // `node` is the position of `hash` in its level, `last` that of the level's last node.
  uint64_t node = index;
  uint64_t last = size - 1;
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (last == 0) return NotProven(kTooLong);
    if ((node & 1) != 0 || node == last) {
      hash = NodeHash(sibling, hash);
      // A last node without a sibling is its own parent, for as many levels as that holds.
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return NotProven(kTooShort);
  if (hash != root) return NotProven("the proof leads to another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(uint64_t size1, uint64_t size2, const Hash& root1, const Hash& root2,
                               absl::Span<const Hash> proof) {
  if (size2 > kMaxTreeSize) return absl::InvalidArgumentError("the tree is larger than any can be");
  if (size1 == 0 || size1 > size2) {
    return absl::InvalidArgumentError(absl::StrCat("no consistency proof from ", size1, " to ", size2, " entries"));
  }
  if (size1 == size2) {
    if (!proof.empty()) return NotProven(kTooLong);
    if (root1 != root2) return NotProven("two roots for one size");
    return absl::OkStatus();
  }
  // Begin at the largest perfect subtree on the old tree's right edge.
  uint64_t node = size1 - 1;
  uint64_t last = size2 - 1;
  const int skip = std::countr_one(node);
  node >>= skip;
  last >>= skip;
  Hash old_hash = root1;
  if (node != 0) {
    if (proof.empty()) return NotProven(kTooShort);
    old_hash = proof.front();
    proof.remove_prefix(1);
  }
  Hash new_hash = old_hash;
  for (const Hash& sibling : proof) {
    if (last == 0) return NotProven(kTooLong);
    if ((node & 1) != 0 || node == last) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return NotProven(kTooShort);
  if (old_hash != root1) return NotProven("the proof leads to another old root");
  if (new_hash != root2) return NotProven("the proof leads to another new root");
  return absl::OkStatus();
}

absl::Status VerifyMultiProof(absl::Span<const Leaf> leaves, uint64_t size, absl::Span<const Hash> proof,
                              const Hash& root) {
  if (size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is larger than any can be");
  if (leaves.empty() || leaves.size() > kMaxMultiProofLeaves) {
    return absl::InvalidArgumentError(absl::StrCat("a multi-proof covers 1 to ", kMaxMultiProofLeaves, " entries"));
  }
  for (size_t i = 1; i < leaves.size(); ++i) {
    if (leaves[i].index <= leaves[i - 1].index) {
      return absl::InvalidArgumentError("the indexes are not strictly ascending");
    }
  }
  if (leaves.back().index >= size) {
    return absl::InvalidArgumentError(
        absl::StrCat("no index ", leaves.back().index, " in a tree of ", size, " entries"));
  }
  MultiProofWalk walk(proof);
  const std::optional<Hash> computed = walk.Root(0, size, leaves);
  if (!computed.has_value()) return NotProven(kTooShort);
  if (!walk.used_up()) return NotProven(kTooLong);
  if (*computed != root) return NotProven("the proof leads to another root");
  return absl::OkStatus();
}

}  // namespace docket::merkle
