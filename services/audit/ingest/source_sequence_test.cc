#include "services/audit/ingest/source_sequence.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kNow = 1790000000000000;

SequenceRange Range(int64_t first, int64_t last) { return {.first = first, .last = last}; }
auto Gap(int64_t first, int64_t last) { return Pair(first, SourceSequence::Gap{.last = last, .detect_us = kNow}); }

TEST(SourceSequenceTest, NumbersInOrderLeaveNoGap) {
  SourceSequence sequence;
  EXPECT_THAT(sequence.TakeIn({1, 2, 3}, kNow).missed, IsEmpty());
  const SourceSequence::Change change = sequence.TakeIn({4}, kNow);
  EXPECT_TRUE(change.moved);
  EXPECT_THAT(change.missed, IsEmpty());
  EXPECT_EQ(sequence.last(), 4);
  EXPECT_THAT(sequence.gaps(), IsEmpty());
}

TEST(SourceSequenceTest, OrderWithinABatchDoesNotMatter) {
  SourceSequence sequence;
  EXPECT_THAT(sequence.TakeIn({3, 1, 2, 5, 4, 3}, kNow).missed, IsEmpty());
  EXPECT_EQ(sequence.last(), 5);
}

TEST(SourceSequenceTest, WhatHasNoNumberSaysNothing) {
  SourceSequence sequence;
  EXPECT_TRUE(sequence.TakeIn({0, 0, -7}, kNow).empty());
  EXPECT_EQ(sequence.last(), 0);
}

TEST(SourceSequenceTest, WhatWasSeenStaysSeen) {
  SourceSequence sequence;
  sequence.TakeIn({1, 2, 3}, kNow);
  const SourceSequence::Change again = sequence.TakeIn({1, 2, 3, 2}, kNow);
  EXPECT_TRUE(again.empty());
  EXPECT_THAT(again.missed, IsEmpty());
}

TEST(SourceSequenceTest, SkippedNumbersAreMissedOnceAndFilledInParts) {
  SourceSequence sequence;
  sequence.TakeIn({1}, kNow);
  const SourceSequence::Change skipped = sequence.TakeIn({10, 12}, kNow);
  EXPECT_THAT(skipped.missed, ElementsAre(Range(2, 9), Range(11, 11)));
  EXPECT_THAT(skipped.opened, ElementsAre(2, 11));
  EXPECT_EQ(sequence.missing(), 9);
  EXPECT_THAT(sequence.TakeIn({10, 13}, kNow + 1).missed, IsEmpty());

  const SourceSequence::Change middle = sequence.TakeIn({5, 6}, kNow + 1);
  EXPECT_THAT(middle.filled, ElementsAre(Range(5, 6)));
  EXPECT_THAT(middle.closed, ElementsAre(2));
  EXPECT_THAT(middle.opened, ElementsAre(2, 7));
  EXPECT_THAT(sequence.gaps(), ElementsAre(Gap(2, 4), Gap(7, 9), Gap(11, 11)));

  const SourceSequence::Change rest = sequence.TakeIn({2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, kNow + 1);
  EXPECT_THAT(rest.filled, ElementsAre(Range(2, 4), Range(7, 9), Range(11, 11)));
  EXPECT_THAT(rest.closed, ElementsAre(2, 7, 11));
  EXPECT_THAT(rest.opened, IsEmpty());
  EXPECT_THAT(sequence.gaps(), IsEmpty());
  EXPECT_EQ(sequence.missing(), 0);
  EXPECT_EQ(sequence.last(), 14);
}

TEST(SourceSequenceTest, TheLargestNumberIsTakenWithoutOverflow) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  SourceSequence sequence;
  EXPECT_THAT(sequence.TakeIn({kMost, 1}, kNow).missed, ElementsAre(Range(2, kMost - 1)));
  EXPECT_THAT(sequence.TakeIn({kMost, kMost - 1}, kNow).filled, ElementsAre(Range(kMost - 1, kMost - 1)));
  EXPECT_EQ(sequence.missing(), kMost - 3);
}

TEST(SourceSequenceTest, MoreGapsThanAreFollowedAreNoticedAndCounted) {
  SourceSequence sequence;
  std::vector<int64_t> numbers;
  for (int64_t i = 1; i <= 1003; ++i) numbers.push_back(i * 3);
  EXPECT_EQ(sequence.TakeIn(numbers, kNow).missed.size(), 1003u);
  EXPECT_EQ(sequence.gaps().size(), SourceSequence::kMaxOpenGaps);
  EXPECT_EQ(sequence.missing(), 2006);
  EXPECT_EQ(sequence.untracked(), 6);
  // Those of the last three gaps are not followed.
  EXPECT_THAT(sequence.TakeIn({1, 2, 3007, 3008}, kNow).filled, ElementsAre(Range(1, 2)));
  EXPECT_EQ(sequence.missing(), 2004);
}

TEST(SourceSequenceTest, WhatAGapBreaksIntoIsCountedWhereThereIsNoRoom) {
  SourceSequence sequence;
  std::vector<int64_t> numbers;
  for (int64_t i = 1; i <= 1000; ++i) numbers.push_back(i * 4);
  sequence.TakeIn(numbers, kNow);
  ASSERT_EQ(sequence.gaps().size(), SourceSequence::kMaxOpenGaps);
  EXPECT_THAT(sequence.TakeIn({2}, kNow).filled, ElementsAre(Range(2, 2)));
  EXPECT_EQ(sequence.gaps().at(1).last, 1);
  EXPECT_FALSE(sequence.gaps().contains(3));
  EXPECT_EQ(sequence.untracked(), 1);
  EXPECT_EQ(sequence.missing(), 2999);
}

// Against the definition: whatever the order and however often numbers come, what is missing is what did not come.
TEST(SourceSequenceTest, AgreesWithTheSetOfWhatCame) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 200; ++round) {
    SourceSequence sequence;
    std::set<int64_t> came;
    std::set<int64_t> missed;
    // What the rows would hold.
    std::map<int64_t, int64_t> rows;
    for (int step = 0; step < 20; ++step) {
      std::vector<int64_t> numbers;
      const int count = std::uniform_int_distribution<int>(1, 6)(random);
      for (int i = 0; i < count; ++i) numbers.push_back(std::uniform_int_distribution<int64_t>(0, 40)(random));
      const SourceSequence::Change change = sequence.TakeIn(numbers, kNow);
      for (const int64_t number : numbers) {
        if (number > 0) came.insert(number);
      }
      for (const SequenceRange& range : change.missed) {
        for (int64_t n = range.first; n <= range.last; ++n) EXPECT_TRUE(missed.insert(n).second) << "missed twice";
      }
      for (const SequenceRange& range : change.filled) {
        for (int64_t n = range.first; n <= range.last; ++n) EXPECT_EQ(missed.erase(n), 1u) << "filled without a gap";
      }
      for (const int64_t first : change.closed) EXPECT_EQ(rows.erase(first), 1u);
      for (const int64_t first : change.opened) EXPECT_TRUE(rows.emplace(first, sequence.gaps().at(first).last).second);
      std::set<int64_t> expected;
      const int64_t last = came.empty() ? 0 : *came.rbegin();
      for (int64_t n = 1; n < last; ++n) {
        if (!came.contains(n)) expected.insert(n);
      }
      std::set<int64_t> open;
      for (const auto& [first, gap] : sequence.gaps()) {
        for (int64_t n = first; n <= gap.last; ++n) open.insert(n);
      }
      ASSERT_EQ(sequence.last(), last);
      ASSERT_EQ(missed, expected);
      ASSERT_EQ(open, expected);
      ASSERT_EQ(sequence.missing(), static_cast<int64_t>(expected.size()));
      ASSERT_EQ(rows.size(), sequence.gaps().size());
      for (const auto& [first, gap] : sequence.gaps()) ASSERT_EQ(rows.at(first), gap.last);
    }
  }
}

}  // namespace
}  // namespace docket::audit
