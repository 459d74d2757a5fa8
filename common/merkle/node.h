// Addresses of nodes in a tree.
//
//   level 2          (2,0)
//                  /       \                      a tree of 5 entries: (2,0) and (0,4) are its perfect subtrees,
//   level 1     (1,0)      (1,1)                  its root is NodeHash((2,0), (0,4)) and has no address of its own,
//               /   \      /   \                  because it changes with the next entry.
//   level 0  (0,0) (0,1) (0,2) (0,3) (0,4)
#ifndef DOCKET_COMMON_MERKLE_NODE_H_
#define DOCKET_COMMON_MERKLE_NODE_H_

#include <cstdint>
#include <utility>

namespace docket::merkle {

// No tree has more entries; sizes above are refused wherever they are read.
inline constexpr uint64_t kMaxTreeSize = uint64_t{1} << 63;

// A perfect subtree: the node at `level` that covers the entries [index << level, (index + 1) << level). Once all of
// them exist, its hash never changes again.
struct NodeId {
  uint32_t level = 0;  // 0 to 63; 0 is a leaf
  uint64_t index = 0;

  friend bool operator==(const NodeId& a, const NodeId& b) { return a.level == b.level && a.index == b.index; }
  friend bool operator!=(const NodeId& a, const NodeId& b) { return !(a == b); }
  friend bool operator<(const NodeId& a, const NodeId& b) {
    return a.level != b.level ? a.level < b.level : a.index < b.index;
  }
  template <typename H>
  friend H AbslHashValue(H state, const NodeId& node) {
    return H::combine(std::move(state), node.level, node.index);
  }
};

// Whether every entry below `node` is in a tree of `tree_size` entries, so that the tree holds the node's hash.
constexpr bool IsInTree(const NodeId& node, uint64_t tree_size) {
  return node.level <= 63 && node.index < (tree_size >> node.level);
}

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_NODE_H_
