// Every inclusion and every consistency proof of every tree up to 1,100 entries, which is past the first tile of a
// second level: built, compared with the definition hash by hash, and verified. Tiles and random larger trees besides.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/merkle/compact_range.h"
#include "common/merkle/proof.h"
#include "common/merkle/reference_tree.h"
#include "common/merkle/tile_builder.h"
#include "common/merkle/tile_reader.h"

namespace docket::merkle {
namespace {

constexpr size_t kMaxSize = 1100;

// In quarters, which run side by side.
class ProofExhaustiveTest : public testing::TestWithParam<size_t> {
 protected:
  static constexpr size_t kQuarters = 4;
  const Hashes leaves_ = TestLeaves(kMaxSize);
  RememberingReference reference_{leaves_};
  RememberingReader reader_{leaves_};
};

TEST_P(ProofExhaustiveTest, EveryInclusionProof) {
  size_t proofs = 0;
  for (size_t size = 1 + GetParam(); size <= kMaxSize; size += kQuarters) {
    const Hash root = reference_.Root(0, size);
    for (size_t index = 0; index < size; ++index, ++proofs) {
      const absl::StatusOr<Hashes> proof = InclusionProof(reader_, index, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, reference_.Path(index, 0, size)) << index << " of " << size;
      ASSERT_TRUE(VerifyInclusion(leaves_[index], index, size, *proof, root).ok()) << index << " of " << size;
    }
  }
  EXPECT_GT(proofs, kMaxSize * kMaxSize / 8 - kMaxSize);
}

TEST_P(ProofExhaustiveTest, EveryConsistencyProof) {
  for (size_t size = 1 + GetParam(); size <= kMaxSize; size += kQuarters) {
    const Hash root = reference_.Root(0, size);
    // Nothing is consistent with no entries, however empty the proof.
    ASSERT_FALSE(ConsistencyProof(reader_, 0, size).ok());
    ASSERT_FALSE(VerifyConsistency(0, size, EmptyRoot(), root, {}).ok());
    for (size_t old_size = 1; old_size <= size; ++old_size) {
      const absl::StatusOr<Hashes> proof = ConsistencyProof(reader_, old_size, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, reference_.Subproof(old_size, 0, size, true)) << old_size << " to " << size;
      ASSERT_TRUE(VerifyConsistency(old_size, size, reference_.Root(0, old_size), root, *proof).ok())
          << old_size << " to " << size;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Quarters, ProofExhaustiveTest, testing::Values(0, 1, 2, 3));

Hash Flip(const Hash& hash, size_t bit) {
  std::string bytes = hash.ToBytes();
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return *Hash::FromBytes(bytes);
}

// Proofs from different corners of the tree, each with every bit of every hash flipped, and with every other length
// that is had by leaving out or repeating hashes at either end.
TEST(ProofBitsTest, AnyBitOrLengthChangedIsRefused) {
  const Hashes leaves = TestLeaves(kMaxSize);
  RememberingReference reference(leaves);
  const auto each_wrong = [](const Hashes& proof, const auto& verify) {
    for (size_t i = 0; i < proof.size(); ++i) {
      for (size_t bit = 0; bit < 8 * Hash::kSize; ++bit) {
        Hashes wrong = proof;
        wrong[i] = Flip(wrong[i], bit);
        ASSERT_EQ(verify(wrong).code(), absl::StatusCode::kDataLoss) << "hash " << i << " bit " << bit;
      }
    }
    for (size_t length = 0; length < proof.size(); ++length) {
      ASSERT_EQ(verify(Hashes(proof.begin(), proof.begin() + static_cast<ptrdiff_t>(length))).code(),
                absl::StatusCode::kDataLoss);
      ASSERT_EQ(verify(Hashes(proof.end() - static_cast<ptrdiff_t>(length), proof.end())).code(),
                absl::StatusCode::kDataLoss);
    }
    Hashes longer = proof;
    for (int more = 0; more < 70; ++more) {
      longer.push_back(proof.empty() ? Hash() : proof[static_cast<size_t>(more) % proof.size()]);
      ASSERT_EQ(verify(longer).code(), absl::StatusCode::kDataLoss) << longer.size();
    }
  };
  const std::vector<std::pair<size_t, size_t>> places = {{0, 1},       {0, 2},       {1, 2},     {2, 3},
                                                         {255, 256},   {0, 256},     {256, 257}, {511, 513},
                                                         {1023, 1025}, {1024, 1100}, {7, 1100},  {1099, 1100}};
  for (const auto& [index, size] : places) {
    const Hash root = reference.Root(0, size);
    each_wrong(reference.Path(index, 0, size),
               [&, at = index, n = size](const Hashes& p) { return VerifyInclusion(leaves[at], at, n, p, root); });
    each_wrong(reference.Subproof(index + 1, 0, size, true), [&, at = index, n = size](const Hashes& p) {
      return VerifyConsistency(at + 1, n, reference.Root(0, at + 1), root, p);
    });
    if (HasFatalFailure()) return;
  }
}

// The tiles of a growing tree.
class GrownTiles final : public TileReader {
 public:
  void Grow(size_t size) {
    for (size_t i = tree_.size(); i < size; ++i) {
      leaves_.push_back(LeafHash(absl::StrCat("entry ", i)));
      tree_.Append(leaves_.back(), [&](const NodeId& node, const Hash& hash) { builder_.Add(node, hash); });
      for (CompleteTile& tile : builder_.TakeCompleted()) full_[{tile.id.level, tile.id.index}] = tile.bytes;
    }
  }
  absl::StatusOr<std::vector<std::string>> ReadTiles(absl::Span<const TileId> tiles) override {
    std::vector<std::string> result;
    for (const TileId& tile : tiles) {
      const auto found = full_.find({tile.level, tile.index});
      result.push_back(found != full_.end() ? found->second : std::string(builder_.partial(tile.level)));
    }
    return result;
  }
  const Hashes& leaves() const { return leaves_; }

 private:
  CompactRange tree_;
  TileBuilder builder_;
  Hashes leaves_;
  std::map<std::pair<uint32_t, uint64_t>, std::string> full_;
};

// Beyond: proofs from tiles of a tree with a full tile at the second level, at random and on the borders of tiles.
TEST(ProofFromTilesTest, LargerTreesAtRandom) {
  constexpr size_t kLarge = 66'000;
  GrownTiles tiles;
  tiles.Grow(kLarge);
  RememberingReference reference(tiles.leaves());
  TileNodeReader reader(tiles, kLarge);
  std::mt19937_64 random(20260101);
  std::vector<size_t> sizes = {kLarge, 65'535, 65'536, 65'537, 65'792, 256, 257, 255, 512};
  for (int i = 0; i < 200; ++i) sizes.push_back(1 + random() % kLarge);
  for (const size_t size : sizes) {
    const Hash root = reference.Root(0, size);
    ASSERT_EQ(*RootAt(reader, size), root) << size;
    for (const size_t at : {size_t{0}, size - 1, size / 2, static_cast<size_t>(random() % size)}) {
      const absl::StatusOr<Hashes> path = InclusionProof(reader, at, size);
      ASSERT_TRUE(path.ok()) << path.status();
      ASSERT_EQ(*path, reference.Path(at, 0, size)) << at << " of " << size;
      ASSERT_TRUE(VerifyInclusion(tiles.leaves()[at], at, size, *path, root).ok());
      const absl::StatusOr<Hashes> proof = ConsistencyProof(reader, at + 1, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, reference.Subproof(at + 1, 0, size, true)) << at + 1 << " to " << size;
      ASSERT_TRUE(VerifyConsistency(at + 1, size, reference.Root(0, at + 1), root, *proof).ok());
    }
  }
}

}  // namespace
}  // namespace docket::merkle
