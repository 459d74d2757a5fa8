#include "common/merkle/compact_range.h"

#include <bit>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "common/status/status_macros.h"

namespace docket::merkle {
namespace {

constexpr size_t kSizeBytes = 8;

}  // namespace

absl::StatusOr<CompactRange> CompactRange::Create(uint64_t size, absl::Span<const Hash> edge) {
  if (size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is too large");
  if (edge.size() != static_cast<size_t>(std::popcount(size))) {
    return absl::InvalidArgumentError("the edge does not fit the tree's size");
  }
  CompactRange range;
  range.size_ = size;
  range.edge_.assign(edge.begin(), edge.end());
  return range;
}

absl::StatusOr<CompactRange> CompactRange::Parse(absl::string_view serialized) {
  if (serialized.size() < kSizeBytes || (serialized.size() - kSizeBytes) % Hash::kSize != 0 ||
      serialized.size() > kSizeBytes + 64 * Hash::kSize) {
    return absl::InvalidArgumentError("not a serialised edge");
  }
  uint64_t size = 0;
  for (size_t i = 0; i < kSizeBytes; ++i) size = size << 8 | static_cast<uint8_t>(serialized[i]);
  std::vector<Hash> edge;
  for (size_t at = kSizeBytes; at < serialized.size(); at += Hash::kSize) {
    DOCKET_ASSIGN_OR_RETURN(const Hash hash, Hash::FromBytes(serialized.substr(at, Hash::kSize)));
    edge.push_back(hash);
  }
  return Create(size, edge);
}

Hash CompactRange::Root() const {
  if (edge_.empty()) return EmptyRoot();
  Hash root = edge_.back();
  for (size_t i = edge_.size() - 1; i > 0; --i) root = NodeHash(edge_[i - 1], root);
  return root;
}

void CompactRange::Append(const Hash& leaf_hash) {
  Append(leaf_hash, [](const NodeId&, const Hash&) {});
}

void CompactRange::Append(const Hash& leaf_hash, Visitor visit) {
  NodeId node{0, size_};
  Hash hash = leaf_hash;
  visit(node, hash);
  // Each 1 at the low end of the size is a perfect subtree that the new one completes to the next level, as a carry
  // does in addition.
  for (uint64_t carry = size_; (carry & 1) != 0; carry >>= 1) {
    hash = NodeHash(edge_.back(), hash);
    edge_.pop_back();
    node = NodeId{node.level + 1, node.index >> 1};
    visit(node, hash);
  }
  edge_.push_back(hash);
  ++size_;
}

std::string CompactRange::Serialize() const {
  std::string out;
  out.reserve(kSizeBytes + edge_.size() * Hash::kSize);
  for (size_t i = 0; i < kSizeBytes; ++i) out.push_back(static_cast<char>(size_ >> (8 * (kSizeBytes - 1 - i))));
  for (const Hash& hash : edge_) out.append(hash.bytes().data(), Hash::kSize);
  return out;
}

}  // namespace docket::merkle
