#include "common/identifier/uuid.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/identifier/id.h"
#include "common/identifier/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::Optional;

constexpr int64_t kMillis = 1741064767008;  // 2025-03-04T05:06:07.008Z

TEST(UuidGeneratorTest, MakesVersion7WithTheClocksMillisecond) {
  FakeClock clock(absl::FromUnixMillis(kMillis));
  UuidGenerator uuids(clock);
  for (int i = 0; i < 1000; ++i) {
    const std::string id = uuids.Next();
    ASSERT_EQ(id.size(), kUuidBytes);
    EXPECT_EQ(id[6] & 0xF0, 0x70);
    EXPECT_EQ(id[8] & 0xC0, 0x80);
    EXPECT_THAT(UuidUnixMillis(id), Optional(kMillis));
  }
}

TEST(UuidGeneratorTest, GrowsWhileTheClockStandsStillBeyondTheCounter) {
  FakeClock clock(absl::FromUnixMillis(kMillis));
  UuidGenerator uuids(clock);
  std::string last;
  for (int i = 0; i < 20000; ++i) {
    const std::string id = uuids.Next();
    ASSERT_LT(last, id) << "at " << i;
    last = id;
  }
  // 20000 identifiers need between 20000/4096 and 20000/2048 milliseconds, so the time runs ahead by less than ten of
  // them.
  EXPECT_GT(*UuidUnixMillis(last), kMillis);
  EXPECT_LE(*UuidUnixMillis(last), kMillis + 10);
}

TEST(UuidGeneratorTest, GrowsWhileTheClockGoesBackAndForth) {
  FakeClock clock(absl::FromUnixMillis(kMillis));
  UuidGenerator uuids(clock);
  std::string last;
  for (int i = 0; i < 5000; ++i) {
    clock.Set(absl::FromUnixMillis(kMillis + (i % 7) * 1000 - (i % 3) * 5000));
    const std::string id = uuids.Next();
    ASSERT_LT(last, id) << "at " << i;
    last = id;
  }
  clock.Set(absl::FromUnixMillis(kMillis + 60000));
  EXPECT_THAT(UuidUnixMillis(uuids.Next()), Optional(kMillis + 60000));
}

TEST(UuidGeneratorTest, StaysWellFormedWithAnAbsurdClock) {
  FakeClock clock(absl::InfinitePast());
  UuidGenerator uuids(clock);
  EXPECT_THAT(UuidUnixMillis(uuids.Next()), Optional(0));
  clock.Set(absl::InfiniteFuture());
  EXPECT_THAT(UuidUnixMillis(uuids.Next()), Optional((int64_t{1} << 48) - 1));
}

TEST(UuidGeneratorTest, ThreadsAndGeneratorsNeverCollide) {
  SystemClock clock;
  UuidGenerator shared(clock);
  UuidGenerator other(clock);
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::vector<std::vector<std::string>> made(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) made[t].push_back(t == 0 ? other.Next() : shared.Next());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : made) {
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    all.insert(ids.begin(), ids.end());
  }
  EXPECT_EQ(all.size(), size_t{kThreads} * kEach);
}

TEST(UuidGeneratorTest, RandomBitsAllVary) {
  FakeClock clock(absl::FromUnixMillis(kMillis));
  UuidGenerator uuids(clock);
  std::string ones(kUuidBytes, '\0');
  std::string zeros(kUuidBytes, '\0');
  for (int i = 0; i < 2000; ++i) {
    const std::string id = uuids.Next();
    for (size_t b = 8; b < kUuidBytes; ++b) {
      ones[b] |= id[b];
      zeros[b] |= ~id[b];
    }
  }
  EXPECT_EQ(static_cast<unsigned char>(ones[8]), 0xBF);
  EXPECT_EQ(static_cast<unsigned char>(zeros[8]), 0x7F);
  for (size_t b = 9; b < kUuidBytes; ++b) {
    EXPECT_EQ(static_cast<unsigned char>(ones[b]), 0xFF) << b;
    EXPECT_EQ(static_cast<unsigned char>(zeros[b]), 0xFF) << b;
  }
}

TEST(UuidTextTest, ReadsTheRfcsExample) {
  // RFC 9562, appendix A.6.
  const std::string text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
  const auto bytes = ParseUuid(text);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(*bytes, std::string("\x01\x7f\x22\xe2\x79\xb0\x7c\xc3\x98\xc4\xdc\x0c\x0c\x07\x39\x8f", 16));
  EXPECT_EQ(FormatUuid(*bytes), text);
  EXPECT_THAT(UuidUnixMillis(*bytes), Optional(1645557742000));
}

TEST(UuidTextTest, RoundTripsWhatItMakes) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  for (int i = 0; i < 1000; ++i) {
    const std::string id = uuids.Next();
    EXPECT_THAT(ParseUuid(FormatUuid(id)), Optional(id));
    EXPECT_TRUE(IsValidId(FormatUuid(id)));
  }
}

TEST(UuidTextTest, RefusesEverySingleDeviation) {
  const std::string good = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'g', 'A', 'F', ' ', '{', '/', ':', '`', '@', '\0', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      EXPECT_EQ(ParseUuid(bad), std::nullopt) << bad;
    }
    std::string moved = good;
    moved[i] = good[i] == '-' ? '0' : '-';
    EXPECT_EQ(ParseUuid(moved), std::nullopt) << moved;
  }
}

TEST(UuidTextTest, RefusesOtherSpellings) {
  for (const std::string& bad :
       {std::string(), std::string("-"), std::string("{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"),
        std::string("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), std::string("017f22e279b07cc398c4dc0c0c07398f"),
        std::string("urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        std::string("017f22e2-79b0-7cc3-98c4-dc0c0c07398"), std::string("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"),
        std::string("017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n"),
        std::string("017f22e2-79b0-7cc3-98c4-dc0c0c07398f\0", 37)}) {
    EXPECT_EQ(ParseUuid(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(FormatUuid(""), "");
  EXPECT_EQ(FormatUuid(std::string(15, 'a')), "");
  EXPECT_EQ(FormatUuid(std::string(17, 'a')), "");
  EXPECT_EQ(FormatUuid(std::string(16, '\0')), "00000000-0000-0000-0000-000000000000");
}

TEST(UuidTextTest, OnlyVersion7HasATime) {
  EXPECT_EQ(UuidUnixMillis(std::string(16, '\0')), std::nullopt);
  EXPECT_EQ(UuidUnixMillis(""), std::nullopt);
  const auto version4 = ParseUuid("919108f7-52d1-4320-9bac-f847db4148a8");
  ASSERT_TRUE(version4.has_value());
  EXPECT_EQ(UuidUnixMillis(*version4), std::nullopt);
  EXPECT_EQ(FormatUuid(*version4), "919108f7-52d1-4320-9bac-f847db4148a8");
}

TEST(RandomBytesTest, GivesTheLengthAskedForAndNeverRepeats) {
  EXPECT_EQ(RandomBytes(0), "");
  for (const size_t count : {1, 16, 255, 256, 257, 100000}) EXPECT_EQ(RandomBytes(count).size(), count);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(RandomBytes(16));
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace docket
