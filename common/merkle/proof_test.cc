#include "common/merkle/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/merkle/reference_tree.h"

namespace docket::merkle {
namespace {

using testing::ElementsAreArray;

Hashes FromHex(const std::vector<absl::string_view>& hex) {
  Hashes hashes;
  for (const absl::string_view text : hex) hashes.push_back(*Hash::FromHex(text));
  return hashes;
}

TEST(ProofTest, KnownAnswers) {
  const Hashes leaves = [] {
    Hashes out;
    for (const absl::string_view hex :
         {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}) {
      out.push_back(LeafHash(absl::HexStringToBytes(hex)));
    }
    return out;
  }();
  ReferenceReader reader(leaves);
  EXPECT_THAT(*InclusionProof(reader, 5, 8),
              ElementsAreArray(FromHex({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"})));
  EXPECT_THAT(*InclusionProof(reader, 6, 7),
              ElementsAreArray(FromHex({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"})));
  EXPECT_THAT(*ConsistencyProof(reader, 6, 8),
              ElementsAreArray(FromHex({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"})));
  EXPECT_THAT(*ConsistencyProof(reader, 4, 8),
              ElementsAreArray(FromHex({"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"})));
  EXPECT_THAT(*MultiProof(reader, {1, 2, 6}, 7),
              ElementsAreArray(FromHex({"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
                                        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"})));
}

class ProofPropertyTest : public testing::Test {
 protected:
  void CheckInclusion(uint64_t index, uint64_t size) {
    const absl::Span<const Hash> tree = absl::MakeSpan(leaves_).subspan(0, size);
    const absl::StatusOr<Hashes> proof = InclusionProof(reader_, index, size);
    ASSERT_TRUE(proof.ok()) << proof.status();
    ASSERT_EQ(*proof, ReferencePath(index, tree)) << index << " of " << size;
    ASSERT_TRUE(VerifyInclusion(leaves_[index], index, size, *proof, roots_[size]).ok()) << index << " of " << size;
  }

  void CheckConsistency(uint64_t old_size, uint64_t size) {
    const absl::Span<const Hash> tree = absl::MakeSpan(leaves_).subspan(0, size);
    const absl::StatusOr<Hashes> proof = ConsistencyProof(reader_, old_size, size);
    ASSERT_TRUE(proof.ok()) << proof.status();
    ASSERT_EQ(*proof, ReferenceSubproof(old_size, tree, true)) << old_size << " to " << size;
    ASSERT_TRUE(VerifyConsistency(old_size, size, roots_[old_size], roots_[size], *proof).ok())
        << old_size << " to " << size;
  }

  static constexpr size_t kMaxSize = 1100;
  const Hashes leaves_ = TestLeaves(kMaxSize);
  const Hashes roots_ = [this] {
    Hashes roots;
    for (size_t n = 0; n <= kMaxSize; ++n) roots.push_back(ReferenceRoot(absl::MakeSpan(leaves_).subspan(0, n)));
    return roots;
  }();
  ReferenceReader reader_{leaves_};
  std::mt19937_64 random_{20240517};
};

TEST_F(ProofPropertyTest, AllOfTheSmallTrees) {
  for (uint64_t size = 1; size <= 130; ++size) {
    for (uint64_t at = 0; at < size; ++at) {
      CheckInclusion(at, size);
      CheckConsistency(at + 1, size);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(ProofPropertyTest, RootsOfEarlierSizes) {
  for (uint64_t size = 0; size <= kMaxSize; ++size) ASSERT_EQ(*RootAt(reader_, size), roots_[size]);
}

TEST_F(ProofPropertyTest, AsksTheReaderOnceAndOnlyIfNeeded) {
  ReferenceReader reader(leaves_);
  ASSERT_TRUE(InclusionProof(reader, 700, 1099).ok());
  EXPECT_EQ(reader.calls(), 1);
  ASSERT_TRUE(ConsistencyProof(reader, 700, 1099).ok());
  EXPECT_EQ(reader.calls(), 2);
  EXPECT_TRUE(InclusionProof(reader, 0, 1)->empty());
  EXPECT_TRUE(ConsistencyProof(reader, 77, 77)->empty());
  EXPECT_EQ(*RootAt(reader, 0), EmptyRoot());
  EXPECT_EQ(reader.calls(), 2);
}

TEST_F(ProofPropertyTest, SeveralAtOnceAreWhatEachIsAlone) {
  for (const uint64_t size : {uint64_t{1}, uint64_t{2}, uint64_t{255}, uint64_t{700}, kMaxSize}) {
    // In any order, and one of them twice.
    std::vector<uint64_t> indexes = {size - 1, 0, size / 2, size - 1};
    for (int i = 0; i < 20; ++i) indexes.push_back(random_() % size);
    ReferenceReader reader(leaves_);
    const auto proofs = InclusionProofs(reader, indexes, size);
    ASSERT_TRUE(proofs.ok());
    ASSERT_EQ(proofs->size(), indexes.size());
    for (size_t i = 0; i < indexes.size(); ++i)
      EXPECT_EQ((*proofs)[i], *InclusionProof(reader_, indexes[i], size)) << indexes[i] << " in " << size;
    EXPECT_LE(reader.calls(), 1);
  }
  EXPECT_TRUE(InclusionProofs(reader_, {}, 5)->empty());
  EXPECT_EQ(InclusionProofs(reader_, {4, 5}, 5).status().code(), absl::StatusCode::kInvalidArgument);
}

// A tree whose entries are all the same: a node's hash depends on its level alone, so that trees of any size can be
// had.
class UniformReader final : public NodeReader {
 public:
  UniformReader() {
    Hash hash = LeafHash("x");
    for (int level = 0; level < 64; ++level) {
      levels_.push_back(hash);
      hash = NodeHash(hash, hash);
    }
  }
  absl::StatusOr<std::vector<Hash>> ReadNodes(absl::Span<const NodeId> nodes) override {
    EXPECT_LE(nodes.size(), 128u);
    Hashes hashes;
    for (const NodeId& node : nodes) hashes.push_back(levels_[node.level]);
    return hashes;
  }
  // By the definition: the left part of the largest power of two below n, and the rest.
  Hash Root(uint64_t n) {
    if (n == 1) return levels_[0];
    int level = 0;
    while (uint64_t{2} << level < n) ++level;
    return NodeHash(levels_[static_cast<size_t>(level)], Root(n - (uint64_t{1} << level)));
  }

 private:
  Hashes levels_;
};

TEST(ProofTest, TreesOfAnySize) {
  UniformReader reader;
  std::mt19937_64 random(7);
  std::vector<uint64_t> sizes = {kMaxTreeSize, kMaxTreeSize - 1, (uint64_t{1} << 62) + 1};
  for (int i = 0; i < 2000; ++i) sizes.push_back(1 + (random() >> (1 + random() % 62)));
  for (const uint64_t size : sizes) {
    const Hash root = reader.Root(size);
    ASSERT_EQ(*RootAt(reader, size), root) << size;
    for (const uint64_t at : {uint64_t{0}, size - 1, random() % size}) {
      const absl::StatusOr<Hashes> path = InclusionProof(reader, at, size);
      ASSERT_TRUE(path.ok());
      ASSERT_TRUE(VerifyInclusion(LeafHash("x"), at, size, *path, root).ok()) << at << " of " << size;
      ASSERT_FALSE(VerifyInclusion(LeafHash("y"), at, size, *path, root).ok());
      const absl::StatusOr<Hashes> proof = ConsistencyProof(reader, at + 1, size);
      ASSERT_TRUE(proof.ok());
      ASSERT_TRUE(VerifyConsistency(at + 1, size, reader.Root(at + 1), root, *proof).ok()) << at + 1 << " to " << size;
      const absl::StatusOr<Hashes> multi = MultiProof(reader, {at}, size);
      ASSERT_TRUE(multi.ok());
      ASSERT_TRUE(VerifyMultiProof({{at, LeafHash("x")}}, size, *multi, root).ok());
    }
  }
}

TEST(ProofTest, QuestionsThatHaveNoAnswer) {
  const Hashes leaves = TestLeaves(8);
  ReferenceReader reader(leaves);
  const uint64_t too_large = kMaxTreeSize + 1;
  const Hash root = ReferenceRoot(leaves);
  const std::vector<absl::Status> refused = {
      InclusionProof(reader, 8, 8).status(),
      InclusionProof(reader, 0, 0).status(),
      InclusionProof(reader, UINT64_MAX, 8).status(),
      InclusionProof(reader, 0, too_large).status(),
      ConsistencyProof(reader, 0, 8).status(),
      ConsistencyProof(reader, 0, 0).status(),
      ConsistencyProof(reader, 9, 8).status(),
      ConsistencyProof(reader, 8, too_large).status(),
      RootAt(reader, too_large).status(),
      MultiProof(reader, {}, 8).status(),
      MultiProof(reader, {8}, 8).status(),
      MultiProof(reader, {1, 1}, 8).status(),
      MultiProof(reader, {2, 1}, 8).status(),
      MultiProof(reader, {1}, too_large).status(),
      VerifyInclusion(leaves[0], 8, 8, {}, root),
      VerifyInclusion(leaves[0], 0, 0, {}, EmptyRoot()),
      VerifyInclusion(leaves[0], 0, too_large, {}, root),
      VerifyConsistency(0, 8, EmptyRoot(), root, {}),
      VerifyConsistency(0, 0, EmptyRoot(), EmptyRoot(), {}),
      VerifyConsistency(9, 8, root, root, {}),
      VerifyConsistency(8, too_large, root, root, {}),
      VerifyConsistency(too_large, too_large, root, root, {}),
      VerifyMultiProof({}, 8, {root}, root),
      VerifyMultiProof({{8, leaves[0]}}, 8, {}, root),
      VerifyMultiProof({{1, leaves[1]}, {1, leaves[1]}}, 8, {}, root),
      VerifyMultiProof({{2, leaves[2]}, {1, leaves[1]}}, 8, {}, root),
      VerifyMultiProof({{1, leaves[1]}}, too_large, {}, root),
  };
  for (size_t i = 0; i < refused.size(); ++i) {
    EXPECT_EQ(refused[i].code(), absl::StatusCode::kInvalidArgument) << i << " " << refused[i];
  }
}

TEST(ProofTest, PassesTheReadersErrorsOn) {
  class Broken final : public NodeReader {
   public:
    explicit Broken(absl::StatusOr<std::vector<Hash>> answer) : answer_(std::move(answer)) {}
    absl::StatusOr<std::vector<Hash>> ReadNodes(absl::Span<const NodeId>) override { return answer_; }

   private:
    absl::StatusOr<std::vector<Hash>> answer_;
  };
  Broken unavailable(absl::UnavailableError("no database"));
  EXPECT_EQ(InclusionProof(unavailable, 0, 2).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ConsistencyProof(unavailable, 1, 2).status().code(), absl::StatusCode::kUnavailable);
  Broken short_answer((std::vector<Hash>()));
  EXPECT_EQ(InclusionProof(short_answer, 0, 2).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace docket::merkle
