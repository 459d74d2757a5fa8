// What is not the proof is refused: every proof of small trees, changed in every way that keeps it a list of hashes.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/merkle/proof.h"
#include "common/merkle/reference_tree.h"

namespace docket::merkle {
namespace {

Hash Flip(const Hash& hash, size_t bit) {
  std::string bytes = hash.ToBytes();
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return *Hash::FromBytes(bytes);
}

// All of them differ from `proof`.
std::vector<Hashes> Mutations(const Hashes& proof, const Hash& stray) {
  std::vector<Hashes> out;
  for (size_t i = 0; i <= proof.size(); ++i) {
    Hashes longer = proof;
    longer.insert(longer.begin() + static_cast<ptrdiff_t>(i), stray);
    out.push_back(longer);
  }
  for (size_t i = 0; i < proof.size(); ++i) {
    for (const size_t bit : {0u, 4u, 131u, 255u}) {
      Hashes flipped = proof;
      flipped[i] = Flip(flipped[i], bit);
      out.push_back(flipped);
    }
    Hashes shorter = proof;
    shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(i));
    out.push_back(shorter);
    Hashes twice = proof;
    twice.insert(twice.begin() + static_cast<ptrdiff_t>(i), proof[i]);
    out.push_back(twice);
    for (size_t j = 0; j < i; ++j) {
      Hashes swapped = proof;
      std::swap(swapped[i], swapped[j]);
      out.push_back(swapped);
    }
  }
  if (!proof.empty()) out.push_back({});
  Hashes doubled = proof;
  doubled.insert(doubled.end(), proof.begin(), proof.end());
  if (!proof.empty()) out.push_back(doubled);
  out.push_back(Hashes(70, stray));
  return out;
}

class ProofMutationTest : public testing::Test {
 protected:
  static constexpr size_t kMaxSize = 40;
  const Hashes leaves_ = TestLeaves(kMaxSize + 1);
  const Hashes roots_ = [this] {
    Hashes roots;
    for (size_t n = 0; n <= kMaxSize + 1; ++n) roots.push_back(ReferenceRoot(absl::MakeSpan(leaves_).subspan(0, n)));
    return roots;
  }();
  absl::Span<const Hash> Tree(size_t n) const { return absl::MakeSpan(leaves_).subspan(0, n); }
};

TEST_F(ProofMutationTest, Inclusion) {
  size_t refused = 0;
  for (size_t size = 1; size <= kMaxSize; ++size) {
    for (size_t index = 0; index < size; ++index) {
      const Hashes proof = ReferencePath(index, Tree(size));
      const Hash& leaf = leaves_[index];
      ASSERT_TRUE(VerifyInclusion(leaf, index, size, proof, roots_[size]).ok());
      for (const Hash& stray : {leaf, roots_[size], Hash()}) {
        for (const Hashes& mutation : Mutations(proof, stray)) {
          ASSERT_EQ(VerifyInclusion(leaf, index, size, mutation, roots_[size]).code(), absl::StatusCode::kDataLoss);
          ++refused;
        }
      }
      ASSERT_FALSE(VerifyInclusion(Flip(leaf, 9), index, size, proof, roots_[size]).ok());
      ASSERT_FALSE(VerifyInclusion(leaf, index, size, proof, Flip(roots_[size], 200)).ok());
      ASSERT_FALSE(VerifyInclusion(leaf, index, size, proof, EmptyRoot()).ok());
      if (size > 1) {
        ASSERT_FALSE(VerifyInclusion(roots_[size], index, size, proof, leaf).ok());
      }
      for (size_t other = 0; other < size; ++other) {
        if (other == index) continue;
        ASSERT_FALSE(VerifyInclusion(leaf, other, size, proof, roots_[size]).ok()) << index << " as " << other;
        ASSERT_FALSE(VerifyInclusion(leaves_[other], index, size, proof, roots_[size]).ok());
      }
      // The proof under another size's root.
      for (const size_t other : {size - 1, size + 1, size * 2, size ^ 2, size | 1}) {
        if (other == size || other > kMaxSize + 1) continue;
        ASSERT_FALSE(VerifyInclusion(leaf, index, other, proof, roots_[other]).ok()) << size << " as " << other;
      }
    }
  }
  EXPECT_GT(refused, 50'000u);
}

// A root says nothing of its size: the same hashes on the same sides are the same computation. That is why a size is
// believed only together with its root, from a signed checkpoint. Where the way up differs, the proof is refused.
TEST_F(ProofMutationTest, InclusionUnderAnotherSizeIsRefusedWhereTheWayUpDiffers) {
  for (size_t size = 1; size <= kMaxSize; ++size) {
    for (size_t index = 0; index < size; ++index) {
      const Hashes proof = ReferencePath(index, Tree(size));
      for (size_t other = index + 1; other <= kMaxSize; ++other) {
        ASSERT_EQ(VerifyInclusion(leaves_[index], index, other, proof, roots_[size]).ok(),
                  ReferenceShape(index, other) == ReferenceShape(index, size))
            << index << " of " << size << " as of " << other;
      }
    }
  }
}

TEST_F(ProofMutationTest, Consistency) {
  size_t refused = 0;
  for (size_t size = 1; size <= kMaxSize; ++size) {
    for (size_t old_size = 1; old_size <= size; ++old_size) {
      const Hashes proof = ReferenceSubproof(old_size, Tree(size), true);
      const Hash& old_root = roots_[old_size];
      const Hash& root = roots_[size];
      ASSERT_TRUE(VerifyConsistency(old_size, size, old_root, root, proof).ok());
      for (const Hash& stray : {old_root, root, Hash()}) {
        for (const Hashes& mutation : Mutations(proof, stray)) {
          ASSERT_EQ(VerifyConsistency(old_size, size, old_root, root, mutation).code(), absl::StatusCode::kDataLoss);
          ++refused;
        }
      }
      ASSERT_FALSE(VerifyConsistency(old_size, size, Flip(old_root, 3), root, proof).ok());
      ASSERT_FALSE(VerifyConsistency(old_size, size, old_root, Flip(root, 77), proof).ok());
      if (old_size != size) {
        ASSERT_FALSE(VerifyConsistency(old_size, size, root, old_root, proof).ok());
        ASSERT_FALSE(VerifyConsistency(old_size, size, root, root, proof).ok());
        ASSERT_FALSE(VerifyConsistency(old_size, size, old_root, old_root, proof).ok());
        ASSERT_FALSE(VerifyConsistency(old_size, old_size, old_root, root, {}).ok());
      }
      for (const size_t other : {old_size - 1, old_size + 1, old_size * 2, old_size ^ 2}) {
        if (other == old_size || other > kMaxSize) continue;
        ASSERT_FALSE(VerifyConsistency(other, size, roots_[other], root, proof).ok()) << old_size << " as " << other;
      }
      for (const size_t other : {size - 1, size + 1, size * 2, size ^ 2}) {
        if (other == size || other > kMaxSize + 1) continue;
        ASSERT_FALSE(VerifyConsistency(old_size, other, old_root, roots_[other], proof).ok())
            << size << " as " << other;
      }
    }
  }
  EXPECT_GT(refused, 50'000u);
}

TEST_F(ProofMutationTest, TwoHistoriesAreNotConsistent) {
  // The second tree replaces one entry of the first, and appends more.
  for (size_t changed = 0; changed < 20; ++changed) {
    Hashes forged(leaves_.begin(), leaves_.begin() + 33);
    forged[changed] = LeafHash("rewritten");
    const Hashes proof = ReferenceSubproof(20, forged, true);
    EXPECT_EQ(VerifyConsistency(20, 33, roots_[20], ReferenceRoot(forged), proof).code(), absl::StatusCode::kDataLoss);
  }
}

TEST_F(ProofMutationTest, AnInnerNodePassesForNoEntry) {
  // Four entries; the claim is that there are two, each the 64 bytes of two hashes.
  const Hash left = NodeHash(leaves_[0], leaves_[1]);
  const Hash right = NodeHash(leaves_[2], leaves_[3]);
  const std::string entry = absl::StrCat(leaves_[0].bytes(), leaves_[1].bytes());
  EXPECT_EQ(VerifyInclusion(LeafHash(entry), 0, 2, {right}, roots_[4]).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(VerifyMultiProof({{0, LeafHash(entry)}}, 2, {right}, roots_[4]).code(), absl::StatusCode::kDataLoss);
  // It is the leaf's prefix that stops this: with the node's own hash in its place, the walk does reach the root.
  EXPECT_TRUE(VerifyInclusion(left, 0, 2, {right}, roots_[4]).ok());
  // An entry of such 64 bytes is an entry like any other.
  const Hashes tree = {leaves_[0], LeafHash(entry)};
  EXPECT_TRUE(VerifyInclusion(LeafHash(entry), 1, 2, {leaves_[0]}, ReferenceRoot(tree)).ok());
}

}  // namespace
}  // namespace docket::merkle
