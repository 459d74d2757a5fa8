#include "services/request/collection/collection_round.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}
absl::Time At(int month, int day, int hour) {
  return absl::FromCivil(absl::CivilSecond(2026, month, day, hour), Shanghai());
}

calendar::WorkingCalendar Weekdays(int end_minute = 1080) {
  return *calendar::WorkingCalendar::Create(Shanghai(), calendar::WorkingCalendar::MondayToFriday(),
                                            {{540, end_minute}}, {});
}

CollectionRound Opened() {
  const auto round = CollectionRound::Open({.organization_id = "yunqi",
                                            .id = std::string(16, '\1'),
                                            .title = "需求收集",
                                            .departments = {"it", "engineering"},
                                            .answer_days = 5},
                                           Weekdays(), At(11, 2, 10));
  EXPECT_THAT(round, IsOk());
  return *round;
}

RoundAttempt By(const std::string& department, absl::Time now, const std::string& etag = "") {
  return {.caller = "organizations/yunqi/people/li", .department_id = department, .etag = etag, .now = now};
}

TEST(CollectionRoundTest, IsDueAtTheEndOfWork) {
  const CollectionRound round = Opened();
  EXPECT_EQ(round.due_time, At(11, 9, 18));
  EXPECT_THAT(round.Missing(),
              ElementsAre("organizations/yunqi/departments/engineering", "organizations/yunqi/departments/it"));
  // Opened on a Saturday, the first working day counted is Monday.
  const auto weekend = CollectionRound::Open({.answer_days = 1}, Weekdays(), At(11, 7, 10));
  EXPECT_EQ(weekend->due_time, At(11, 9, 18));
}

TEST(CollectionRoundTest, RemindsAtTheBeginningOfWork) {
  const CollectionRound round = Opened();
  const std::vector<Reminder> reminders = RemindersOf(round, {4, 1, 0}, Weekdays());
  ASSERT_EQ(reminders.size(), 3u);
  EXPECT_EQ(reminders[0].time, At(11, 3, 9));
  EXPECT_EQ(reminders[1].time, At(11, 6, 9));
  EXPECT_EQ(reminders[2].time, At(11, 9, 9));
  // What would come before the opening is left out.
  EXPECT_THAT(RemindersOf(round, {5, 30}, Weekdays()), IsEmpty());
  // Work until midnight: the due day is still the one that ends then.
  const auto late = CollectionRound::Open({.answer_days = 1}, Weekdays(1440), At(11, 2, 10));
  EXPECT_EQ(late->due_time, At(11, 4, 0));
  EXPECT_EQ(RemindersOf(*late, {0}, Weekdays(1440)).at(0).time, At(11, 3, 9));
}

TEST(CollectionRoundTest, ADepartmentAnswersForItself) {
  CollectionRound round = Opened();
  ASSERT_THAT(round.Answer(By("it", At(11, 3, 9)), "it", true, "本季度无需求"), IsOk());
  EXPECT_EQ(round.revision, 2);
  EXPECT_EQ(round.AnsweredCount(), 1);
  EXPECT_EQ(round.NilReturnCount(), 1);
  EXPECT_THAT(round.Missing(), ElementsAre("organizations/yunqi/departments/engineering"));
  EXPECT_THAT(round.Answer(By("it", At(11, 3, 9)), "engineering", false, ""),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_THAT(round.Answer(By("", At(11, 3, 9)), "", false, ""),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_THAT(round.Answer(By("finance", At(11, 3, 9)), "finance", false, ""),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(round.Answer(By("it", At(11, 3, 9), "1"), "it", false, ""),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  // Again, as long as it is open.
  ASSERT_THAT(round.Answer(By("it", At(11, 4, 9), "2"), "it", false, ""), IsOk());
  EXPECT_EQ(round.NilReturnCount(), 0);
  EXPECT_EQ(round.AnsweredCount(), 1);
}

TEST(CollectionRoundTest, AnswersAreLateAfterTheDueTimeAndRefusedAfterClosing) {
  CollectionRound round = Opened();
  ASSERT_THAT(round.Answer(By("it", round.due_time), "it", false, ""), IsOk());
  EXPECT_FALSE(round.Find("it")->late);
  ASSERT_THAT(round.Answer(By("engineering", round.due_time + absl::Seconds(1)), "engineering", false, ""), IsOk());
  EXPECT_TRUE(round.Find("engineering")->late);
  EXPECT_EQ(round.LateCount(), 1);
  ASSERT_THAT(round.Close({.now = round.due_time + absl::Seconds(2)}, ""), IsOk());
  EXPECT_EQ(round.closer, "");
  EXPECT_THAT(round.Answer(By("it", At(11, 10, 9)), "it", false, ""),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(round.Close({.now = At(11, 10, 9)}, "再关一次"),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST(CollectionRoundTest, TotalsAreOfOneDepartmentOrAll) {
  const std::vector<RequestTally> tallies = {{"it", 1, 2, 3}, {"it", 2, 2, 1}, {"engineering", 1, 4, 5}};
  EXPECT_EQ(TotalOf(tallies), 9);
  EXPECT_EQ(TotalOf(tallies, "it"), 4);
  EXPECT_EQ(TotalOf(tallies, "finance"), 0);
}

}  // namespace
}  // namespace docket::request
