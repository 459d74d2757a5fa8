// What the worker makes of rounds that were edited.
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/round_store.h"
#include "services/request/collection/testing/round_edit_fixture.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

using RoundEditWorkerTest = RoundEditTest;

TEST_F(RoundEditWorkerTest, RemindersComeWithTheNewDueTime) {
  v1::CollectionRound round = Opened({});
  SetClockTo(9, 24, 9);
  EXPECT_EQ(RunWorker().reminded, 1);
  // Two working days before the 15th is the 13th: it is reminded of once more, and not before.
  ASSERT_THAT(MoveDueTime(round, At(10, 15, 18)), IsOk());
  SetClockTo(10, 13, 8);
  EXPECT_EQ(RunWorker().reminded, 0);
  SetClockTo(10, 13, 9);
  EXPECT_EQ(RunWorker().reminded, 1);
  EXPECT_EQ(RunWorker().reminded, 0);
  const auto reminder = PayloadOf<event::v1::CollectionReminderDue>(service_.LastEvent("CollectionReminderDue"));
  EXPECT_EQ(Local(kZone, reminder.due_time()), "2026-10-15 18:00");
  EXPECT_EQ(reminder.working_days_before_due(), 2);
  // A day more: its time has passed and it was reported.
  round = *GetRound(round.name());
  ASSERT_THAT(MoveDueTime(round, At(10, 14, 18)), IsOk());
  EXPECT_EQ(RunWorker().reminded, 0);
  EXPECT_THAT(service_.EventsOf("CollectionReminderDue"), SizeIs(2));
}

TEST_F(RoundEditWorkerTest, AnEarlierDueTimeMakesAReminderNeedlessThatMissedItsTime) {
  const v1::CollectionRound round = Opened({});
  SetClockTo(9, 23, 10);
  ASSERT_THAT(MoveDueTime(round, At(9, 24, 18)), IsOk());
  EXPECT_EQ(RunWorker().reminded, 0);
  SetClockTo(9, 24, 17);
  EXPECT_EQ(RunWorker().reminded, 0);
  SetClockTo(9, 24, 18);
  EXPECT_EQ(RunWorker().closed, 1);
  EXPECT_THAT(service_.EventsOf("CollectionReminderDue"), IsEmpty());
}

TEST_F(RoundEditWorkerTest, DepartmentsThatComeLateAreReminded) {
  const v1::CollectionRound round = Opened({"customer-service"});
  ASSERT_THAT(Answer(service_.head, round.name(), true), IsOk());
  SetClockTo(9, 23, 9);
  ASSERT_THAT(Add(service_.director, round.name(), {"it"}), IsOk());
  SetClockTo(9, 24, 9);
  EXPECT_EQ(RunWorker().reminded, 1);
  EXPECT_THAT(
      PayloadOf<event::v1::CollectionReminderDue>(service_.LastEvent("CollectionReminderDue")).missing_departments(),
      ElementsAre(absl::StrCat(kDepartments, "it")));
}

TEST_F(RoundEditWorkerTest, OneThatIsPastDueIsExtendedUntilItIsClosed) {
  const v1::CollectionRound round = Opened({});
  SetClockTo(9, 29, 19);
  ASSERT_THAT(Answer(service_.head, round.name(), true), IsOk());
  ASSERT_THAT(MoveDueTime(*GetRound(round.name()), At(9, 30, 18)), IsOk());
  EXPECT_EQ(RunWorker().closed, 0);
  const auto answered = Answer(service_.other_head, round.name(), true);
  ASSERT_THAT(answered, IsOk());
  // Late stays what was late when it was given.
  EXPECT_TRUE(answered->answers(0).late());
  EXPECT_FALSE(answered->answers(1).late());
  SetClockTo(9, 30, 18);
  EXPECT_EQ(RunWorker().closed, 1);
  EXPECT_THAT(Summary(round.name())->late_departments(), ElementsAre(absl::StrCat(kDepartments, "customer-service")));
  EXPECT_THAT(MoveDueTime(*GetRound(round.name()), At(10, 15, 18)),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

// The worker has found the round due and waits for it while it is being extended.
TEST_F(RoundEditWorkerTest, TheWorkerDoesNotCloseWhatIsExtendedAtThatMoment) {
  const v1::CollectionRound round = Opened({});
  SetClockTo(9, 29, 18);
  RoundStore store(service_.pool());
  CollectionWork work;
  std::thread worker;
  const absl::Status extended = mysql::RunInTransaction(
      service_.pool(), absl::Now() + absl::Seconds(30), [&](mysql::Transaction& tx) -> absl::Status {
        auto held = store.LoadForUpdate(tx, "yunqi", *ParseUuid(LastId(round.name())));
        if (!held.ok()) return held.status();
        worker = std::thread([&] { work = RunWorker(); });
        service_.AwaitLockWait();
        const absl::Time now = service_.clock().Now();
        const absl::Status edited =
            (*held)->Edit({.now = now}, {.title = round.title(), .due_time = now + absl::Hours(24)});
        return edited.ok() ? store.SaveEdited(tx, **held, {}, 1) : edited;
      });
  EXPECT_THAT(extended, IsOk());
  ASSERT_TRUE(worker.joinable());
  worker.join();
  EXPECT_EQ(work.closed, 0);
  EXPECT_EQ(GetRound(round.name())->state(), v1::CollectionRound::STATE_OPEN);
  EXPECT_THAT(service_.EventsOf("CollectionRoundClosed"), IsEmpty());
  service_.clock().Advance(absl::Hours(24));
  EXPECT_EQ(RunWorker().closed, 1);
}

}  // namespace
}  // namespace docket::request
