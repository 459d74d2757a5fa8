// Every method that moves or edits a schedule or a round, from every state, by everyone in every role: who may, what
// the rest are told, and what becomes of it, by the domain alone and through the real server and database.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "docket/common/v1/options.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/collection/testing/collection_fixture.h"
#include "services/request/collection/testing/collection_role_table.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using testing::Caller;
using testing::CollectionMethod;
using testing::CollectionMethods;
using testing::Expected;
using testing::ExpectedOf;
using testing::kCollectionStandings;
using testing::kRoles;
using testing::kStandingNames;
using testing::RoleRow;
using testing::Standing;
using tests::IsOk;
using tests::StatusIs;
using Events = std::multiset<std::string>;

// A schedule or a round as it is seen.
struct Seen {
  std::string name;
  std::string etag;
  std::string state;
  std::string text;
};

class CollectionRoleTest : public CollectionTest {
 protected:
  // A new schedule or round that the method is for, in the state.
  std::string Make(const CollectionMethod& method, const std::string& state) {
    const std::string name = method.IsOfSchedules() ? MakeSchedule(state) : MakeRound(state);
    TakeEvents();
    return name;
  }

  Seen Look(const std::string& name) {
    if (name.find("/collectionRounds/") != std::string::npos) {
      const v1::CollectionRound round = GetRound(name).value_or(v1::CollectionRound());
      const bool overdue =
          round.state() == v1::CollectionRound::STATE_OPEN && FromTimestamp(round.due_time()) <= service_.clock().Now();
      const std::string state = v1::CollectionRound::State_Name(round.state()).substr(sizeof("STATE"));
      return {name, round.etag(), overdue ? "OVERDUE" : state, round.DebugString()};
    }
    v1::GetCollectionScheduleRequest call;
    call.set_name(name);
    const auto schedule =
        service_.Call<v1::CollectionSchedule>("CollectionService/GetCollectionSchedule", service_.administrator, call);
    EXPECT_THAT(schedule, IsOk());
    if (!schedule.ok()) return {};
    return {name, schedule->etag(), v1::CollectionSchedule::State_Name(schedule->state()).substr(sizeof("STATE")),
            schedule->DebugString()};
  }

  absl::Status Do(const std::string& method, const Principal& by, const Seen& seen) {
    if (method == "UpdateCollectionSchedule") {
      v1::UpdateCollectionScheduleRequest call;
      call.mutable_collection_schedule()->set_name(seen.name);
      call.mutable_collection_schedule()->set_etag(seen.etag);
      call.mutable_collection_schedule()->set_title("每季度的需求收集");
      call.set_request_id(service_.NewRequestId());
      return service_.Call<v1::CollectionSchedule>("CollectionService/UpdateCollectionSchedule", by, call).status();
    }
    if (method == "PauseCollectionSchedule") return Schedule<v1::PauseCollectionScheduleRequest>(method, by, seen, Why);
    if (method == "ResumeCollectionSchedule") return Schedule<v1::ResumeCollectionScheduleRequest>(method, by, seen);
    if (method == "RetireCollectionSchedule")
      return Schedule<v1::RetireCollectionScheduleRequest>(method, by, seen, Why);
    if (method == "SubmitCollectionAnswer") return Answer(by, seen.name, true, "customer-service").status();
    if (method == "UpdateCollectionRound") {
      v1::UpdateCollectionRoundRequest call;
      call.mutable_collection_round()->set_name(seen.name);
      call.mutable_collection_round()->set_etag(seen.etag);
      *call.mutable_collection_round()->mutable_due_time() = ToTimestamp(service_.clock().Now() + absl::Hours(48));
      call.set_request_id(service_.NewRequestId());
      return service_.Call<v1::CollectionRound>("CollectionService/UpdateCollectionRound", by, call).status();
    }
    if (method == "AddCollectionDepartments") {
      return Round<v1::AddCollectionDepartmentsRequest>(
          method, by, seen, [](auto& call) { call.add_departments("organizations/yunqi/departments/engineering"); });
    }
    return Round<v1::CloseCollectionRoundRequest>(method, by, seen, Why);
  }

  // The types of the events that were left since it was last asked.
  Events TakeEvents() {
    Events types;
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(10), "SELECT type FROM outbox");
    EXPECT_THAT(rows, IsOk());
    for (const mysql::Row& row : rows.value()) types.insert(row.Text(0));
    if (!types.empty()) Run("DELETE FROM outbox");
    return types;
  }

  void ExpectUntouched(const Seen& before, const Events& events) {
    EXPECT_EQ(TakeEvents(), events);
    EXPECT_EQ(Look(before.name).text, before.text);
  }

  void CheckRow(const CollectionMethod& method, const RoleRow& row);

  int calls_ = 0;
  int changes_ = 0;

 private:
  static constexpr auto Why = [](auto& call) { call.set_reason("经信息部研究"); };

  template <typename Call>
  absl::Status Schedule(const std::string& method, const Principal& by, const Seen& seen,
                        const std::function<void(Call&)>& fill = nullptr) {
    return Act<Call, v1::CollectionSchedule>(method, by, seen.name, fill).status();
  }
  template <typename Call>
  absl::Status Round(const std::string& method, const Principal& by, const Seen& seen,
                     const std::function<void(Call&)>& fill) {
    return Act<Call, v1::CollectionRound>(method, by, seen.name, fill).status();
  }

  std::string MakeSchedule(const std::string& state) {
    const Seen made{.name = Created(absl::StrCat("schedule-", ++made_), Quarterly()).name()};
    absl::Status moved;
    if (state == "PAUSED") moved = Do("PauseCollectionSchedule", service_.director, made);
    if (state == "RETIRED") moved = Do("RetireCollectionSchedule", service_.director, made);
    EXPECT_THAT(moved, IsOk());
    return made.name;
  }
  std::string MakeRound(const std::string& state) {
    const auto round = OpenRound(service_.director, [](v1::OpenCollectionRoundRequest& call) {
      call.add_departments("organizations/yunqi/departments/customer-service");
      call.add_departments("organizations/yunqi/departments/it");
    });
    EXPECT_THAT(round, IsOk());
    if (!round.ok()) return "";
    if (state == "CLOSED") {
      EXPECT_THAT(Do("CloseCollectionRound", service_.director, {.name = round->name()}), IsOk());
    }
    if (state == "OVERDUE") {
      Run(absl::StrCat("UPDATE collection_round SET due_us = open_us WHERE round_id = UNHEX('",
                       absl::StrReplaceAll(LastId(round->name()), {{"-", ""}}), "')"));
    }
    return round->name();
  }
  void Run(const std::string& sql) {
    EXPECT_THAT(service_.pool().Execute(absl::Now() + absl::Seconds(10), sql), IsOk()) << sql;
  }

  int made_ = 0;
};

void CollectionRoleTest::CheckRow(const CollectionMethod& method, const RoleRow& row) {
  Seen before = Look(Make(method, row.from));
  ASSERT_EQ(before.state, row.from);
  for (const Standing standing : kCollectionStandings) {
    // After those who are turned away, one look tells that none of them changed anything.
    for (const bool turned_away : {true, false}) {
      for (size_t role = 0; role < kRoles.size(); ++role) {
        const Expected expected = ExpectedOf(method, row, standing, role);
        if (expected.IsTurnedAway() != turned_away) continue;
        SCOPED_TRACE(absl::StrCat(method.name, " from ", row.from, ", by ",
                                  kStandingNames[static_cast<size_t>(standing)], " as ", Role_Name(kRoles[role])));
        ++calls_;
        const absl::Status answer = Do(method.name, Caller(standing, kRoles[role]), before);
        if (expected.code != StatusCode::kOk) {
          EXPECT_THAT(answer, StatusIs(expected.code, expected.reason));
          if (!turned_away) ExpectUntouched(before, {"CallDenied"});
          continue;
        }
        ++changes_;
        ASSERT_THAT(answer, IsOk());
        EXPECT_EQ(TakeEvents(), Events{method.event});
        const Seen after = Look(before.name);
        EXPECT_EQ(after.state, row.to);
        EXPECT_EQ(after.etag, absl::StrCat(std::stoi(before.etag) + 1));
        before = Look(Make(method, row.from));
      }
      if (turned_away) ExpectUntouched(before, {});
    }
  }
}

TEST_F(CollectionRoleTest, EveryMethodFromEveryStateInEveryRole) {
  for (const CollectionMethod& method : CollectionMethods()) {
    for (const RoleRow& row : method.rows) CheckRow(method, row);
  }
  EXPECT_EQ(calls_, 8 * 3 * 4 * 15);
  // Schedules: 6 rows, by directors of two departments, and by administrators of two departments and of the platform.
  // Answers: 2 rows in two roles. The director's methods: 6 rows, of two departments.
  EXPECT_EQ(changes_, 6 * 5 + 2 * 2 + 6 * 2);
}

// Whoever lacks the role or belongs elsewhere does not learn that way what there is.
TEST_F(CollectionRoleTest, PermissionComesBeforeExistence) {
  for (const CollectionMethod& method : CollectionMethods()) {
    const Seen absent{.name = method.IsOfSchedules()
                                  ? "organizations/yunqi/collectionSchedules/nowhere"
                                  : "organizations/yunqi/collectionRounds/" + service_.NewRequestId(),
                      .etag = "1"};
    for (const Standing standing : kCollectionStandings) {
      for (size_t role = 0; role < kRoles.size(); ++role) {
        SCOPED_TRACE(absl::StrCat(method.name, ", by ", kStandingNames[static_cast<size_t>(standing)], " as ",
                                  Role_Name(kRoles[role])));
        const Expected expected = ExpectedOf(method, method.rows.front(), standing, role);
        const absl::Status answer = Do(method.name, Caller(standing, kRoles[role]), absent);
        if (expected.IsTurnedAway()) {
          EXPECT_THAT(answer, StatusIs(expected.code, expected.reason));
        } else {
          EXPECT_THAT(answer, StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
        }
      }
    }
  }
}

// The domain knows no roles; what the state allows is the same.
absl::Status DoToSchedule(const std::string& method, CollectionSchedule& schedule, absl::Time now) {
  if (method == "UpdateCollectionSchedule") return schedule.CheckEditable();
  if (method == "PauseCollectionSchedule") return schedule.Pause("系统切换", now);
  if (method == "ResumeCollectionSchedule") return schedule.Resume(absl::UTCTimeZone(), now);
  return schedule.Retire("改为按月", now);
}
absl::Status DoToRound(const std::string& method, CollectionRound& round, absl::Time now) {
  const RoundAttempt by{.caller = "organizations/yunqi/people/sun-li", .department_id = "it", .now = now};
  if (method == "SubmitCollectionAnswer") return round.Answer(by, "it", true, "");
  if (method == "UpdateCollectionRound") return round.Edit(by, {.title = "新", .due_time = now + absl::Hours(1)});
  if (method == "AddCollectionDepartments") return round.Ask(by, {"engineering"}).status();
  return round.Close(by, "需求已齐");
}

TEST(CollectionStateTest, EveryMethodFromEveryState) {
  const absl::Time now = absl::FromUnixSeconds(1790000000);
  const std::map<std::string, ScheduleState> schedule_states = {
      {"ACTIVE", ScheduleState::kActive}, {"PAUSED", ScheduleState::kPaused}, {"RETIRED", ScheduleState::kRetired}};
  for (const CollectionMethod& method : CollectionMethods()) {
    for (const RoleRow& row : method.rows) {
      SCOPED_TRACE(absl::StrCat(method.name, " from ", row.from));
      absl::Status answer;
      std::string state;
      if (method.IsOfSchedules()) {
        CollectionSchedule schedule;
        schedule.rule = "FREQ=MONTHLY";
        schedule.start_local = "2026-01-01T09:00";
        schedule.state = schedule_states.at(row.from);
        answer = DoToSchedule(method.name, schedule, now);
        state = std::string(ScheduleStateName(schedule.state));
      } else {
        CollectionRound round;
        round.id = std::string(16, 'r');
        round.answers = {{.department_id = "it"}};
        round.state = row.from == "CLOSED" ? RoundState::kClosed : RoundState::kOpen;
        round.due_time = row.from == "OVERDUE" ? now : now + absl::Hours(24);
        answer = DoToRound(method.name, round, now);
        state = round.state == RoundState::kClosed ? "CLOSED" : round.due_time <= now ? "OVERDUE" : "OPEN";
      }
      if (row.told.find('+') != std::string::npos) {
        EXPECT_THAT(answer, IsOk());
        EXPECT_EQ(state, row.to);
      } else {
        EXPECT_THAT(answer, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
        EXPECT_EQ(state, row.from);
      }
    }
  }
}

// A new state, role or method has to be put into the table above.
TEST(CollectionStateTest, TheTableLeavesNothingOut) {
  const std::set<int> roles(kRoles.begin(), kRoles.end());
  EXPECT_EQ(roles.size(), static_cast<size_t>(common::v1::Role_descriptor()->value_count()));
  std::multiset<std::string> rows;
  for (const CollectionMethod& method : CollectionMethods()) {
    for (const RoleRow& row : method.rows) {
      rows.insert(absl::StrCat(method.name, " ", row.from));
      EXPECT_EQ(row.told.size(), 2 * kRoles.size() - 1);
    }
  }
  const auto states_of = [](const google::protobuf::EnumDescriptor* states) {
    std::vector<std::string> names;
    for (int i = 1; i < states->value_count(); ++i) names.push_back(states->value(i)->name().substr(sizeof("STATE")));
    return names;
  };
  std::multiset<std::string> all;
  const google::protobuf::ServiceDescriptor* service =
      v1::CloseCollectionRoundRequest::descriptor()->file()->FindServiceByName("CollectionService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string& method = service->method(i)->name();
    if (!service->method(i)->options().GetExtension(common::v1::access).mutates()) continue;
    // What they make is in no state before.
    if (method == "CreateCollectionSchedule" || method == "OpenCollectionRound") continue;
    const bool of_schedules = CollectionMethod{.name = method}.IsOfSchedules();
    for (const std::string& state : states_of(of_schedules ? v1::CollectionSchedule::State_descriptor()
                                                           : v1::CollectionRound::State_descriptor())) {
      all.insert(absl::StrCat(method, " ", state));
    }
    if (!of_schedules) all.insert(absl::StrCat(method, " OVERDUE"));
  }
  EXPECT_EQ(rows, all);
}

}  // namespace
}  // namespace docket::request
