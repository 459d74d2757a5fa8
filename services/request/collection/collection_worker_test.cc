#include "services/request/collection/collection_worker.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/calendar/working_calendar.h"
#include "docket/request/v1/working_calendar_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/collection_fixture.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;

constexpr char kShanghai[] = "Asia/Shanghai";
constexpr char kNewYork[] = "America/New_York";

class CollectionWorkerTest : public CollectionTest {
 protected:
  // An office in New York that works every day, around the clock.
  void SetUpNewYork() {
    v1::CreateOrganizationRequest organization;
    organization.set_organization_id("hudson");
    organization.mutable_organization()->set_title("Hudson Library");
    organization.mutable_organization()->set_time_zone(kNewYork);
    organization.mutable_organization()->set_language_code("en");
    organization.set_request_id(service_.NewRequestId());
    ASSERT_THAT(
        service_.Call<v1::Organization>("DirectoryService/CreateOrganization", service_.administrator, organization),
        IsOk());
    v1::CreateDepartmentRequest department;
    department.set_parent("organizations/hudson");
    department.set_department_id("circulation");
    department.mutable_department()->set_title("Circulation");
    department.set_request_id(service_.NewRequestId());
    ASSERT_THAT(service_.Call<v1::Department>("DirectoryService/CreateDepartment", service_.administrator, department),
                IsOk());
    v1::UpdateWorkingCalendarRequest calendar;
    calendar.mutable_working_calendar()->set_name("organizations/hudson/workingCalendar");
    for (int day = 1; day <= 7; ++day) {
      calendar.mutable_working_calendar()->add_working_weekdays(static_cast<v1::Weekday>(day));
    }
    v1::WorkingPeriod* period = calendar.mutable_working_calendar()->add_working_periods();
    period->set_start_minute(0);
    period->set_end_minute(1440);
    calendar.set_request_id(service_.NewRequestId());
    ASSERT_THAT(service_.Call<v1::WorkingCalendar>("WorkingCalendarService/UpdateWorkingCalendar",
                                                   service_.administrator, calendar),
                IsOk());
  }

  static v1::CollectionSchedule Daily(const std::string& start) {
    v1::CollectionSchedule form = Quarterly();
    form.set_title("Daily");
    form.set_rule("FREQ=DAILY");
    form.set_start_local_time(start);
    form.clear_reminder_working_days();
    form.set_answer_working_days(1);
    return form;
  }
};

TEST_F(CollectionWorkerTest, AQuarterFromOpeningToClosing) {
  Created("quarterly", Quarterly());
  // 1 October is a holiday: the round waits for the next working day, the 8th, at the same time.
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 1, 9));
  EXPECT_EQ(RunWorker().opened, 0);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 8, 59, 59));
  EXPECT_EQ(RunWorker().opened, 0);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  EXPECT_EQ(RunWorker().opened, 1);
  EXPECT_EQ(RunWorker().opened, 0);

  const std::vector<v1::CollectionRound> rounds = Rounds();
  ASSERT_THAT(rounds, SizeIs(1));
  const v1::CollectionRound& round = rounds.front();
  EXPECT_EQ(round.title(), "季度软件需求收集（2026年第4季度）");
  EXPECT_EQ(round.schedule(), "organizations/yunqi/collectionSchedules/quarterly");
  EXPECT_EQ(Local(kShanghai, round.occurrence_time()), "2026-10-01 09:00");
  EXPECT_EQ(Local(kShanghai, round.open_time()), "2026-10-08 09:00");
  // Ten working days: 9, 10 (Saturday, worked), 12 to 16, 19 to 21.
  EXPECT_EQ(Local(kShanghai, round.due_time()), "2026-10-21 18:00");
  EXPECT_EQ(round.missed_occurrences(), 0);
  EXPECT_EQ(round.opener(), "");
  EXPECT_THAT(round.missing_departments(),
              ElementsAre("organizations/yunqi/departments/customer-service",
                          "organizations/yunqi/departments/engineering", "organizations/yunqi/departments/it"));
  const auto opened = service_.EventsOf("CollectionRoundOpened");
  ASSERT_THAT(opened, SizeIs(1));
  EXPECT_EQ(opened[0].subject(), round.name());
  EXPECT_EQ(opened[0].organization(), "organizations/yunqi");
  EXPECT_EQ(opened[0].actor().name(), "services/request");
  EXPECT_EQ(PayloadOf<event::v1::CollectionRoundOpened>(opened[0]).departments_size(), 3);

  // Three working days before the due day, at the beginning of work, and once.
  ASSERT_THAT(Answer(service_.head, round.name(), /*nil_return=*/true), IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 16, 8, 59, 0));
  EXPECT_EQ(RunWorker().reminded, 0);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 16, 9));
  EXPECT_EQ(RunWorker().reminded, 1);
  EXPECT_EQ(RunWorker().reminded, 0);
  const auto reminders = service_.EventsOf("CollectionReminderDue");
  ASSERT_THAT(reminders, SizeIs(1));
  const auto reminder = PayloadOf<event::v1::CollectionReminderDue>(reminders[0]);
  EXPECT_EQ(reminder.working_days_before_due(), 3);
  EXPECT_THAT(reminder.missing_departments(),
              ElementsAre("organizations/yunqi/departments/engineering", "organizations/yunqi/departments/it"));

  // Once everyone has answered, nobody is reminded.
  ASSERT_THAT(Answer(service_.other_head, round.name(), true), IsOk());
  const auto it_head = PersonOf("yunqi", "zhou-min", "it", {common::v1::ROLE_DEPARTMENT_HEAD});
  ASSERT_THAT(Answer(it_head, round.name(), true), IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 20, 12));
  EXPECT_EQ(RunWorker().reminded, 0);

  SetClock(kShanghai, absl::CivilSecond(2026, 10, 21, 17, 59, 59));
  EXPECT_EQ(RunWorker().closed, 0);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 21, 18));
  EXPECT_EQ(RunWorker().closed, 1);
  EXPECT_EQ(RunWorker().closed, 0);
  const auto closed = service_.EventsOf("CollectionRoundClosed");
  ASSERT_THAT(closed, SizeIs(1));
  const auto summary = PayloadOf<event::v1::CollectionRoundClosed>(closed[0]);
  EXPECT_FALSE(summary.early());
  EXPECT_EQ(summary.asked_count(), 3);
  EXPECT_EQ(summary.nil_return_count(), 3);
  EXPECT_THAT(summary.missing_departments(), IsEmpty());
  EXPECT_EQ(GetRound(round.name())->state(), v1::CollectionRound::STATE_CLOSED);
}

TEST_F(CollectionWorkerTest, OfWhatWasMissedOnlyTheLastIsMadeUpFor) {
  v1::CollectionSchedule weekly = Quarterly();
  weekly.set_rule("FREQ=WEEKLY;BYDAY=MO");
  Created("weekly", weekly);
  // Away from 12 October to 5 November: Mondays 28 September to 2 November.
  SetClock(kShanghai, absl::CivilSecond(2026, 11, 5, 15, 30, 0));
  EXPECT_EQ(RunWorker().opened, 1);
  const auto rounds = Rounds();
  ASSERT_THAT(rounds, SizeIs(1));
  EXPECT_EQ(Local(kShanghai, rounds[0].occurrence_time()), "2026-11-02 09:00");
  EXPECT_EQ(Local(kShanghai, rounds[0].open_time()), "2026-11-05 15:30");
  EXPECT_EQ(rounds[0].missed_occurrences(), 5);
  // The departments have their whole time to answer.
  EXPECT_EQ(Local(kShanghai, rounds[0].due_time()), "2026-11-19 18:00");
  EXPECT_EQ(PayloadOf<event::v1::CollectionRoundOpened>(service_.EventsOf("CollectionRoundOpened").at(0))
                .missed_occurrences(),
            5);
  SetClock(kShanghai, absl::CivilSecond(2026, 11, 9, 9));
  EXPECT_EQ(RunWorker().opened, 1);
  EXPECT_EQ(Rounds()[0].missed_occurrences(), 0);
}

TEST_F(CollectionWorkerTest, OfRemindersThatFellDueTogetherTheNearestIsSent) {
  Created("quarterly", Quarterly());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  ASSERT_EQ(RunWorker().opened, 1);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 20, 10));
  EXPECT_EQ(RunWorker().reminded, 1);
  const auto reminders = service_.EventsOf("CollectionReminderDue");
  ASSERT_THAT(reminders, SizeIs(1));
  EXPECT_EQ(PayloadOf<event::v1::CollectionReminderDue>(reminders[0]).working_days_before_due(), 1);
}

TEST_F(CollectionWorkerTest, TwoReplicasOpenCloseAndRemindOnce) {
  for (int i = 0; i < 12; ++i) Created(absl::StrCat("quarterly-", i), Quarterly());
  const auto together = [&] {
    std::vector<std::thread> replicas;
    for (int i = 0; i < 4; ++i) {
      replicas.emplace_back([&] { EXPECT_THAT(service_.collection().worker().RunOnce(absl::Seconds(30)), IsOk()); });
    }
    for (std::thread& replica : replicas) replica.join();
  };
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  together();
  EXPECT_THAT(Rounds(), SizeIs(12));
  EXPECT_THAT(service_.EventsOf("CollectionRoundOpened"), SizeIs(12));
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 16, 9));
  together();
  EXPECT_THAT(service_.EventsOf("CollectionReminderDue"), SizeIs(12));
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 21, 18));
  together();
  const auto closed = service_.EventsOf("CollectionRoundClosed");
  EXPECT_THAT(closed, SizeIs(12));
  std::set<std::string> subjects;
  for (const auto& event : closed) subjects.insert(event.subject());
  EXPECT_THAT(subjects, SizeIs(12));
}

TEST_F(CollectionWorkerTest, AClockThatGoesBackOpensNothingTwice) {
  Created("quarterly", Quarterly());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  ASSERT_EQ(RunWorker().opened, 1);
  // As if the schedule had never been moved on.
  ASSERT_THAT(service_.pool().Execute(
                  absl::Now() + absl::Seconds(10),
                  "UPDATE collection_schedule SET next_occurrence_us = ? WHERE schedule_id = 'quarterly'",
                  {absl::ToUnixMicros(absl::FromCivil(absl::CivilSecond(2026, 10, 1, 9), ZoneNamed(kShanghai)))}),
              IsOk());
  EXPECT_EQ(RunWorker().opened, 0);
  EXPECT_THAT(Rounds(), SizeIs(1));
  EXPECT_THAT(service_.EventsOf("CollectionRoundOpened"), SizeIs(1));
  SetClock(kShanghai, absl::CivilSecond(2027, 1, 4, 9));
  EXPECT_EQ(RunWorker().opened, 1);
}

TEST_F(CollectionWorkerTest, OneThatCannotBeOpenedHoldsBackNoOther) {
  Created("broken", Quarterly());
  Created("quarterly", Quarterly());
  ASSERT_THAT(
      service_.pool().Execute(absl::Now() + absl::Seconds(10),
                              "UPDATE collection_schedule SET rule = 'FREQ=NEVER' WHERE schedule_id = 'broken'"),
      IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  EXPECT_FALSE(service_.collection().worker().RunOnce(absl::Seconds(30)).ok());
  ASSERT_THAT(Rounds(), SizeIs(1));
  EXPECT_EQ(Rounds()[0].schedule(), "organizations/yunqi/collectionSchedules/quarterly");
}

TEST_F(CollectionWorkerTest, WhatIsPausedOrRetiredOpensNothing) {
  const auto paused = Created("paused", Quarterly());
  const auto retired = Created("retired", Quarterly());
  ASSERT_THAT((Act<v1::PauseCollectionScheduleRequest, v1::CollectionSchedule>(
                  "PauseCollectionSchedule", service_.director, paused.name(),
                  [](auto& call) { call.set_reason("系统切换"); })),
              IsOk());
  ASSERT_THAT((Act<v1::RetireCollectionScheduleRequest, v1::CollectionSchedule>(
                  "RetireCollectionSchedule", service_.director, retired.name(),
                  [](auto& call) { call.set_reason("改为按月"); })),
              IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  EXPECT_EQ(RunWorker().opened, 0);
  // Resumed, it goes on with what comes next: the pause is not made up for.
  const auto resumed = Act<v1::ResumeCollectionScheduleRequest, v1::CollectionSchedule>(
      "ResumeCollectionSchedule", service_.director, paused.name());
  ASSERT_THAT(resumed, IsOk());
  EXPECT_EQ(Local(kShanghai, resumed->next_occurrence_time()), "2027-01-01 09:00");
  EXPECT_EQ(RunWorker().opened, 0);
}

TEST_F(CollectionWorkerTest, AHolidayEnteredLaterPutsTheOpeningOff) {
  v1::CollectionSchedule form = Quarterly();
  form.set_rule("FREQ=MONTHLY;BYMONTHDAY=12");
  Created("monthly", form);
  v1::ImportCalendarDaysRequest days;
  days.set_name("organizations/yunqi/workingCalendar");
  v1::CalendarDay* day = days.add_days();
  day->set_date("2026-10-12");
  day->set_kind(v1::CalendarDay::KIND_HOLIDAY);
  day->set_title("公司司庆");
  days.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::ImportCalendarDaysResponse>("WorkingCalendarService/ImportCalendarDays",
                                                            service_.director, days),
              IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 12, 23));
  EXPECT_EQ(RunWorker().opened, 0);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 13, 9));
  EXPECT_EQ(RunWorker().opened, 1);
  EXPECT_EQ(Rounds()[0].title(), "季度软件需求收集（2026年10月）");
}

TEST_F(CollectionWorkerTest, SpringForwardInNewYork) {
  SetUpNewYork();
  SetClock(kNewYork, absl::CivilSecond(2027, 3, 12, 12));
  ASSERT_THAT(CreateSchedule(service_.administrator, "daily", Daily("2027-03-13T02:30"), "hudson"), IsOk());
  // On 14 March 2027 the clocks go from 02:00 to 03:00; 02:30 is 03:30 of the new time.
  const absl::Time spring = absl::FromCivil(absl::CivilSecond(2027, 3, 14, 3, 30, 0), ZoneNamed(kNewYork));
  SetClock(kNewYork, absl::CivilSecond(2027, 3, 13, 2, 30, 0));
  EXPECT_EQ(RunWorker().opened, 1);
  service_.clock().Set(spring - absl::Microseconds(1));
  EXPECT_EQ(RunWorker().opened, 0);
  service_.clock().Set(spring);
  EXPECT_EQ(RunWorker().opened, 1);
  EXPECT_EQ(Rounds("hudson")[0].title(), "Daily (2027-03-14)");
  SetClock(kNewYork, absl::CivilSecond(2027, 3, 15, 2, 30, 0));
  EXPECT_EQ(RunWorker().opened, 1);
  const auto rounds = Rounds("hudson");
  ASSERT_THAT(rounds, SizeIs(3));
  for (const auto& round : rounds) EXPECT_EQ(round.missed_occurrences(), 0);
}

TEST_F(CollectionWorkerTest, FallBackInNewYork) {
  SetUpNewYork();
  SetClock(kNewYork, absl::CivilSecond(2026, 10, 31, 12));
  ASSERT_THAT(CreateSchedule(service_.administrator, "daily", Daily("2026-10-31T01:30"), "hudson"), IsOk());
  // On 1 November 2026 01:30 comes twice; the first time counts, and only that one.
  const absl::Time first =
      absl::FromCivil(absl::CivilSecond(2026, 11, 1, 0, 30, 0), ZoneNamed(kNewYork)) + absl::Hours(1);
  service_.clock().Set(first - absl::Microseconds(1));
  EXPECT_EQ(RunWorker().opened, 0);
  service_.clock().Set(first);
  EXPECT_EQ(RunWorker().opened, 1);
  service_.clock().Set(first + absl::Hours(1));
  EXPECT_EQ(RunWorker().opened, 0);
  // The round of that day is due at the end of the next day, 24 hours of New York later.
  EXPECT_EQ(Local(kNewYork, Rounds("hudson")[0].due_time()), "2026-11-03 00:00");
  SetClock(kNewYork, absl::CivilSecond(2026, 11, 2, 1, 30, 0));
  EXPECT_EQ(RunWorker().opened, 1);
}

// Both samples in the words of their regulations: 物业 asks every quarter, the library every month.
TEST_F(CollectionWorkerTest, ALibraryAsksEveryMonth) {
  v1::CreateDepartmentRequest department;
  department.set_parent("organizations/library");
  department.set_department_id("lending");
  department.mutable_department()->set_title("流通部");
  department.set_request_id(service_.NewRequestId());
  ASSERT_THAT(service_.Call<v1::Department>("DirectoryService/CreateDepartment", service_.administrator, department),
              IsOk());
  v1::CollectionSchedule form = Quarterly();
  form.set_title("业务部门软件升级需求收集");
  form.set_instructions("在日常工作中发现软件功能无法满足业务需求的，请填写《软件升级需求申请表》");
  form.set_rule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1");
  form.set_start_local_time("2026-01-01T09:00");
  form.set_answer_working_days(5);
  ASSERT_THAT(CreateSchedule(service_.administrator, "monthly", form, "library"), IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 11, 2, 9));
  EXPECT_EQ(RunWorker().opened, 1);
  const auto rounds = Rounds("library");
  ASSERT_THAT(rounds, SizeIs(1));
  EXPECT_EQ(rounds[0].title(), "业务部门软件升级需求收集（2026年11月）");
  EXPECT_EQ(Local(kShanghai, rounds[0].due_time()), "2026-11-09 18:00");
  EXPECT_EQ(rounds[0].missed_occurrences(),
            1);  // That of 1 October, which nobody was there to open.
}

}  // namespace
}  // namespace docket::request
