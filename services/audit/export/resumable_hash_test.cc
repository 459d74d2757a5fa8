#include "services/audit/export/resumable_hash.h"

#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::audit {
namespace {

TEST(ResumableHashTest, IsSha256AtEveryLength) {
  std::mt19937 random(3);
  std::string bytes;
  ResumableHash whole;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(whole.Digest(), merkle::Sha256(bytes)) << length;
    bytes.push_back(static_cast<char>(random()));
    whole.Add(bytes.substr(bytes.size() - 1));
  }
  EXPECT_EQ(ResumableHash().Digest().ToHex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ResumableHashTest, GoesOnFromItsStateWhereverItIsCut) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    ResumableHash hash;
    for (int part = 0; part < 5; ++part) {
      std::string piece(random() % 300, '\0');
      for (char& c : piece) c = static_cast<char>(random());
      hash.Add(piece);
      bytes += piece;
      const std::string state = hash.State();
      EXPECT_LE(state.size(), 103u);
      const auto resumed = ResumableHash::FromState(state);
      ASSERT_TRUE(resumed.has_value());
      hash = *resumed;
    }
    EXPECT_EQ(hash.byte_count(), bytes.size());
    EXPECT_EQ(hash.Digest(), merkle::Sha256(bytes));
  }
}

TEST(ResumableHashTest, RefusesWhatIsNoState) {
  ResumableHash hash;
  hash.Add("数据库");
  const std::string state = hash.State();
  for (size_t length = 0; length < state.size(); ++length)
    EXPECT_FALSE(ResumableHash::FromState(state.substr(0, length)).has_value()) << length;
  EXPECT_FALSE(ResumableHash::FromState(state + "x").has_value());
}

}  // namespace
}  // namespace docket::audit
