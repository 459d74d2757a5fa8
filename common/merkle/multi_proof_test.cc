#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "common/merkle/proof.h"
#include "common/merkle/reference_tree.h"

namespace docket::merkle {
namespace {

std::vector<Leaf> LeavesAt(const Hashes& leaves, const std::vector<uint64_t>& indexes) {
  std::vector<Leaf> out;
  for (const uint64_t index : indexes) out.push_back({index, leaves[index]});
  return out;
}

TEST(MultiProofTest, EverySubsetOfSmallTrees) {
  const Hashes leaves = TestLeaves(10);
  ReferenceReader reader(leaves);
  for (size_t size = 1; size <= leaves.size(); ++size) {
    const Hash root = ReferenceRoot(absl::MakeSpan(leaves).subspan(0, size));
    for (uint64_t subset = 1; subset < uint64_t{1} << size; ++subset) {
      std::vector<uint64_t> indexes;
      for (uint64_t i = 0; i < size; ++i) {
        if ((subset >> i & 1) != 0) indexes.push_back(i);
      }
      const absl::StatusOr<Hashes> proof = MultiProof(reader, indexes, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      const std::vector<Leaf> known = LeavesAt(leaves, indexes);
      ASSERT_TRUE(VerifyMultiProof(known, size, *proof, root).ok());
      if (indexes.size() == size) {
        EXPECT_TRUE(proof->empty());
      }
      // Each leaf and each hash of the proof counts, and nothing may be added.
      for (size_t i = 0; i < known.size(); ++i) {
        std::vector<Leaf> changed = known;
        changed[i].hash = LeafHash("another");
        ASSERT_EQ(VerifyMultiProof(changed, size, *proof, root).code(), absl::StatusCode::kDataLoss);
      }
      for (size_t i = 0; i < proof->size(); ++i) {
        Hashes changed = *proof;
        changed[i] = LeafHash("another");
        ASSERT_EQ(VerifyMultiProof(known, size, changed, root).code(), absl::StatusCode::kDataLoss);
        changed = *proof;
        changed.erase(changed.begin() + static_cast<ptrdiff_t>(i));
        ASSERT_EQ(VerifyMultiProof(known, size, changed, root).code(), absl::StatusCode::kDataLoss);
      }
      Hashes longer = *proof;
      longer.push_back(root);
      ASSERT_EQ(VerifyMultiProof(known, size, longer, root).code(), absl::StatusCode::kDataLoss);
      ASSERT_FALSE(VerifyMultiProof(known, size, *proof, EmptyRoot()).ok());
    }
  }
}

TEST(MultiProofTest, AnotherSubsetIsNotProven) {
  const Hashes leaves = TestLeaves(7);
  ReferenceReader reader(leaves);
  const Hash root = ReferenceRoot(leaves);
  const Hashes proof = *MultiProof(reader, {1, 2, 6}, 7);
  ASSERT_TRUE(VerifyMultiProof(LeavesAt(leaves, {1, 2, 6}), 7, proof, root).ok());
  for (const std::vector<uint64_t>& other :
       std::vector<std::vector<uint64_t>>{{1, 2}, {1, 2, 5}, {0, 2, 6}, {1, 3, 6}, {1, 2, 5, 6}}) {
    EXPECT_FALSE(VerifyMultiProof(LeavesAt(leaves, other), 7, proof, root).ok());
  }
  // The right entries at exchanged places.
  EXPECT_FALSE(VerifyMultiProof({{1, leaves[2]}, {2, leaves[1]}, {6, leaves[6]}}, 7, proof, root).ok());
}

TEST(MultiProofTest, LargerTreesShareNodes) {
  const Hashes leaves = TestLeaves(1000);
  ReferenceReader reader(leaves);
  std::mt19937_64 random(99);
  for (int round = 0; round < 60; ++round) {
    const size_t size = 1 + random() % leaves.size();
    const Hash root = ReferenceRoot(absl::MakeSpan(leaves).subspan(0, size));
    std::set<uint64_t> chosen;
    const size_t count = 1 + random() % 40;
    for (size_t i = 0; i < count; ++i) chosen.insert(random() % size);
    const std::vector<uint64_t> indexes(chosen.begin(), chosen.end());
    const absl::StatusOr<Hashes> proof = MultiProof(reader, indexes, size);
    ASSERT_TRUE(proof.ok());
    ASSERT_TRUE(VerifyMultiProof(LeavesAt(leaves, indexes), size, *proof, root).ok());
    size_t apart = 0;
    for (const uint64_t index : indexes) apart += ReferencePath(index, absl::MakeSpan(leaves).subspan(0, size)).size();
    EXPECT_LE(proof->size(), apart);
    if (indexes.size() > 1) {
      EXPECT_LT(proof->size(), apart);
    }
    // A proof for one entry is its inclusion proof, from left to right instead of upwards.
    Hashes one = *MultiProof(reader, {indexes[0]}, size);
    Hashes path = *InclusionProof(reader, indexes[0], size);
    std::sort(one.begin(), one.end());
    std::sort(path.begin(), path.end());
    EXPECT_EQ(one, path);
  }
}

TEST(MultiProofTest, IsBounded) {
  std::vector<uint64_t> indexes(kMaxMultiProofLeaves + 1);
  std::vector<Leaf> leaves(kMaxMultiProofLeaves + 1);
  for (size_t i = 0; i < indexes.size(); ++i) indexes[i] = leaves[i].index = i;
  ReferenceReader reader({});
  EXPECT_EQ(MultiProof(reader, indexes, 1 << 20).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(VerifyMultiProof(leaves, 1 << 20, {}, Hash()).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace docket::merkle
