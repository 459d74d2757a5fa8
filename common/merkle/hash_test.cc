#include "common/merkle/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace docket::merkle {
namespace {

TEST(HashTest, KnownAnswers) {
  EXPECT_EQ(EmptyRoot().ToHex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // The leaf of an empty entry is not the empty root.
  EXPECT_EQ(LeafHash("").ToHex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(LeafHash(absl::string_view("\0", 1)).ToHex(),
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
  EXPECT_EQ(NodeHash(LeafHash(""), LeafHash(absl::string_view("\0", 1))).ToHex(),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_EQ(Sha256("abc").ToHex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HashTest, LeavesAndNodesAreOfDifferentKinds) {
  const Hash left = LeafHash("left");
  const Hash right = LeafHash("right");
  EXPECT_NE(NodeHash(left, right), NodeHash(right, left));
  // An entry made of two hashes hashes as an entry.
  EXPECT_NE(LeafHash(absl::StrCat(left.bytes(), right.bytes())), NodeHash(left, right));
  // Nor can it bring the node's prefix with it.
  EXPECT_NE(LeafHash(absl::StrCat("\x01", left.bytes(), right.bytes())), NodeHash(left, right));
}

TEST(HashTest, EveryFormReadsBackWhatItWrote) {
  const Hash hash = LeafHash("x");
  EXPECT_EQ(*Hash::FromBytes(hash.ToBytes()), hash);
  EXPECT_EQ(*Hash::FromHex(hash.ToHex()), hash);
  EXPECT_EQ(*Hash::FromBase64(hash.ToBase64()), hash);
  EXPECT_EQ(hash.ToBase64().size(), 44u);
  EXPECT_EQ(Hash().ToHex(), std::string(64, '0'));
}

TEST(HashTest, RefusesWhatIsNotOneHash) {
  const std::string hex = LeafHash("x").ToHex();
  for (const std::string& text : {std::string(), hex.substr(1), hex + "0", hex + hex, std::string(64, 'g'),
                                  std::string(64, 'A'), " " + hex.substr(1)}) {
    EXPECT_EQ(Hash::FromHex(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  const std::string bytes = LeafHash("x").ToBytes();
  EXPECT_FALSE(Hash::FromBytes("").ok());
  EXPECT_FALSE(Hash::FromBytes(bytes.substr(1)).ok());
  EXPECT_FALSE(Hash::FromBytes(bytes + "x").ok());
}

TEST(HashTest, Base64HasOneSpelling) {
  const std::string zeros = std::string(43, 'A') + "=";
  ASSERT_TRUE(Hash::FromBase64(zeros).ok());
  for (const std::string& text : {
           std::string(), std::string(43, 'A'), std::string(44, 'A'), zeros + "=", zeros + "\n", " " + zeros,
           std::string(42, 'A') + "B=",                    // an unused bit is set
           std::string(42, 'A') + "_=",                    // the alphabet of URLs
           std::string(20, 'A') + "\n" + zeros.substr(20)  // a line break
       }) {
    EXPECT_FALSE(Hash::FromBase64(text).ok()) << text;
  }
}

TEST(HashTest, ListsOfByteStrings) {
  const std::vector<std::string> good = {LeafHash("a").ToBytes(), LeafHash("b").ToBytes()};
  EXPECT_THAT(*HashesFromBytes(good), testing::ElementsAre(LeafHash("a"), LeafHash("b")));
  EXPECT_TRUE(HashesFromBytes(std::vector<std::string>())->empty());
  for (const size_t size : {0u, 31u, 33u, 64u}) {
    std::vector<std::string> bad = good;
    bad[1].resize(size);
    EXPECT_EQ(HashesFromBytes(bad).status().code(), absl::StatusCode::kInvalidArgument) << size;
  }
}

}  // namespace
}  // namespace docket::merkle
