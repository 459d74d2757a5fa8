#include "services/request/collection/collection_schedule.h"

#include <functional>
#include <set>
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
using tests::IsOk;
using tests::StatusIs;

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}
absl::Time At(int year, int month, int day, int hour) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour), Shanghai());
}

CollectionSchedule Quarterly() {
  CollectionSchedule schedule;
  schedule.organization_id = "yunqi";
  schedule.id = "quarterly";
  schedule.title = "季度软件需求收集";
  schedule.rule = "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1";
  schedule.start_local = "2026-01-01T09:00";
  schedule.reminders = {3, 1};
  schedule.answer_days = 10;
  return schedule;
}

calendar::WorkingCalendar Weekdays() {
  return *calendar::WorkingCalendar::Create(
      Shanghai(), calendar::WorkingCalendar::MondayToFriday(), {{540, 1080}},
      {{absl::CivilDay(2026, 10, 1), false, "国庆节"}, {absl::CivilDay(2026, 10, 2), false, "国庆节"}});
}

std::set<std::string> FieldsOf(const absl::Status& status) {
  std::set<std::string> fields;
  const auto bad_request = GetBadRequest(status);
  if (!bad_request.has_value()) return fields;
  for (const auto& violation : bad_request->field_violations()) fields.insert(violation.field());
  return fields;
}

TEST(CollectionScheduleTest, FindsItsNextOccurrence) {
  CollectionSchedule schedule = Quarterly();
  ASSERT_THAT(schedule.Settle(Shanghai(), At(2026, 9, 21, 22)), IsOk());
  EXPECT_EQ(schedule.next_occurrence, At(2026, 10, 1, 9));
  // What is over has none.
  schedule.rule = "FREQ=MONTHLY;COUNT=2";
  schedule.next_occurrence.reset();
  ASSERT_THAT(schedule.Settle(Shanghai(), At(2026, 9, 21, 22)), IsOk());
  EXPECT_EQ(schedule.next_occurrence, std::nullopt);
}

TEST(CollectionScheduleTest, NamesEverythingThatIsWrong) {
  CollectionSchedule schedule = Quarterly();
  schedule.rule = "FREQ=SECONDLY";
  schedule.start_local = "2026-02-30T09:00";
  schedule.reminders = {3, 3, 10};
  schedule.departments = {"it", "it"};
  const absl::Status refused = schedule.Settle(Shanghai(), At(2026, 9, 21, 22));
  EXPECT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(FieldsOf(refused),
              ElementsAre("collection_schedule.departments[1]", "collection_schedule.reminder_working_days[1]",
                          "collection_schedule.reminder_working_days[2]", "collection_schedule.rule",
                          "collection_schedule.start_local_time"));
  schedule = Quarterly();
  schedule.rule = "FREQ=YEARLY;BYYEARDAY=200;BYMONTH=1";
  EXPECT_THAT(FieldsOf(schedule.Settle(Shanghai(), At(2026, 9, 21, 22))), ElementsAre("collection_schedule.rule"));
  schedule = Quarterly();
  schedule.start_local = "9999-01-01T09:00";
  EXPECT_THAT(FieldsOf(schedule.Settle(Shanghai(), At(2026, 9, 21, 22))),
              ElementsAre("collection_schedule.start_local_time"));
}

TEST(CollectionScheduleTest, EveryTransitionFromEveryState) {
  const absl::Time now = At(2026, 9, 21, 22);
  const std::vector<std::pair<std::string, std::function<absl::Status(CollectionSchedule&)>>> transitions = {
      {"edit", [](CollectionSchedule& s) { return s.CheckEditable(); }},
      {"pause", [&](CollectionSchedule& s) { return s.Pause("系统切换", now); }},
      {"resume", [&](CollectionSchedule& s) { return s.Resume(Shanghai(), now); }},
      {"retire", [&](CollectionSchedule& s) { return s.Retire("不再需要", now); }},
  };
  const std::set<std::pair<ScheduleState, std::string>> allowed = {
      {ScheduleState::kActive, "edit"}, {ScheduleState::kActive, "pause"},  {ScheduleState::kActive, "retire"},
      {ScheduleState::kPaused, "edit"}, {ScheduleState::kPaused, "resume"}, {ScheduleState::kPaused, "retire"},
  };
  for (const ScheduleState state : {ScheduleState::kActive, ScheduleState::kPaused, ScheduleState::kRetired}) {
    for (const auto& [name, act] : transitions) {
      CollectionSchedule schedule = Quarterly();
      schedule.state = state;
      if (allowed.contains({state, name})) {
        EXPECT_THAT(act(schedule), IsOk()) << name << " in " << ScheduleStateName(state);
        EXPECT_EQ(schedule.revision, name == "edit" ? 1 : 2);
      } else {
        EXPECT_THAT(act(schedule), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE)) << name;
        EXPECT_EQ(schedule.state, state);
        EXPECT_EQ(schedule.revision, 1);
      }
    }
  }
}

TEST(CollectionScheduleTest, WhatIsNotActiveHasNoNextOccurrence) {
  CollectionSchedule schedule = Quarterly();
  ASSERT_THAT(schedule.Settle(Shanghai(), At(2026, 9, 21, 22)), IsOk());
  ASSERT_THAT(schedule.Pause("系统切换", At(2026, 9, 22, 9)), IsOk());
  EXPECT_EQ(schedule.next_occurrence, std::nullopt);
  EXPECT_EQ(schedule.state_reason, "系统切换");
  // Edited while paused, it stays paused.
  ASSERT_THAT(schedule.Settle(Shanghai(), At(2026, 9, 22, 10)), IsOk());
  EXPECT_EQ(schedule.next_occurrence, std::nullopt);
  ASSERT_THAT(schedule.Resume(Shanghai(), At(2026, 10, 5, 9)), IsOk());
  EXPECT_EQ(schedule.next_occurrence, At(2027, 1, 1, 9));
  EXPECT_EQ(schedule.state_reason, "");
}

TEST(CollectionScheduleTest, IsDueOnAWorkingDay) {
  CollectionSchedule schedule = Quarterly();
  ASSERT_THAT(schedule.Settle(Shanghai(), At(2026, 9, 21, 22)), IsOk());
  const calendar::WorkingCalendar calendar = Weekdays();
  // The 1st and 2nd are holidays, the 3rd and 4th a weekend.
  for (const absl::Time early : {At(2026, 9, 30, 9), At(2026, 10, 1, 9), At(2026, 10, 4, 23), At(2026, 10, 5, 8)}) {
    const auto due = schedule.DueAt(calendar, early);
    ASSERT_THAT(due, IsOk());
    EXPECT_FALSE(due->has_value());
  }
  const auto due = schedule.DueAt(calendar, At(2026, 10, 5, 9));
  ASSERT_THAT(due, IsOk());
  ASSERT_TRUE(due->has_value());
  EXPECT_EQ((*due)->occurrence, At(2026, 10, 1, 9));
  EXPECT_EQ((*due)->missed, 0);
  EXPECT_EQ((*due)->next, At(2027, 1, 1, 9));
}

TEST(CollectionScheduleTest, OfSeveralTheLastIsDue) {
  CollectionSchedule schedule = Quarterly();
  schedule.rule = "FREQ=DAILY;COUNT=400";
  ASSERT_THAT(schedule.Settle(Shanghai(), At(2026, 1, 1, 8)), IsOk());
  const auto due = schedule.DueAt(Weekdays(), At(2026, 9, 30, 12));
  ASSERT_THAT(due, IsOk());
  ASSERT_TRUE(due->has_value());
  EXPECT_EQ((*due)->occurrence, At(2026, 9, 30, 9));
  EXPECT_EQ((*due)->missed, 272);
  EXPECT_EQ((*due)->next, At(2026, 10, 1, 9));
  // After the last one there is no next.
  const auto last = schedule.DueAt(Weekdays(), At(2030, 1, 1, 0));
  ASSERT_THAT(last, IsOk());
  EXPECT_EQ((*last)->missed, 399);
  EXPECT_EQ((*last)->next, std::nullopt);
  // Saturday's and Sunday's wait for Monday, and are one with Monday's.
  schedule.next_occurrence = At(2026, 10, 10, 9);
  EXPECT_FALSE(schedule.DueAt(Weekdays(), At(2026, 10, 11, 23))->has_value());
  EXPECT_EQ((*schedule.DueAt(Weekdays(), At(2026, 10, 12, 9)))->missed, 2);
}

}  // namespace
}  // namespace docket::request
