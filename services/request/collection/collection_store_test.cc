#include <string>
#include <tuple>
#include <vector>

#include "absl/time/clock.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/round_store.h"
#include "services/request/collection/schedule_store.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

class CollectionStoreTest : public ::testing::Test {
 protected:
  static absl::Time Soon() { return absl::Now() + absl::Seconds(10); }
  static absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

  absl::Status InTransaction(const std::function<absl::Status(mysql::Transaction&)>& function) {
    return mysql::RunInTransaction(database_.pool(), Soon(), function);
  }

  static CollectionSchedule Schedule(const std::string& organization, const std::string& id, int64_t next) {
    CollectionSchedule schedule;
    schedule.organization_id = organization;
    schedule.id = id;
    schedule.title = "需求收集";
    schedule.rule = "FREQ=MONTHLY";
    schedule.start_local = "2026-01-01T09:00";
    schedule.departments = {"it", "engineering"};
    schedule.reminders = {5, 1};
    schedule.answer_days = 10;
    schedule.next_occurrence = At(next);
    return schedule;
  }

  static CollectionRound Round(char id, int64_t due) {
    CollectionRound round;
    round.organization_id = "yunqi";
    round.id = std::string(16, id);
    round.title = "需求收集";
    round.due_time = At(due);
    round.answers = {{.department_id = "engineering"}, {.department_id = "it"}};
    return round;
  }

  // Days before, time, state.
  std::vector<std::tuple<int, int64_t, int>> Reminders(const CollectionRound& round) {
    const auto found = mysql::RunInTransaction(
        database_.pool(), Soon(), [&](mysql::Transaction& tx) { return rounds_.LoadReminders(tx, round); });
    EXPECT_THAT(found, IsOk());
    std::vector<std::tuple<int, int64_t, int>> reminders;
    for (const Reminder& one : found.value_or(std::vector<Reminder>())) {
      reminders.emplace_back(one.days_before, absl::ToUnixSeconds(one.time), static_cast<int>(one.state));
    }
    return reminders;
  }

  MigratedDatabase database_;
  ScheduleStore schedules_{database_.pool()};
  RoundStore rounds_{database_.pool()};
};

TEST_F(CollectionStoreTest, ASchedulesRowComesBackAsItWas) {
  CollectionSchedule schedule = Schedule("yunqi", "quarterly", 1000);
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return schedules_.Insert(tx, schedule); }), IsOk());
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return schedules_.Insert(tx, schedule); }),
              StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  const auto found = schedules_.Find(Soon(), "yunqi", "quarterly");
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->departments, schedule.departments);
  EXPECT_EQ((*found)->reminders, schedule.reminders);
  EXPECT_EQ((*found)->next_occurrence, schedule.next_occurrence);
  EXPECT_FALSE(schedules_.Find(Soon(), "library", "quarterly")->has_value());
  // Twins by case and by a trailing space are others.
  EXPECT_FALSE(schedules_.Find(Soon(), "yunqi", "Quarterly")->has_value());
  EXPECT_FALSE(schedules_.Find(Soon(), "yunqi", "quarterly ")->has_value());

  schedule.departments.clear();
  schedule.reminders.clear();
  schedule.state = ScheduleState::kPaused;
  schedule.next_occurrence.reset();
  schedule.revision = 2;
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return schedules_.Save(tx, schedule, 1); }), IsOk());
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return schedules_.Save(tx, schedule, 1); }),
              StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  const auto saved = schedules_.Find(Soon(), "yunqi", "quarterly");
  EXPECT_THAT((*saved)->departments, IsEmpty());
  EXPECT_THAT((*saved)->reminders, IsEmpty());
  EXPECT_EQ((*saved)->next_occurrence, std::nullopt);
}

TEST_F(CollectionStoreTest, DueSchedulesOfAllOrganisationsInTheirOrder) {
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) -> absl::Status {
                for (const auto& [organization, id, next] :
                     {std::tuple("yunqi", "b", 100), std::tuple("yunqi", "a", 100), std::tuple("library", "z", 100),
                      std::tuple("library", "early", 50), std::tuple("library", "later", 200)}) {
                  const absl::Status status = schedules_.Insert(tx, Schedule(organization, id, next));
                  if (!status.ok()) return status;
                }
                CollectionSchedule paused = Schedule("yunqi", "paused", 10);
                paused.state = ScheduleState::kPaused;
                return schedules_.Insert(tx, paused);
              }),
              IsOk());
  std::vector<std::string> found;
  std::optional<DueSchedule> after;
  while (true) {
    const auto page = schedules_.ListDue(Soon(), At(150), after, 2);
    ASSERT_THAT(page, IsOk());
    for (const DueSchedule& due : *page) found.push_back(due.organization_id + "/" + due.id);
    if (page->size() < 2) break;
    after = page->back();
  }
  EXPECT_THAT(found, ElementsAre("library/early", "library/z", "yunqi/a", "yunqi/b"));
}

TEST_F(CollectionStoreTest, AScheduleMovesOnOnce) {
  const CollectionSchedule schedule = Schedule("yunqi", "quarterly", 100);
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return schedules_.Insert(tx, schedule); }), IsOk());
  const auto advance = [&](std::optional<absl::Time> next) {
    return mysql::RunInTransaction(database_.pool(), Soon(), [&](mysql::Transaction& tx) {
      return schedules_.Advance(tx, schedule, At(100), next);
    });
  };
  EXPECT_TRUE(*advance(At(200)));
  EXPECT_FALSE(*advance(At(300)));
  EXPECT_EQ((*schedules_.Find(Soon(), "yunqi", "quarterly"))->next_occurrence, At(200));
  EXPECT_EQ((*schedules_.Find(Soon(), "yunqi", "quarterly"))->revision, 1);
}

TEST_F(CollectionStoreTest, AnOccurrenceHasOneRound) {
  CollectionRound first = Round('a', 1000);
  first.schedule_id = "quarterly";
  first.occurrence = At(100);
  CollectionRound second = Round('b', 1000);
  second.schedule_id = "quarterly";
  second.occurrence = At(100);
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return rounds_.Insert(tx, first, {}); }), IsOk());
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return rounds_.Insert(tx, second, {}); }),
              StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  // Rounds opened by hand stand for no occurrence.
  for (const char id : {'c', 'd'}) {
    ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return rounds_.Insert(tx, Round(id, 1000), {}); }), IsOk());
  }
}

TEST_F(CollectionStoreTest, ARoundsRowsComeBackAsTheyWere) {
  CollectionRound round = Round('a', 1000);
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) {
                return rounds_.Insert(tx, round, {{3, At(500)}, {1, At(700)}});
              }),
              IsOk());
  ASSERT_THAT(round.Answer({.caller = "organizations/yunqi/people/li", .department_id = "it", .now = At(300)}, "it",
                           true, "无"),
              IsOk());
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return rounds_.SaveAnswer(tx, round, "it", 1); }), IsOk());
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return rounds_.SaveAnswer(tx, round, "it", 1); }),
              StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  const auto found = rounds_.Find(Soon(), "yunqi", round.id);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  ASSERT_THAT((*found)->answers, SizeIs(2));
  EXPECT_EQ((*found)->answers[0].answer_time, std::nullopt);
  EXPECT_EQ((*found)->answers[1].answer_time, At(300));
  EXPECT_TRUE((*found)->answers[1].nil_return);
  EXPECT_EQ((*found)->answers[1].comment, "无");
  EXPECT_EQ((*found)->due_time, At(1000));
  EXPECT_FALSE((*rounds_.Find(Soon(), "library", round.id)).has_value());
}

TEST_F(CollectionStoreTest, RemindersAreTakenOnce) {
  CollectionRound round = Round('a', 1000);
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) {
                return rounds_.Insert(tx, round, {{5, At(300)}, {3, At(500)}, {1, At(700)}});
              }),
              IsOk());
  const auto take = [&](int64_t now) {
    return mysql::RunInTransaction(database_.pool(), Soon(), [&](mysql::Transaction& tx) {
      return rounds_.TakeReminders(tx, round, At(now), /*needless=*/false);
    });
  };
  EXPECT_THAT(*rounds_.ListToRemind(Soon(), At(299), 10), IsEmpty());
  EXPECT_THAT(*rounds_.ListToRemind(Soon(), At(500), 10), SizeIs(2));
  EXPECT_THAT(*take(500), ElementsAre(3, 5));
  EXPECT_THAT(*take(500), IsEmpty());
  // Closing makes the rest needless.
  ASSERT_THAT(round.Close({.now = At(600)}, ""), IsOk());
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return rounds_.SaveClosed(tx, round, 1); }), IsOk());
  EXPECT_THAT(*rounds_.ListToRemind(Soon(), At(9999), 10), IsEmpty());
  EXPECT_THAT(*rounds_.ListToClose(Soon(), At(9999), 10), IsEmpty());
}

TEST_F(CollectionStoreTest, AnEditIsKeptWithItsReminders) {
  CollectionRound round = Round('a', 1000);
  // Another organisation's round of the same identifier is not touched.
  CollectionRound other = round;
  other.organization_id = "library";
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) -> absl::Status {
                const absl::Status status = rounds_.Insert(tx, round, {{3, At(500)}, {1, At(700)}});
                return status.ok() ? rounds_.Insert(tx, other, {{3, At(500)}}) : status;
              }),
              IsOk());
  ASSERT_THAT(round.Edit({.now = At(600)}, {.title = "新", .instructions = "说明", .due_time = At(2000)}), IsOk());
  const std::vector<Reminder> moved = {{3, At(1500)}, {1, At(550), ReminderState::kReported}};
  const auto save = [&](mysql::Transaction& tx) { return rounds_.SaveEdited(tx, round, moved, 1); };
  ASSERT_THAT(InTransaction(save), IsOk());
  EXPECT_THAT(InTransaction(save), StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  const auto found = rounds_.Find(Soon(), "yunqi", round.id);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ((*found)->title, "新");
  EXPECT_EQ((*found)->instructions, "说明");
  EXPECT_EQ((*found)->due_time, At(2000));
  EXPECT_EQ((*found)->update_time, At(600));
  EXPECT_EQ((*found)->revision, 2);
  EXPECT_THAT(Reminders(round), ElementsAre(std::tuple(1, 550, 2), std::tuple(3, 1500, 1)));
  EXPECT_THAT(Reminders(other), ElementsAre(std::tuple(3, 500, 1)));
  EXPECT_EQ((*rounds_.Find(Soon(), "library", round.id))->due_time, At(1000));
}

TEST_F(CollectionStoreTest, FurtherDepartmentsAwakenNeedlessRemindersThatLieAhead) {
  CollectionRound round = Round('a', 1000);
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) {
                return rounds_.Insert(tx, round, {{5, At(300)}, {3, At(500)}, {1, At(700)}, {0, At(900)}});
              }),
              IsOk());
  const auto take = [&](int64_t now, bool needless) {
    return mysql::RunInTransaction(database_.pool(), Soon(), [&](mysql::Transaction& tx) {
      return rounds_.TakeReminders(tx, round, At(now), needless);
    });
  };
  EXPECT_THAT(*take(300, false), ElementsAre(5));
  // As if by a replica whose clock is ahead.
  EXPECT_THAT(*take(700, true), ElementsAre(1, 3));
  const auto come = round.Ask({.now = At(600)}, {"finance", "cleaning", "it"});
  ASSERT_THAT(come, IsOk());
  const auto save = [&](mysql::Transaction& tx) { return rounds_.SaveAsked(tx, round, *come, 1); };
  ASSERT_THAT(InTransaction(save), IsOk());
  EXPECT_THAT(InTransaction(save), StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_THAT(Reminders(round),
              ElementsAre(std::tuple(0, 900, 1), std::tuple(1, 700, 1), std::tuple(3, 500, 3), std::tuple(5, 300, 2)));
  const auto found = rounds_.Find(Soon(), "yunqi", round.id);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ((*found)->revision, 2);
  EXPECT_THAT((*found)->Missing(),
              ElementsAre("organizations/yunqi/departments/cleaning", "organizations/yunqi/departments/engineering",
                          "organizations/yunqi/departments/finance", "organizations/yunqi/departments/it"));
}

TEST_F(CollectionStoreTest, TheLongestDueIsClosedFirst) {
  for (const auto& [id, due] : {std::pair('a', 300), std::pair('b', 100), std::pair('c', 200), std::pair('d', 400)}) {
    ASSERT_THAT(InTransaction(
                    [&, id = id, due = due](mysql::Transaction& tx) { return rounds_.Insert(tx, Round(id, due), {}); }),
                IsOk());
  }
  const auto due = rounds_.ListToClose(Soon(), At(300), 2);
  ASSERT_THAT(due, IsOk());
  ASSERT_THAT(*due, SizeIs(2));
  EXPECT_EQ((*due)[0].id, std::string(16, 'b'));
  EXPECT_EQ((*due)[1].id, std::string(16, 'c'));
}

}  // namespace
}  // namespace docket::request
