// Building proofs. Verifying is in proof_verify.cc and shares no code with this file but the tree's shape.
#include "common/merkle/proof.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace docket::merkle {
namespace {

// The entries [begin, end) as one subtree, in the way the tree's shape splits them; it need not be perfect.
struct Subtree {
  uint64_t begin;
  uint64_t end;

  uint64_t size() const { return end - begin; }
  // Where a subtree of more than one entry divides: the left part is the largest power of two below its size.
  uint64_t middle() const { return begin + std::bit_floor(size() - 1); }
};

// The roots of those subtrees. One that is not perfect is folded from its perfect parts, which are the nodes that
// storage holds.
absl::StatusOr<std::vector<Hash>> ReadRoots(NodeReader& reader, absl::Span<const Subtree> subtrees) {
  std::vector<NodeId> nodes;
  std::vector<size_t> parts;  // of the subtrees, one after the other: places in `nodes`
  std::vector<size_t> ends;   // of each subtree's parts
  absl::flat_hash_map<NodeId, size_t> places;
  for (const Subtree& subtree : subtrees) {
    for (uint64_t begin = subtree.begin; begin < subtree.end;) {
      const uint32_t level = static_cast<uint32_t>(std::bit_width(subtree.end - begin)) - 1;
      const NodeId node{level, begin >> level};
      const auto [place, is_new] = places.try_emplace(node, nodes.size());
      if (is_new) nodes.push_back(node);
      parts.push_back(place->second);
      begin += uint64_t{1} << level;
    }
    ends.push_back(parts.size());
  }
  if (nodes.empty()) return std::vector<Hash>();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Hash> hashes, reader.ReadNodes(nodes));
  if (hashes.size() != nodes.size()) return absl::InternalError("the node reader answered another number of nodes");

  std::vector<Hash> roots;
  roots.reserve(subtrees.size());
  size_t begin = 0;
  for (const size_t end : ends) {
    Hash root = hashes[parts[end - 1]];
    for (size_t i = end - 1; i > begin; --i) root = NodeHash(hashes[parts[i - 1]], root);
    roots.push_back(root);
    begin = end;
  }
  return roots;
}

// Descends to the leaves of interest, leaving aside each largest subtree that holds none of them.
void LeaveAside(const Subtree& subtree, absl::Span<const uint64_t> indexes, std::vector<Subtree>& aside) {
  if (indexes.empty()) {
    aside.push_back(subtree);
    return;
  }
  if (subtree.size() == 1) return;
  const uint64_t middle = subtree.middle();
  const auto right = std::lower_bound(indexes.begin(), indexes.end(), middle);
  const size_t left_count = static_cast<size_t>(right - indexes.begin());
  LeaveAside({subtree.begin, middle}, indexes.subspan(0, left_count), aside);
  LeaveAside({middle, subtree.end}, indexes.subspan(left_count), aside);
}

absl::Status CheckSize(uint64_t size) {
  if (size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is larger than any can be");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Hash> RootAt(NodeReader& reader, uint64_t size) {
  DOCKET_RETURN_IF_ERROR(CheckSize(size));
  if (size == 0) return EmptyRoot();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Hash> roots, ReadRoots(reader, {{0, size}}));
  return roots.front();
}

absl::StatusOr<std::vector<Hash>> InclusionProof(NodeReader& reader, uint64_t index, uint64_t size) {
  DOCKET_ASSIGN_OR_RETURN(std::vector<std::vector<Hash>> proofs, InclusionProofs(reader, {index}, size));
  return std::move(proofs.front());
}

absl::StatusOr<std::vector<std::vector<Hash>>> InclusionProofs(NodeReader& reader, absl::Span<const uint64_t> indexes,
                                                               uint64_t size) {
  DOCKET_RETURN_IF_ERROR(CheckSize(size));
  std::vector<Subtree> siblings;  // of each way up, from the leaf on
  std::vector<size_t> ends;
  for (const uint64_t index : indexes) {
    if (index >= size) {
      return absl::InvalidArgumentError(absl::StrCat("no index ", index, " in a tree of ", size, " entries"));
    }
    const auto begin = static_cast<std::ptrdiff_t>(siblings.size());
    Subtree subtree{0, size};
    while (subtree.size() > 1) {
      const Subtree left{subtree.begin, subtree.middle()};
      const Subtree right{subtree.middle(), subtree.end};
      const bool go_left = index < right.begin;
      siblings.push_back(go_left ? right : left);
      subtree = go_left ? left : right;
    }
    std::reverse(siblings.begin() + begin, siblings.end());
    ends.push_back(siblings.size());
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Hash> roots, ReadRoots(reader, siblings));
  std::vector<std::vector<Hash>> proofs;
  size_t begin = 0;
  for (const size_t end : ends) {
    const absl::Span<const Hash> proof = absl::MakeConstSpan(roots).subspan(begin, end - begin);
    proofs.emplace_back(proof.begin(), proof.end());
    begin = end;
  }
  return proofs;
}

absl::StatusOr<std::vector<Hash>> ConsistencyProof(NodeReader& reader, uint64_t old_size, uint64_t new_size) {
  DOCKET_RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size == 0 || old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("no consistency proof from ", old_size, " to ", new_size, " entries"));
  }
  // Follow the border between old and new down to the subtree that ends exactly there. While it has only been left
  // parts, that subtree is the whole old tree, whose root the verifier has.
  std::vector<Subtree> parts;
  Subtree subtree{0, new_size};
  while (subtree.end != old_size) {
    const Subtree left{subtree.begin, subtree.middle()};
    const Subtree right{subtree.middle(), subtree.end};
    const bool go_left = old_size <= right.begin;
    parts.push_back(go_left ? right : left);
    subtree = go_left ? left : right;
  }
  if (subtree.begin != 0) parts.push_back(subtree);
  std::reverse(parts.begin(), parts.end());
  return ReadRoots(reader, parts);
}

absl::StatusOr<std::vector<Hash>> MultiProof(NodeReader& reader, absl::Span<const uint64_t> indexes, uint64_t size) {
  DOCKET_RETURN_IF_ERROR(CheckSize(size));
  if (indexes.empty() || indexes.size() > kMaxMultiProofLeaves) {
    return absl::InvalidArgumentError(absl::StrCat("a multi-proof covers 1 to ", kMaxMultiProofLeaves, " entries"));
  }
  for (size_t i = 1; i < indexes.size(); ++i) {
    if (indexes[i] <= indexes[i - 1]) return absl::InvalidArgumentError("the indexes are not strictly ascending");
  }
  if (indexes.back() >= size) {
    return absl::InvalidArgumentError(absl::StrCat("no index ", indexes.back(), " in a tree of ", size, " entries"));
  }
  std::vector<Subtree> aside;
  LeaveAside({0, size}, indexes, aside);
  return ReadRoots(reader, aside);
}

}  // namespace docket::merkle
