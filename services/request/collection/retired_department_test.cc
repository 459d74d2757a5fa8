// Rounds and schedules when a department has been retired.
#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/collection_fixture.h"
#include "services/request/testing/directory_calls.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

constexpr char kShanghai[] = "Asia/Shanghai";
constexpr char kSecurity[] = "organizations/yunqi/departments/security";
constexpr char kCleaning[] = "organizations/yunqi/departments/cleaning";
constexpr char kIt[] = "organizations/yunqi/departments/it";

class RetiredDepartmentTest : public CollectionTest {
 protected:
  RetiredDepartmentTest() : calls_(service_) {
    for (const char* id : {"security", "cleaning"}) EXPECT_THAT(calls_.CreateDepartment(id), IsOk());
  }

  static v1::CollectionSchedule Daily() {
    v1::CollectionSchedule form = Quarterly();
    form.set_rule("FREQ=DAILY");
    form.set_start_local_time("2026-10-08T09:00");
    form.clear_reminder_working_days();
    form.set_answer_working_days(1);
    return form;
  }

  absl::StatusOr<v1::CollectionSchedule> Update(const v1::CollectionSchedule& schedule, const std::string& path) {
    v1::UpdateCollectionScheduleRequest call;
    *call.mutable_collection_schedule() = schedule;
    call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::CollectionSchedule>("CollectionService/UpdateCollectionSchedule", service_.administrator,
                                                 call);
  }

  DirectoryCalls calls_;
};

TEST_F(RetiredDepartmentTest, IsNotAskedByHand) {
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  const auto all = OpenRound(service_.director);
  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(all->missing_departments(), ElementsAre(kCleaning, "organizations/yunqi/departments/customer-service",
                                                      "organizations/yunqi/departments/engineering", kIt));
  const auto named = OpenRound(service_.director, [](v1::OpenCollectionRoundRequest& call) {
    call.add_departments(kIt);
    call.add_departments(kSecurity);
  });
  ASSERT_THAT(named, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(named.status())->metadata().at("resource"), kSecurity);
}

TEST_F(RetiredDepartmentTest, StaysInARoundThatAsksIt) {
  const auto round = OpenRound(service_.director, [](auto& call) { call.add_departments(kSecurity); });
  ASSERT_THAT(round, IsOk());
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  EXPECT_THAT(GetRound(round->name())->missing_departments(), ElementsAre(kSecurity));
}

TEST_F(RetiredDepartmentTest, IsNothingNewForASchedule) {
  v1::CollectionSchedule form = Daily();
  form.add_departments(kSecurity);
  v1::CollectionSchedule old = Created("old", form);
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  ASSERT_THAT(calls_.RetireDepartment("cleaning"), IsOk());
  EXPECT_THAT(CreateSchedule(service_.administrator, "new", form),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  // One that named it may go on naming it; it may not come to name another.
  old.set_title("每日收集");
  const auto renamed = Update(old, "title");
  ASSERT_THAT(renamed, IsOk());
  old = *renamed;
  old.add_departments(kIt);
  const auto widened = Update(old, "departments");
  ASSERT_THAT(widened, IsOk());
  old = *widened;
  old.add_departments(kCleaning);
  EXPECT_THAT(Update(old, "departments"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
}

TEST_F(RetiredDepartmentTest, IsLeftOutByTheWorker) {
  v1::CollectionSchedule named = Daily();
  named.add_departments(kSecurity);
  named.add_departments(kIt);
  Created("named", named);
  Created("every", Daily());
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  EXPECT_EQ(RunWorker().opened, 2);
  const auto asked = [&](const std::string& schedule) {
    const auto rounds = Rounds("yunqi", "schedule = organizations/yunqi/collectionSchedules/" + schedule);
    EXPECT_THAT(rounds, SizeIs(1));
    return rounds.empty() ? v1::CollectionRound() : rounds.front();
  };
  EXPECT_THAT(asked("named").missing_departments(), ElementsAre(kIt));
  EXPECT_THAT(asked("every").missing_departments(),
              ElementsAre(kCleaning, "organizations/yunqi/departments/customer-service",
                          "organizations/yunqi/departments/engineering", kIt));
}

TEST_F(RetiredDepartmentTest, WhereNobodyIsLeftToAskTheOccurrencePasses) {
  v1::CollectionSchedule named = Daily();
  named.add_departments(kSecurity);
  Created("named", named);
  ASSERT_THAT(calls_.RetireDepartment("security"), IsOk());
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 8, 9));
  EXPECT_EQ(RunWorker().opened, 0);
  EXPECT_THAT(Rounds(), SizeIs(0));
  // Once it is back it is asked at the next occurrence, which stands for itself only.
  ASSERT_THAT(calls_.ReinstateDepartment("security"), IsOk());
  EXPECT_EQ(RunWorker().opened, 0);
  SetClock(kShanghai, absl::CivilSecond(2026, 10, 9, 9));
  EXPECT_EQ(RunWorker().opened, 1);
  const auto rounds = Rounds();
  ASSERT_THAT(rounds, SizeIs(1));
  EXPECT_THAT(rounds.front().missing_departments(), ElementsAre(kSecurity));
  EXPECT_EQ(rounds.front().missed_occurrences(), 0);
}

}  // namespace
}  // namespace docket::request
