// Every method of the working calendar, as it began and once it was changed, by everyone in every role: who may, what
// the rest are told, and what becomes of it, through the real server and database.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "docket/request/v1/working_calendar_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using testing::Changed;
using testing::RoleWalk;
using testing::Shown;
using testing::Step;
using testing::TextOf;
using testing::Told;
using tests::IsOk;
using C = v1::WorkingCalendar;
using Text = absl::StatusOr<std::string>;

constexpr char kName[] = "organizations/yunqi/workingCalendar";
constexpr char kDay[] = "2031-05-02";

const std::set<Role> kKeepers = {common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_ADMINISTRATOR};
const std::set<Role> kReaders = testing::EveryRoleBut({});

class CalendarRoleTest : public ::testing::Test {
 protected:
  absl::StatusOr<C> Get(const Principal& by, const std::string& name = kName) {
    v1::GetWorkingCalendarRequest call;
    call.set_name(name);
    return service_.Call<C>("WorkingCalendarService/GetWorkingCalendar", by, call);
  }
  // Mondays only.
  absl::StatusOr<C> Update(const Principal& by, const std::string& etag) {
    v1::UpdateWorkingCalendarRequest call;
    call.mutable_working_calendar()->set_name(kName);
    call.mutable_working_calendar()->set_etag(etag);
    call.mutable_working_calendar()->add_working_weekdays(v1::WEEKDAY_MONDAY);
    call.mutable_update_mask()->add_paths("working_weekdays");
    call.set_request_id(service_.NewRequestId());
    return service_.Call<C>("WorkingCalendarService/UpdateWorkingCalendar", by, call);
  }
  absl::StatusOr<v1::ImportCalendarDaysResponse> Import(const Principal& by, v1::CalendarDay::Kind kind) {
    v1::ImportCalendarDaysRequest call;
    call.set_name(kName);
    v1::CalendarDay* day = call.add_days();
    day->set_date(kDay);
    day->set_kind(kind);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::ImportCalendarDaysResponse>("WorkingCalendarService/ImportCalendarDays", by, call);
  }
  Text Importing(const Principal& by, v1::CalendarDay::Kind kind) {
    const auto reply = Import(by, kind);
    if (!reply.ok()) return reply.status();
    return v1::CalendarDayResult::Outcome_Name(reply->results(0).outcome());
  }
  Text Compute(const Principal& by) {
    v1::ComputeWorkingTimeRequest call;
    call.set_name(kName);
    // Friday noon, and the same time of the next working day.
    call.mutable_start_time()->set_seconds(1790308800);
    call.set_working_days(1);
    const auto reply =
        service_.Call<v1::ComputeWorkingTimeResponse>("WorkingCalendarService/ComputeWorkingTime", by, call);
    if (!reply.ok()) return reply.status();
    return absl::StrCat(reply->working_days(), " by ", reply->calendar_etag());
  }
  // As it is in `now`, at the time of the call.
  std::vector<Step> StepsOn(const C& now) {
    C next = now;
    next.mutable_update_time()->set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    next.set_etag(absl::StrCat(std::stoi(now.etag()) + 1));
    C mondays = next, holiday = next;
    mondays.clear_working_weekdays();
    mondays.add_working_weekdays(v1::WEEKDAY_MONDAY);
    v1::CalendarDay* day = holiday.add_days();
    day->set_date(kDay);
    day->set_kind(v1::CalendarDay::KIND_HOLIDAY);
    const auto told = [](Told what) { return [what](const Principal&) { return what; }; };
    return {
        {.what = "GetWorkingCalendar",
         .open_to = kReaders,
         .call = [this](const Principal& by) { return TextOf(Get(by)); },
         .told = told(Shown(now.DebugString()))},
        {.what = "ComputeWorkingTime",
         .open_to = kReaders,
         .call = [this](const Principal& by) { return Compute(by); },
         .told = told(Shown("1 by " + now.etag()))},
        {.what = "UpdateWorkingCalendar",
         .open_to = kKeepers,
         .call = [this, etag = now.etag()](const Principal& by) { return TextOf(Update(by, etag)); },
         .told = told(Changed(mondays.DebugString(), mondays.DebugString(), {"WorkingCalendarUpdated"}))},
        {.what = "UpdateWorkingCalendar, of another version",
         .open_to = kKeepers,
         .call = [this, etag = next.etag()](const Principal& by) { return TextOf(Update(by, etag)); },
         .told = told({.expected = {StatusCode::kAborted, Reason::REASON_STALE_ETAG}})},
        {.what = "ImportCalendarDays",
         .open_to = kKeepers,
         .call = [this](const Principal& by) { return Importing(by, v1::CalendarDay::KIND_HOLIDAY); },
         .told = told(Changed("OUTCOME_ADDED", holiday.DebugString(), {"CalendarDaysImported"}))},
        {.what = "ImportCalendarDays, that change nothing",
         .open_to = kKeepers,
         .call = [this](const Principal& by) { return Importing(by, v1::CalendarDay::KIND_ORDINARY); },
         .told = told({.answer = "OUTCOME_UNCHANGED", .recorded = true})},
    };
  }

  WholeService service_;
  testing::KeptTables tables_{service_.pool(), {"working_calendar", "working_calendar_day", "idempotency"}};
  RoleWalk walk_{
      tables_, [this] { return TextOf(Get(service_.auditor)).value_or(""); }, {PersonOf("yunqi", "sun-li", "it", {})}};
};

TEST_F(CalendarRoleTest, EveryMethodInEveryRole) {
  for (const bool was_changed : {false, true}) {
    SCOPED_TRACE(was_changed ? "changed" : "as it began");
    if (was_changed) {
      ASSERT_THAT(Import(service_.director, v1::CalendarDay::KIND_WORKDAY), IsOk());
      ASSERT_THAT(Import(service_.director, v1::CalendarDay::KIND_ORDINARY), IsOk());
    }
    service_.clock().Advance(absl::Hours(1));
    walk_.Take(StepsOn(Get(service_.auditor).value_or(C())));
  }
  EXPECT_EQ(walk_.calls(), 2 * 6 * 3 * 15);
  // The director, and the administrators of the organisation and of the platform.
  EXPECT_EQ(walk_.changes(), 2 * 2 * 3);
}

// A new method has to be put into the tables above.
TEST_F(CalendarRoleTest, TheTablesLeaveNothingOut) {
  std::set<std::string> methods;
  for (const Step& step : StepsOn(Get(service_.auditor).value_or(C()))) {
    methods.insert(step.what.substr(0, step.what.find_first_of(", ")));
  }
  testing::ExpectAllMethods(
      v1::GetWorkingCalendarRequest::descriptor()->file()->FindServiceByName("WorkingCalendarService"), methods);
}

}  // namespace
}  // namespace docket::request
