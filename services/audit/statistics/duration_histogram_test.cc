#include "services/audit/statistics/duration_histogram.h"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace docket::audit {
namespace {

TEST(DurationHistogramTest, SlotsFollowEachOtherWithoutGap) {
  EXPECT_EQ(SlotBegin(0), 0);
  const int last = DurationSlot(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(last, kLastDurationSlot);
  for (int slot = 1; slot <= last; ++slot) {
    ASSERT_EQ(DurationSlot(SlotBegin(slot)), slot);
    ASSERT_EQ(DurationSlot(SlotBegin(slot) - 1), slot - 1);
  }
}

TEST(DurationHistogramTest, TheMiddleIsNeverFurtherThanSaid) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const int64_t duration = static_cast<int64_t>(random() >> (1 + random() % 62));
    const int64_t middle = SlotMiddle(DurationSlot(duration));
    ASSERT_LE(std::abs(middle - duration) * 16.0, static_cast<double>(duration)) << duration;
  }
  for (int64_t duration = 0; duration < 16; ++duration) EXPECT_EQ(SlotMiddle(DurationSlot(duration)), duration);
  EXPECT_EQ(DurationSlot(-5), 0);
}

TEST(DurationHistogramTest, PercentilesAreThoseOfTheSortedDurations) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<int64_t> durations;
    DurationHistogram histogram;
    const int count = 1 + static_cast<int>(random() % 300);
    int64_t total = 0;
    for (int i = 0; i < count; ++i) {
      durations.push_back(static_cast<int64_t>(random() % 10'000'000'000));
      total += durations.back();
      histogram.Add(DurationSlot(durations.back()), 1, durations.back());
    }
    std::sort(durations.begin(), durations.end());
    EXPECT_EQ(histogram.count(), count);
    EXPECT_EQ(histogram.total_us(), total);
    for (const int percent : {1, 50, 90, 99, 100}) {
      const int64_t exact = durations[static_cast<size_t>(std::max(1, (count * percent + 99) / 100) - 1)];
      EXPECT_NEAR(static_cast<double>(histogram.PercentileUs(percent)), static_cast<double>(exact),
                  static_cast<double>(exact) / 16)
          << percent << " of " << count;
    }
  }
}

TEST(DurationHistogramTest, WhatIsTakenAwayIsGone) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.PercentileUs(50), 0);
  histogram.Add(DurationSlot(100), 1, 100);
  histogram.Add(DurationSlot(9000), 1, 9000);
  histogram.Add(DurationSlot(100), -1, -100);
  EXPECT_EQ(histogram.count(), 1);
  EXPECT_EQ(histogram.total_us(), 9000);
  EXPECT_EQ(histogram.PercentileUs(1), SlotMiddle(DurationSlot(9000)));
}

}  // namespace
}  // namespace docket::audit
