#include "services/request/version.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

TEST(VersionTest, WhatTheCatalogueCanShow) {
  for (const char* good : {"4", "4.1.0", "V3_0+hotfix", "2026.03-rc.1"}) EXPECT_TRUE(IsVersion(good)) << good;
  for (const char* bad : {"", ".1", "4 1", "四", "4/1", "-1"}) EXPECT_FALSE(IsVersion(bad)) << bad;
  EXPECT_TRUE(IsVersion(std::string(64, '1')));
  EXPECT_FALSE(IsVersion(std::string(65, '1')));
}

TEST(VersionTest, EachOfALineIsLaterThanTheOneBefore) {
  const std::vector<std::vector<std::string>> lines = {
      // The example of Semantic Versioning 2.0.0, and what follows.
      {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
       "1.0.0", "1.0.0+1", "1.0.0+1.2", "1.0.0+a", "1.0.1", "1.1", "1.10", "2", "10"},
      {"1.1.1", "1.1.1a", "1.1.1w", "1.1.2"},
      {"9.2p1", "9.2p2", "9.2p10", "9.3p1"},
      {"2.0dev", "2.0rc1", "2.0-rc.2", "2.0_rc10", "2.0", "2.0sp1", "2.0.1"},
      {"2025.12.31", "20260101", "2026-11-21", "20261122", "202611220001", "202611221530", "2026.11.23", "2026.12"},
      {"2026.03-rc.1", "2026.03", "2026.3.1"},
      {"1-1", "1-2", "1"},
      {"0", "0.0.1", "0.1"},
      {"99999999999999999999999999998", "99999999999999999999999999999", "100000000000000000000000000000"},
      // No dates: a thirteenth month, a 31st of February, a year before 1900.
      {"2026.11.22", "18991231", "20260231", "20261301"},
  };
  for (const std::vector<std::string>& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      for (size_t j = 0; j < line.size(); ++j) {
        const std::weak_ordering expected = i <=> j;
        EXPECT_TRUE(CompareVersions(line[i], line[j]) == expected) << line[i] << " and " << line[j];
      }
    }
  }
}

TEST(VersionTest, SpellingsOfOneVersion) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"v4.2", "4.2"},
      {"V4.2", "4.2.0.0"},
      {"4_2", "4.2"},
      {"4.02", "4.2"},
      {"2.0RC1", "2.0-rc.1"},
      {"2.0.rc1", "2.0-RC.1"},
      {"20261122", "2026.11.22"},
      {"2026-11-22", "2026.11.22"},
      {"v20261122", "2026.11.22"},
      {"3sp1", "3.SP.1"},
      {"1.0a", "1a"},
      {"2026-11-22-rc1", "20261122rc1"},
      {"1+B.01", "1.0+b1"},
  };
  for (const auto& [a, b] : pairs) {
    EXPECT_TRUE(CompareVersions(a, b) == 0) << a << " and " << b;
    EXPECT_EQ(VersionKey(a), VersionKey(b)) << a << " and " << b;
  }
  // Another build is another version.
  EXPECT_FALSE(CompareVersions("4.2+hotfix", "4.2") == 0);
  EXPECT_FALSE(CompareVersions("vista", "ista") == 0);
}

// Texts that resemble versions, and texts that do not.
std::string RandomText(std::mt19937& random) {
  static const char* const kPieces[] = {"0",  "1",     "2",    "10",  "01",       "2026",      "11",  "22", "20261122",
                                        ".",  ".",     ".",    "_",   "-",        "+",         "v",   "V",  "rc",
                                        "RC", "alpha", "beta", "a",   "p",        "sp",        "dev", " ",  "\xff",
                                        "\n", "门",    "/",    "999", "snapshot", "2026-11-22"};
  std::string text;
  const int pieces = static_cast<int>(random() % 7);
  for (int i = 0; i < pieces; ++i) text += kPieces[random() % std::size(kPieces)];
  if (random() % 20 == 0) text.push_back('\0');
  return text;
}

TEST(VersionTest, TheOrderIsConsistentOverRandomTexts) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 40'000; ++round) {
    const std::string a = RandomText(random), b = RandomText(random), c = RandomText(random);
    const std::weak_ordering ab = CompareVersions(a, b), bc = CompareVersions(b, c), ac = CompareVersions(a, c);
    ASSERT_TRUE(CompareVersions(a, a) == 0) << a;
    ASSERT_TRUE((ab < 0) == (CompareVersions(b, a) > 0)) << a << " and " << b;
    ASSERT_TRUE((ab == 0) == (CompareVersions(b, a) == 0)) << a << " and " << b;
    ASSERT_EQ(ab == 0, VersionKey(a) == VersionKey(b)) << a << " and " << b;
    if (ab <= 0 && bc <= 0) {
      ASSERT_TRUE(ac <= 0) << a << ", " << b << " and " << c;
      if (ab < 0 || bc < 0) {
        ASSERT_TRUE(ac < 0) << a << ", " << b << " and " << c;
      }
    }
    ASSERT_LE(VersionKey(a).size(), 4 * a.size() + 16);
  }
}

TEST(VersionTest, LongTextsCostNoMoreThanTheirLength) {
  std::string digits(200'000, '9'), dots, words;
  for (int i = 0; i < 100'000; ++i) {
    dots += "0.";
    words += "a1";
  }
  EXPECT_TRUE(CompareVersions(digits, digits + "9") < 0);
  EXPECT_TRUE(CompareVersions(dots, "0") == 0);
  EXPECT_TRUE(CompareVersions(words, words + "1") < 0);
}

}  // namespace
}  // namespace docket::request
