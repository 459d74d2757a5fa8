#include "services/audit/ingest/clock_watch.h"

#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/ingest/bounded_clock.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using tests::StatusIs;

TEST(BoundedClockTest, IsTheSystemsClockWhileNothingElseIsKnown) {
  FakeClock system(absl::FromUnixSeconds(1790000000));
  BoundedClock clock(system);
  EXPECT_EQ(clock.Now(), system.Now());
  system.Advance(absl::Hours(1));
  EXPECT_EQ(clock.Now(), system.Now());
}

TEST(BoundedClockTest, AJumpAheadIsNotFollowed) {
  const absl::Time start = absl::FromUnixSeconds(1790000000);
  FakeClock system(start);
  absl::Duration steady = absl::Hours(7);
  BoundedClock clock(system, [&] { return steady; });
  clock.Learn(start);
  steady += absl::Seconds(3);
  system.Advance(absl::Seconds(8));
  EXPECT_EQ(clock.Now(), start + absl::Seconds(8)) << "that far it may be off";
  system.Advance(absl::Microseconds(1));
  EXPECT_EQ(clock.Now(), start + absl::Seconds(3));
  // Time goes on meanwhile.
  system.Advance(absl::Hours(1));
  steady += absl::Minutes(1);
  EXPECT_EQ(clock.Now(), start + absl::Seconds(63));
  // Once the database says the same, it is true.
  clock.Learn(system.Now());
  EXPECT_EQ(clock.Now(), system.Now());
}

TEST(BoundedClockTest, TheDatabasesJumpAheadIsNotFollowedEither) {
  const absl::Time start = absl::FromUnixSeconds(1790000000);
  FakeClock system(start);
  BoundedClock clock(system, [] { return absl::ZeroDuration(); });
  clock.Learn(start + absl::Hours(5));
  EXPECT_EQ(clock.Now(), start);
}

// The database of the tests has the real time.
class ClockWatchTest : public LogTest {
 protected:
  ClockWatchTest() { clock_.Set(absl::Now()); }

  std::vector<event::v1::ClockAnomaly> Recorded() { return EntriesOf<event::v1::ClockAnomaly>(); }
  int64_t LastReceiveMicros() { return OrExit(log_.store.ReadTreeState(Soon()), "tree_state").last_receive_us; }

  BoundedClock bounded_{clock_};
  LogProcess log_{db_.pool(), bounded_, signer_, anchor_file()};
  ClockWatch watch_{{.pool = &db_.pool(),
                     .clock = &clock_,
                     .bounded = &bounded_,
                     .logger = &log_.logger,
                     .replica = "audit-1",
                     .record = [this](event::v1::Event event, absl::Time deadline) {
                       return log_.appender.Append({std::move(event)}, deadline).status();
                     }}};
};

TEST_F(ClockWatchTest, ClocksThatAgreeLeaveNothing) {
  EXPECT_TRUE(watch_.sound());
  EXPECT_THAT(watch_.Check(Soon()), IsOk());
  clock_.Set(absl::Now() - absl::Seconds(3));
  EXPECT_THAT(watch_.Check(Soon()), IsOk());
  EXPECT_TRUE(watch_.sound());
  ExpectWholeTree(0);
}

TEST_F(ClockWatchTest, AForwardJumpDoesNotPoisonTheLogAndIsRecordedOnce) {
  ASSERT_THAT(watch_.Check(Soon()), IsOk());
  Grow(log_, 2);
  // Ten years ahead; nobody has looked at the database since.
  clock_.Set(absl::Now() + absl::Hours(87600));
  Grow(log_, 2);
  EXPECT_LT(LastReceiveMicros(), absl::ToUnixMicros(absl::Now() + kClockTolerance));
  EXPECT_TRUE(watch_.sound());

  for (int i = 0; i < 3; ++i) ASSERT_THAT(watch_.Check(Soon()), IsOk());
  EXPECT_FALSE(watch_.sound());
  Grow(log_, 2);
  EXPECT_LT(LastReceiveMicros(), absl::ToUnixMicros(absl::Now() + kClockTolerance));
  auto recorded = Recorded();
  ASSERT_EQ(recorded.size(), 1u);
  EXPECT_EQ(recorded[0].replica(), "audit-1");
  EXPECT_NEAR(static_cast<double>(recorded[0].difference_us()), 87600 * 3600e6, 60e6);

  // It is put right, and jumps again: another episode.
  clock_.Set(absl::Now());
  ASSERT_THAT(watch_.Check(Soon()), IsOk());
  EXPECT_TRUE(watch_.sound());
  Grow(log_, 1);
  clock_.Set(absl::Now() + absl::Minutes(1));
  ASSERT_THAT(watch_.Check(Soon()), IsOk());
  EXPECT_EQ(Recorded().size(), 2u);
  ExpectWholeTree(9);
}

TEST_F(ClockWatchTest, AClockThatFellBehindIsRecordedAndTheLogsTimeStands) {
  Grow(log_, 1);
  const int64_t before = LastReceiveMicros();
  clock_.Advance(-absl::Hours(1));
  ASSERT_THAT(watch_.Check(Soon()), IsOk());
  EXPECT_FALSE(watch_.sound());
  ASSERT_EQ(Recorded().size(), 1u);
  EXPECT_LT(Recorded()[0].difference_us(), -3590e6);
  EXPECT_EQ(LastReceiveMicros(), before);
}

TEST_F(ClockWatchTest, WhatCouldNotBeRecordedIsTriedAgain) {
  int tries = 0;
  ClockWatch watch({.pool = &db_.pool(),
                    .clock = &clock_,
                    .bounded = &bounded_,
                    .logger = &log_.logger,
                    .replica = "audit-1",
                    .record = [&](const event::v1::Event&, absl::Time) {
                      return ++tries < 3 ? absl::UnavailableError("not now") : absl::OkStatus();
                    }});
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(watch.Check(Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(watch.sound());
  EXPECT_THAT(watch.Check(Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(watch.Check(Soon()), IsOk());
  EXPECT_THAT(watch.Check(Soon()), IsOk());
  EXPECT_EQ(tries, 3);
}

}  // namespace
}  // namespace docket::audit
