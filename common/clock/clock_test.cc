#include "common/clock/clock.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

TEST(FakeClockTest, StandsUntilItIsMoved) {
  FakeClock clock{absl::FromUnixMicros(1790000000000001)};
  EXPECT_EQ(clock.NowMicros(), 1790000000000001);
  EXPECT_EQ(clock.NowMicros(), 1790000000000001);
  clock.Advance(absl::Seconds(2));
  EXPECT_EQ(clock.NowMicros(), 1790000002000001);
  // Clocks of machines do that too.
  clock.Advance(-absl::Seconds(3));
  EXPECT_EQ(clock.NowMicros(), 1789999999000001);
  clock.Set(absl::UnixEpoch());
  EXPECT_EQ(clock.NowMicros(), 0);
}

TEST(FakeClockTest, MicrosecondsAreWholeOnes) {
  FakeClock clock{absl::UnixEpoch() + absl::Nanoseconds(1999)};
  EXPECT_EQ(clock.NowMicros(), 1);
}

TEST(SystemClockTest, TellsTheSystemsTime) {
  SystemClock clock;
  const absl::Time before = absl::Now();
  const absl::Time told = clock.Now();
  EXPECT_LE(before, told);
  EXPECT_LE(told, absl::Now());
}

}  // namespace
}  // namespace docket
