#include "services/request/collection/collection_round.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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

TEST(CollectionRoundTest, AnOpenRoundIsEdited) {
  CollectionRound round = Opened();
  const RoundEdit edit{.title = "需求补充收集", .instructions = "请补充", .due_time = At(11, 20, 12)};
  EXPECT_THAT(round.Edit(By("", At(11, 3, 9), "2"), edit), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  ASSERT_THAT(round.Edit(By("", At(11, 3, 9), "1"), edit), IsOk());
  EXPECT_EQ(round.title, "需求补充收集");
  EXPECT_EQ(round.instructions, "请补充");
  EXPECT_EQ(round.due_time, At(11, 20, 12));
  EXPECT_EQ(round.update_time, At(11, 3, 9));
  EXPECT_EQ(round.revision, 2);
  // The same once more is no change.
  ASSERT_THAT(round.Edit(By("", At(11, 4, 9)), edit), IsOk());
  EXPECT_EQ(round.update_time, At(11, 3, 9));
  EXPECT_EQ(round.revision, 2);
  ASSERT_THAT(round.Close({.now = At(11, 5, 9)}, "需求已齐"), IsOk());
  EXPECT_THAT(round.Edit(By("", At(11, 5, 10)), edit),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST(CollectionRoundTest, ANewDueTimeLiesAheadAndWithinAYear) {
  CollectionRound round = Opened();
  const absl::Time now = At(11, 9, 19);
  const auto move = [&](absl::Time due) { return round.Edit(By("", now), {.title = round.title, .due_time = due}); };
  for (const absl::Time wrong : {now, now - absl::Hours(2), now + absl::Hours(24 * 366) + absl::Microseconds(1)}) {
    const absl::Status refused = move(wrong);
    EXPECT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS)) << wrong;
    ASSERT_TRUE(GetBadRequest(refused).has_value());
    EXPECT_EQ(GetBadRequest(refused)->field_violations(0).field(), "collection_round.due_time");
  }
  EXPECT_EQ(round.revision, 1);
  // It is past due, and stays so while only its words change.
  ASSERT_THAT(round.Edit(By("", now), {.title = "另一个标题", .due_time = round.due_time}), IsOk());
  ASSERT_THAT(move(now + absl::Microseconds(1)), IsOk());
  ASSERT_THAT(move(now + absl::Hours(24 * 366)), IsOk());
  EXPECT_EQ(round.revision, 4);
}

TEST(CollectionRoundTest, AnAnswerIsLateByTheDueTimeOfItsMoment) {
  CollectionRound round = Opened();
  const absl::Time late = round.due_time + absl::Minutes(1);
  ASSERT_THAT(round.Answer(By("it", late), "it", true, ""), IsOk());
  ASSERT_THAT(round.Edit(By("", late), {.title = round.title, .due_time = late + absl::Hours(24)}), IsOk());
  ASSERT_THAT(round.Answer(By("engineering", late + absl::Minutes(1)), "engineering", true, ""), IsOk());
  EXPECT_TRUE(round.Find("it")->late);
  EXPECT_FALSE(round.Find("engineering")->late);
  // Whoever answers again is judged by the time that holds then.
  ASSERT_THAT(round.Answer(By("it", late + absl::Minutes(2)), "it", false, ""), IsOk());
  EXPECT_FALSE(round.Find("it")->late);
}

TEST(CollectionRoundTest, AsksFurtherDepartmentsBesideThoseThatAreAsked) {
  CollectionRound round = Opened();
  ASSERT_THAT(round.Answer(By("it", At(11, 3, 9)), "it", true, "无"), IsOk());
  EXPECT_THAT(round.Ask(By("", At(11, 4, 9), "1"), {"finance"}),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const auto come = round.Ask(By("", At(11, 4, 9), "2"), {"security", "it", "cleaning"});
  ASSERT_THAT(come, IsOk());
  EXPECT_THAT(*come, ElementsAre("cleaning", "security"));
  EXPECT_EQ(round.revision, 3);
  EXPECT_EQ(round.update_time, At(11, 4, 9));
  std::vector<std::string> asked;
  for (const CollectionAnswer& answer : round.answers) asked.push_back(answer.department_id);
  EXPECT_THAT(asked, ElementsAre("cleaning", "engineering", "it", "security"));
  EXPECT_EQ(round.Find("it")->comment, "无");
  EXPECT_FALSE(round.Find("security")->answer_time.has_value());
  // All of them are asked already.
  EXPECT_THAT(*round.Ask(By("", At(11, 5, 9)), {"it", "security"}), IsEmpty());
  EXPECT_EQ(round.revision, 3);
  EXPECT_EQ(round.update_time, At(11, 4, 9));

  const auto twice = round.Ask(By("", At(11, 5, 9)), {"finance", "it", "finance", "it"});
  EXPECT_THAT(twice, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const auto bad_request = GetBadRequest(twice.status());
  ASSERT_TRUE(bad_request.has_value());
  ASSERT_EQ(bad_request->field_violations_size(), 2);
  EXPECT_EQ(bad_request->field_violations(0).field(), "departments[2]");
  EXPECT_EQ(bad_request->field_violations(1).field(), "departments[3]");
  ASSERT_THAT(round.Close({.now = At(11, 5, 9)}, "需求已齐"), IsOk());
  EXPECT_THAT(round.Ask(By("", At(11, 5, 10)), {"finance"}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST(CollectionRoundTest, AsksAtMostFiveHundredDepartments) {
  CollectionRound round = Opened();
  std::vector<std::string> more;
  for (int i = 0; i < 499; ++i) more.push_back(absl::StrCat("d", i));
  const auto refused = round.Ask(By("", At(11, 3, 9)), more);
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(GetErrorInfo(refused.status())->metadata().at("limit"), "500");
  EXPECT_EQ(round.answers.size(), 2u);
  // Those that are asked already take no room.
  more.back() = "it";
  ASSERT_THAT(round.Ask(By("", At(11, 3, 9)), more), IsOk());
  EXPECT_EQ(round.answers.size(), 500u);
  EXPECT_THAT(round.Ask(By("", At(11, 3, 9)), {"it", "engineering"}), IsOk());
}

TEST(CollectionRoundTest, RemindsBeforeADueTimeThatIsNoEndOfWork) {
  CollectionRound round = Opened();
  // Saturday noon, and Friday before work begins.
  for (const absl::Time due : {At(11, 14, 12), At(11, 13, 8)}) {
    round.due_time = due;
    const int last = due == At(11, 13, 8) ? 12 : 13;
    const std::vector<Reminder> reminders = RemindersOf(round, {2, 1, 0}, Weekdays());
    ASSERT_EQ(reminders.size(), 3u);
    EXPECT_EQ(reminders[0].time, At(11, last - 1, 9));
    EXPECT_EQ(reminders[1].time, At(11, last, 9));
    EXPECT_EQ(reminders[2].time, At(11, last, 9));
  }
}

TEST(CollectionRoundTest, RemindersFollowTheDueTime) {
  constexpr auto kWaits = ReminderState::kWaiting, kTold = ReminderState::kReported, kIdle = ReminderState::kNeedless;
  CollectionRound round = Opened();
  const auto moved = [&](absl::Time due, absl::Time now, const std::vector<Reminder>& reminders) {
    round.due_time = due;
    return Rescheduled(round, reminders, Weekdays(), now);
  };
  const auto is = [](absl::Time time, ReminderState state) {
    return ::testing::AllOf(::testing::Field(&Reminder::time, time), ::testing::Field(&Reminder::state, state));
  };
  const absl::Time now = At(11, 6, 12);
  // Due on the 9th: three days before is the 4th, one the 6th, the day itself the 9th.
  const std::vector<Reminder> reminders = {
      {3, At(11, 4, 9), kTold}, {1, At(11, 6, 9), kIdle}, {0, At(11, 9, 9), kWaits}};
  // Later: all come, or come again.
  EXPECT_THAT(moved(At(11, 16, 18), now, reminders),
              ElementsAre(is(At(11, 11, 9), kWaits), is(At(11, 13, 9), kWaits), is(At(11, 16, 9), kWaits)));
  // A day later: the first stays reported, the second comes now.
  EXPECT_THAT(moved(At(11, 10, 18), now, reminders),
              ElementsAre(is(At(11, 4, 9), kTold), is(At(11, 9, 9), kWaits), is(At(11, 10, 9), kWaits)));
  // Earlier: the one that was waiting missed its time.
  EXPECT_THAT(moved(At(11, 6, 18), now, reminders),
              ElementsAre(is(At(11, 4, 9), kTold), is(At(11, 5, 9), kIdle), is(At(11, 6, 9), kIdle)));
  // So did one that would have come before the opening.
  EXPECT_THAT(moved(At(11, 6, 18), now, {{9, At(11, 10, 9), kWaits}}), ElementsAre(is(round.open_time, kIdle)));
  // Later on the same day: what is due at this moment is not lost.
  EXPECT_THAT(moved(At(11, 9, 20), At(11, 9, 9), {{1, At(11, 6, 9), kTold}, {0, At(11, 9, 9), kWaits}}),
              ElementsAre(is(At(11, 6, 9), kTold), is(At(11, 9, 9), kWaits)));
}

TEST(CollectionRoundTest, TotalsAreOfOneDepartmentOrAll) {
  const std::vector<RequestTally> tallies = {{"it", 1, 2, 3}, {"it", 2, 2, 1}, {"engineering", 1, 4, 5}};
  EXPECT_EQ(TotalOf(tallies), 9);
  EXPECT_EQ(TotalOf(tallies, "it"), 4);
  EXPECT_EQ(TotalOf(tallies, "finance"), 0);
}

}  // namespace
}  // namespace docket::request
