#include "services/gateway/denial_aggregator.h"

#include "absl/strings/str_cat.h"
#include "docket/event/v1/platform_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::gateway {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class DenialAggregatorTest : public ::testing::Test {
 protected:
  event::v1::Event Denied(const std::string& subject, const std::string& caller = "lin-mei",
                          const std::string& method = "EndorseRequest", const std::string& reason = "ROLE_REQUIRED") {
    event::v1::CallDenied payload;
    payload.set_code("PERMISSION_DENIED");
    payload.set_error_reason(reason);
    event::v1::Event event;
    event.set_event_id(absl::StrCat("id ", ++ids_));
    event.mutable_actor()->set_name(caller);
    event.set_method(method);
    event.set_subject(subject);
    event.set_change(subject);
    event.mutable_payload()->PackFrom(payload);
    return event;
  }
  bool Told(event::v1::Event event) { return aggregator_.Take(std::move(event), now_).has_value(); }
  static int64_t RepeatsOf(const event::v1::Event& event) {
    event::v1::CallDenied payload;
    EXPECT_TRUE(event.payload().UnpackTo(&payload));
    EXPECT_EQ(payload.error_reason(), "ROLE_REQUIRED");
    return payload.repeat_count();
  }

  DenialAggregator aggregator_;
  absl::Time now_ = absl::FromUnixSeconds(1790000000);
  int ids_ = 0;
};

TEST_F(DenialAggregatorTest, TheFirstIsToldAtOnceAndTheRestIsCounted) {
  EXPECT_TRUE(Told(Denied("r1")));
  for (int i = 0; i < 99; ++i) EXPECT_FALSE(Told(Denied("r1")));
  now_ += absl::Seconds(59);
  EXPECT_FALSE(Told(Denied("r1")));
  EXPECT_THAT(aggregator_.Close(now_), IsEmpty());
  now_ += absl::Seconds(1);
  const auto told = aggregator_.Close(now_);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(RepeatsOf(told[0]), 100);
  EXPECT_EQ(told[0].event_id(), "id 101") << "the last one";
  EXPECT_EQ(told[0].subject(), "r1");
  // Then it begins anew.
  EXPECT_TRUE(Told(Denied("r1")));
  EXPECT_THAT(aggregator_.Close(now_ + absl::Minutes(1)), IsEmpty()) << "nothing was counted";
  EXPECT_THAT(aggregator_.Close(absl::InfiniteFuture()), IsEmpty());
}

TEST_F(DenialAggregatorTest, WhatDiffersIsToldByItself) {
  EXPECT_TRUE(Told(Denied("r1")));
  EXPECT_TRUE(Told(Denied("r2")));
  EXPECT_TRUE(Told(Denied("r1", "wang-fang")));
  EXPECT_TRUE(Told(Denied("r1", "lin-mei", "TriageRequest")));
  EXPECT_TRUE(Told(Denied("r1", "lin-mei", "EndorseRequest", "OTHER_ORGANIZATION")));
  EXPECT_FALSE(Told(Denied("r2")));
}

TEST_F(DenialAggregatorTest, WhoTriesOneAfterTheOtherIsCountedBeyondFifty) {
  for (size_t i = 0; i < DenialAggregator::kMaxSubjects; ++i) EXPECT_TRUE(Told(Denied(absl::StrCat("r", i))));
  for (int i = 100; i < 400; ++i) EXPECT_FALSE(Told(Denied(absl::StrCat("r", i))));
  EXPECT_FALSE(Told(Denied("r7")));
  const auto told = aggregator_.Close(now_ + DenialAggregator::kWindow);
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].subject(), "r7");
  EXPECT_EQ(RepeatsOf(told[0]), 1);
  EXPECT_EQ(told[1].subject(), "");
  EXPECT_EQ(told[1].change(), "");
  EXPECT_EQ(RepeatsOf(told[1]), 300);
}

TEST_F(DenialAggregatorTest, BeyondItsRoomEverythingIsTold) {
  for (size_t i = 0; i < DenialAggregator::kMaxWindows; ++i) EXPECT_TRUE(Told(Denied("r1", absl::StrCat("p", i))));
  EXPECT_TRUE(Told(Denied("r1", "one-more")));
  EXPECT_TRUE(Told(Denied("r1", "one-more")));
  EXPECT_FALSE(Told(Denied("r1", "p7")));
  EXPECT_THAT(aggregator_.Close(now_ + DenialAggregator::kWindow), SizeIs(1));
  EXPECT_FALSE(Told(Denied("r1", "one-more")) && Told(Denied("r1", "one-more")));
}

TEST_F(DenialAggregatorTest, WindowsEndOneByOne) {
  EXPECT_TRUE(Told(Denied("r1")));
  EXPECT_FALSE(Told(Denied("r1")));
  now_ += absl::Seconds(30);
  EXPECT_TRUE(Told(Denied("r1", "wang-fang")));
  EXPECT_FALSE(Told(Denied("r1", "wang-fang")));
  now_ += absl::Seconds(30);
  auto told = aggregator_.Close(now_);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].actor().name(), "lin-mei");
  now_ += absl::Seconds(30);
  told = aggregator_.Close(now_);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].actor().name(), "wang-fang");
}

}  // namespace
}  // namespace docket::gateway
