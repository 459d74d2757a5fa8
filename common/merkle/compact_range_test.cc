#include "common/merkle/compact_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/merkle/reference_tree.h"

namespace docket::merkle {
namespace {

// The eight entries, and the roots of the trees of the first n of them, that implementations of RFC 6962 are commonly
// checked against.
const absl::string_view kEntries[] = {
    absl::string_view("", 0),
    absl::string_view("\x00", 1),
    absl::string_view("\x10", 1),
    absl::string_view("\x20\x21", 2),
    absl::string_view("\x30\x31", 2),
    absl::string_view("\x40\x41\x42\x43", 4),
    absl::string_view("\x50\x51\x52\x53\x54\x55\x56\x57", 8),
    absl::string_view("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16)};
const absl::string_view kRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

TEST(CompactRangeTest, KnownRoots) {
  CompactRange range;
  EXPECT_EQ(range.Root().ToHex(), kRoots[0]);
  for (size_t n = 1; n <= 8; ++n) {
    range.Append(LeafHash(kEntries[n - 1]));
    EXPECT_EQ(range.size(), n);
    EXPECT_EQ(range.Root().ToHex(), kRoots[n]) << n;
  }
}

TEST(CompactRangeTest, RootIsThatOfTheDefinitionAtEverySize) {
  const Hashes leaves = TestLeaves(1100);
  CompactRange range;
  for (size_t n = 1; n <= leaves.size(); ++n) {
    range.Append(leaves[n - 1]);
    ASSERT_EQ(range.Root(), ReferenceRoot(absl::MakeSpan(leaves).subspan(0, n))) << n;
  }
}

TEST(CompactRangeTest, VisitsEveryNodeOnceChildrenFirst) {
  constexpr size_t kSize = 300;
  const Hashes leaves = TestLeaves(kSize);
  CompactRange range;
  std::map<NodeId, Hash> seen;
  for (const Hash& leaf : leaves) {
    range.Append(leaf, [&](const NodeId& node, const Hash& hash) {
      if (node.level > 0) {
        EXPECT_TRUE(seen.contains({node.level - 1, 2 * node.index}));
        EXPECT_TRUE(seen.contains({node.level - 1, 2 * node.index + 1}));
      }
      EXPECT_TRUE(seen.emplace(node, hash).second);
    });
  }
  size_t expected = 0;
  for (uint32_t level = 0; kSize >> level != 0; ++level) expected += kSize >> level;
  EXPECT_EQ(seen.size(), expected);
  for (const auto& [node, hash] : seen) {
    EXPECT_EQ(hash, ReferenceRoot(absl::MakeSpan(leaves).subspan(node.index << node.level, size_t{1} << node.level)));
  }
}

TEST(CompactRangeTest, GoesOnFromWhatItSerialised) {
  const Hashes leaves = TestLeaves(200);
  CompactRange range;
  for (size_t n = 0; n < leaves.size(); ++n) {
    const absl::StatusOr<CompactRange> copy = CompactRange::Parse(range.Serialize());
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(*copy, range);
    EXPECT_EQ(copy->Root(), range.Root());
    CompactRange next = *copy;
    next.Append(leaves[n]);
    range.Append(leaves[n]);
    ASSERT_EQ(next, range);
  }
  EXPECT_EQ(range.Serialize().substr(0, 8), std::string("\0\0\0\0\0\0\0\xc8", 8));
  EXPECT_EQ(range.Serialize().size(), 8u + 3 * 32);  // 200 = 128 + 64 + 8
}

TEST(CompactRangeTest, ReachesSizesThatNoTestCanAppend) {
  const std::vector<Hash> edge(63, LeafHash("x"));
  const uint64_t size = (uint64_t{1} << 63) - 1;
  absl::StatusOr<CompactRange> range = CompactRange::Create(size, edge);
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->Serialize().size(), 2024u);
  EXPECT_EQ(*CompactRange::Parse(range->Serialize()), *range);
  int visits = 0;
  range->Append(LeafHash("x"), [&](const NodeId&, const Hash&) { ++visits; });
  EXPECT_EQ(visits, 64);
  EXPECT_EQ(range->size(), kMaxTreeSize);
  EXPECT_EQ(range->edge().size(), 1u);
  EXPECT_TRUE(CompactRange::Parse(range->Serialize()).ok());
}

TEST(CompactRangeTest, RefusesWhatIsNoEdge) {
  CompactRange range;
  for (const Hash& leaf : TestLeaves(5)) range.Append(leaf);
  const std::string good = range.Serialize();
  ASSERT_TRUE(CompactRange::Parse(good).ok());
  std::string other_size = good;
  other_size[7] = 7;                                                           // three subtrees, not two
  std::string huge = std::string("\x80\0\0\0\0\0\0\x01", 8) + good.substr(8);  // 2^63 + 1, which does have two
  for (const std::string& text : {std::string(), good.substr(0, 7), good.substr(0, 8), good.substr(0, good.size() - 1),
                                  good + "x", good + std::string(32, 'x'), other_size, huge}) {
    EXPECT_EQ(CompactRange::Parse(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(CompactRange::Parse(std::string(8, '\0')).ok());
  EXPECT_FALSE(CompactRange::Create(0, {Hash()}).ok());
}

}  // namespace
}  // namespace docket::merkle
