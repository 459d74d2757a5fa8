#include "services/audit/trail_completeness.h"

#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRequest[] = "organizations/yunqi/requests/r1";

TEST(NumberSetTest, IsASetHoweverItIsFilled) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    NumberSet set;
    std::set<int64_t> reference;
    for (int step = 0; step < 30; ++step) {
      const int64_t first = 1 + static_cast<int64_t>(random() % 40);
      const int64_t last = first + static_cast<int64_t>(random() % 6);
      const bool add = random() % 3 != 0;
      add ? set.Add({first, last}) : set.Remove({first, last});
      for (int64_t number = first; number <= last; ++number) {
        if (add) {
          reference.insert(number);
        } else {
          reference.erase(number);
        }
      }
      std::set<int64_t> held;
      int64_t previous = -1;
      for (const NumberRange& range : set.ranges()) {
        ASSERT_GT(range.first, previous + 1) << "ranges touch";
        ASSERT_LE(range.first, range.last);
        for (int64_t number = range.first; number <= range.last; ++number) held.insert(number);
        previous = range.last;
      }
      ASSERT_EQ(held, reference);
      std::set<int64_t> missing;
      for (const NumberRange& gap : set.Gaps()) {
        for (int64_t number = gap.first; number <= gap.last; ++number) missing.insert(number);
      }
      std::set<int64_t> expected;
      for (int64_t number = 1; !reference.empty() && number <= *reference.rbegin(); ++number) {
        if (!reference.contains(number)) expected.insert(number);
      }
      ASSERT_EQ(missing, expected);
    }
  }
}

TEST(TrailCompletenessTest, KnowsWhoseRevisionsAreAllReported) {
  for (const char* subject : {kRequest, "organizations/o/evaluations/e", "organizations/o/plans/p/workOrders/w",
                              "organizations/o/plans/p/evidence/e", "organizations/o/filings/f"}) {
    EXPECT_TRUE(ReportsEveryRevision(subject)) << subject;
  }
  for (const char* subject : {"", "requests", "organizations/o", "organizations/o/plans/p", "organizations/o/requests",
                              "organizations/o/requests/r/attachments/a", "organizations/requests/x"}) {
    EXPECT_FALSE(ReportsEveryRevision(subject)) << subject;
  }
}

TEST(TrailCompletenessTest, ATrailInAnyOrderWithSeveralEventsPerRevisionIsWhole) {
  TrailCompleteness trail;
  for (const int64_t revision : {3, 1, 2, 2, 0, 4}) trail.Add(kRequest, revision);
  trail.Add("organizations/yunqi/plans/p", 7);
  EXPECT_THAT(trail.Gaps(), IsEmpty());
  EXPECT_FALSE(trail.overflowed());
}

TEST(TrailCompletenessTest, SaysWhichRevisionsAreMissing) {
  TrailCompleteness trail;
  for (const int64_t revision : {3, 4, 9}) trail.Add(kRequest, revision);
  trail.Add("organizations/yunqi/evaluations/e", 1);
  EXPECT_THAT(trail.Gaps(),
              ElementsAre(TrailCompleteness::Gap{kRequest, {1, 2}}, TrailCompleteness::Gap{kRequest, {5, 8}}));
}

TEST(TrailCompletenessTest, ItsMemoryIsBounded) {
  TrailCompleteness trail;
  for (size_t i = 0; i <= TrailCompleteness::kMaxRanges; ++i) {
    EXPECT_FALSE(trail.overflowed());
    trail.Add(absl::StrCat("organizations/yunqi/requests/r", i), 1);
  }
  EXPECT_TRUE(trail.overflowed());
  EXPECT_THAT(trail.Gaps(), IsEmpty());
}

}  // namespace
}  // namespace docket::audit
