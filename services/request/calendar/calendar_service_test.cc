#include "services/request/calendar/calendar_service.h"

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "docket/event/v1/collection_events.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "services/request/timestamp_proto.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

constexpr char kName[] = "organizations/yunqi/workingCalendar";

class CalendarServiceTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::WorkingCalendar> Get(const common::v1::Principal& by, const std::string& name = kName) {
    v1::GetWorkingCalendarRequest call;
    call.set_name(name);
    return service_.Call<v1::WorkingCalendar>("WorkingCalendarService/GetWorkingCalendar", by, call);
  }

  absl::StatusOr<v1::WorkingCalendar> Update(const common::v1::Principal& by, v1::WorkingCalendar calendar,
                                             const std::vector<std::string>& mask, const std::string& request_id = "") {
    v1::UpdateWorkingCalendarRequest call;
    calendar.set_name(kName);
    *call.mutable_working_calendar() = std::move(calendar);
    for (const std::string& path : mask) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::WorkingCalendar>("WorkingCalendarService/UpdateWorkingCalendar", by, call);
  }

  struct Day {
    std::string date;
    v1::CalendarDay::Kind kind;
    std::string title;
  };
  absl::StatusOr<v1::ImportCalendarDaysResponse> ImportDays(const common::v1::Principal& by,
                                                            const std::vector<Day>& days, const std::string& etag = "",
                                                            const std::string& request_id = "") {
    v1::ImportCalendarDaysRequest call;
    call.set_name(kName);
    call.set_etag(etag);
    for (const Day& day : days) {
      v1::CalendarDay* added = call.add_days();
      added->set_date(day.date);
      added->set_kind(day.kind);
      added->set_title(day.title);
    }
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::ImportCalendarDaysResponse>("WorkingCalendarService/ImportCalendarDays", by, call);
  }

  absl::StatusOr<v1::ComputeWorkingTimeResponse> Compute(
      absl::CivilMinute start, const std::function<void(v1::ComputeWorkingTimeRequest&)>& fill = nullptr) {
    v1::ComputeWorkingTimeRequest call;
    call.set_name(kName);
    *call.mutable_start_time() = ToTimestamp(At(start));
    if (fill) fill(call);
    return service_.Call<v1::ComputeWorkingTimeResponse>("WorkingCalendarService/ComputeWorkingTime", service_.author,
                                                         call);
  }

  static absl::TimeZone Shanghai() {
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
    return zone;
  }
  static absl::Time At(absl::CivilMinute local) { return absl::FromCivil(absl::CivilSecond(local), Shanghai()); }
  static std::string Local(const google::protobuf::Timestamp& time) {
    return absl::FormatTime("%Y-%m-%d %H:%M", FromTimestamp(time), Shanghai());
  }

  WholeService service_;
};

TEST_F(CalendarServiceTest, ChineseOrganisationsBeginWithTheHolidaysOfChina) {
  const auto calendar = Get(service_.author);
  ASSERT_THAT(calendar, IsOk());
  EXPECT_EQ(calendar->time_zone(), "Asia/Shanghai");
  EXPECT_EQ(calendar->etag(), "1");
  EXPECT_FALSE(calendar->has_update_time());
  EXPECT_EQ(calendar->working_weekdays_size(), 5);
  EXPECT_EQ(calendar->working_periods_size(), 2);
  int holidays = 0;
  int workdays = 0;
  std::string last;
  for (const v1::CalendarDay& day : calendar->days()) {
    (day.kind() == v1::CalendarDay::KIND_HOLIDAY ? holidays : workdays) += 1;
    EXPECT_GT(day.date(), last);
    EXPECT_NE(day.title(), "");
    last = day.date();
  }
  EXPECT_EQ(holidays, 28 + 33);
  EXPECT_EQ(workdays, 5 + 6);
  EXPECT_EQ(calendar->days(0).date(), "2025-01-01");
  EXPECT_EQ(calendar->days(0).title(), "元旦");
}

TEST_F(CalendarServiceTest, OthersBeginWithTheWeekAlone) {
  v1::CreateOrganizationRequest organization;
  organization.set_organization_id("hudson");
  organization.mutable_organization()->set_title("Hudson Library");
  organization.mutable_organization()->set_time_zone("America/New_York");
  organization.mutable_organization()->set_language_code("en");
  organization.set_request_id(service_.NewRequestId());
  ASSERT_THAT(
      service_.Call<v1::Organization>("DirectoryService/CreateOrganization", service_.administrator, organization),
      IsOk());
  const auto calendar = Get(service_.administrator, "organizations/hudson/workingCalendar");
  ASSERT_THAT(calendar, IsOk());
  EXPECT_EQ(calendar->days_size(), 0);
  EXPECT_EQ(calendar->working_weekdays_size(), 5);
  EXPECT_EQ(calendar->time_zone(), "America/New_York");
  EXPECT_THAT(Get(service_.administrator, "organizations/nowhere/workingCalendar"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Get(service_.author, "organizations/library/workingCalendar"),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
}

TEST_F(CalendarServiceTest, IsChangedByTheItDirectorAndAdministrators) {
  v1::WorkingCalendar six_days;
  for (int day = 1; day <= 6; ++day) six_days.add_working_weekdays(static_cast<v1::Weekday>(day));
  EXPECT_THAT(Update(service_.author, six_days, {"working_weekdays"}),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(ImportDays(service_.head, {{"2027-01-01", v1::CalendarDay::KIND_HOLIDAY, "元旦"}}),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const auto updated = Update(service_.director, six_days, {"working_weekdays"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->working_weekdays_size(), 6);
  EXPECT_EQ(updated->etag(), "2");
  // What the calendar began with stays.
  EXPECT_EQ(updated->days_size(), 72);
  EXPECT_EQ(updated->working_periods_size(), 2);
  EXPECT_EQ(Get(service_.author)->SerializeAsString(), updated->SerializeAsString());
  // Other organisations keep what they began with.
  EXPECT_EQ(Get(service_.administrator, "organizations/library/workingCalendar")->working_weekdays_size(), 5);
  const event::v1::Event event = service_.LastEvent("WorkingCalendarUpdated");
  EXPECT_EQ(event.subject(), kName);
  EXPECT_EQ(event.subject_revision(), 2);
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "working_weekdays");
  EXPECT_EQ(event.changes(0).before(), "[]");
  EXPECT_EQ(event.changes(0).after(), R"(["WEEKDAY_SATURDAY"])");
}

TEST_F(CalendarServiceTest, RefusesStaleEtagsAndRepeatsAnswers) {
  v1::WorkingCalendar hours;
  v1::WorkingPeriod* period = hours.add_working_periods();
  period->set_start_minute(480);
  period->set_end_minute(960);
  hours.set_etag("1");
  const std::string id = service_.NewRequestId();
  const auto first = Update(service_.director, hours, {"working_periods"}, id);
  ASSERT_THAT(first, IsOk());
  const auto again = Update(service_.director, hours, {"working_periods"}, id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  period->set_end_minute(970);
  EXPECT_THAT(Update(service_.director, hours, {"working_periods"}, id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(Update(service_.director, hours, {"working_periods"}),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(ImportDays(service_.director, {{"2027-01-01", v1::CalendarDay::KIND_HOLIDAY, "元旦"}}, "1"),
              StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST_F(CalendarServiceTest, NamesEverythingThatIsWrong) {
  v1::WorkingCalendar wrong;
  wrong.add_working_weekdays(v1::WEEKDAY_MONDAY);
  wrong.add_working_weekdays(v1::WEEKDAY_MONDAY);
  for (const auto& [start, end] : {std::pair(600, 700), std::pair(650, 640)}) {
    v1::WorkingPeriod* period = wrong.add_working_periods();
    period->set_start_minute(start);
    period->set_end_minute(end);
  }
  for (const char* date : {"2026-02-30", "2027-01-01", "2027-01-01"}) {
    v1::CalendarDay* day = wrong.add_days();
    day->set_date(date);
    day->set_kind(v1::CalendarDay::KIND_HOLIDAY);
  }
  wrong.mutable_days(1)->set_kind(v1::CalendarDay::KIND_ORDINARY);
  const auto refused = Update(service_.director, wrong, {"working_weekdays", "working_periods", "days"});
  ASSERT_THAT(refused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::set<std::string> fields;
  const auto bad_request = GetBadRequest(refused.status());
  ASSERT_TRUE(bad_request.has_value());
  for (const auto& violation : bad_request->field_violations()) fields.insert(violation.field());
  EXPECT_THAT(fields,
              ElementsAre("working_calendar.days[0].date", "working_calendar.days[1].kind",
                          "working_calendar.days[2].date", "working_calendar.working_periods[1].end_minute",
                          "working_calendar.working_periods[1].start_minute", "working_calendar.working_weekdays[1]"));
  EXPECT_THAT(Update(service_.director, wrong, {"time_zone"}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(Get(service_.author)->etag(), "1");
}

TEST_F(CalendarServiceTest, ImportsDaysWithAResultForEach) {
  const auto reply = ImportDays(service_.director, {{"2027-01-01", v1::CalendarDay::KIND_HOLIDAY, "元旦"},
                                                    {"2026-02-14", v1::CalendarDay::KIND_ORDINARY, ""},
                                                    {"2026-02-28", v1::CalendarDay::KIND_WORKDAY, "补班👩‍💻"},
                                                    {"2026-02-15", v1::CalendarDay::KIND_HOLIDAY, "春节"},
                                                    {"2027-02-29", v1::CalendarDay::KIND_HOLIDAY, "没有"}});
  ASSERT_THAT(reply, IsOk());
  std::vector<int> outcomes;
  for (const auto& result : reply->results()) outcomes.push_back(result.outcome());
  EXPECT_THAT(outcomes, ElementsAre(v1::CalendarDayResult::OUTCOME_ADDED, v1::CalendarDayResult::OUTCOME_REMOVED,
                                    v1::CalendarDayResult::OUTCOME_CHANGED, v1::CalendarDayResult::OUTCOME_UNCHANGED,
                                    v1::CalendarDayResult::OUTCOME_REFUSED));
  EXPECT_NE(reply->results(4).error(), "");
  EXPECT_EQ(reply->etag(), "2");
  const auto calendar = Get(service_.author);
  EXPECT_EQ(calendar->days_size(), 72);
  event::v1::CalendarDaysImported payload;
  ASSERT_TRUE(service_.LastEvent("CalendarDaysImported").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.added_count(), 1);
  EXPECT_EQ(payload.changed_count(), 1);
  EXPECT_EQ(payload.removed_count(), 1);
  // Nothing to change: no revision, no event.
  const size_t events = service_.Events().size();
  const auto nothing = ImportDays(service_.director, {{"2027-01-01", v1::CalendarDay::KIND_HOLIDAY, "元旦"}});
  ASSERT_THAT(nothing, IsOk());
  EXPECT_EQ(nothing->etag(), "2");
  EXPECT_EQ(service_.Events().size(), events);
  // Shapes that are wrong refuse the call.
  for (const std::string& date : {std::string("2027-1-1"), std::string("二〇二七年"), std::string("2027-01-01 "),
                                  std::string("99999-01-01"), std::string()}) {
    EXPECT_THAT(ImportDays(service_.director, {{date, v1::CalendarDay::KIND_HOLIDAY, ""}}),
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS))
        << date;
  }
  // Nobody has holidays at the ends of time.
  const auto far = ImportDays(service_.director, {{"0000-01-01", v1::CalendarDay::KIND_HOLIDAY, ""},
                                                  {"9999-12-31", v1::CalendarDay::KIND_HOLIDAY, ""}});
  ASSERT_THAT(far, IsOk());
  for (const v1::CalendarDayResult& result : far->results()) {
    EXPECT_EQ(result.outcome(), v1::CalendarDayResult::OUTCOME_REFUSED);
    EXPECT_THAT(result.error(), ::testing::HasSubstr("2000 to 2199"));
  }
}

TEST_F(CalendarServiceTest, HistoryTellsTheDayThatWasAddedToMany) {
  std::vector<Day> many;
  for (int i = 0; i < 130; ++i) {
    const absl::CivilDay date = absl::CivilDay(2027, 1, 1) + i;
    many.push_back({absl::FormatCivilTime(date), v1::CalendarDay::KIND_HOLIDAY, absl::StrCat("本馆暑期集中闭馆日", i)});
  }
  ASSERT_THAT(ImportDays(service_.director, many), IsOk());
  ASSERT_THAT(ImportDays(service_.director, {{"2028-01-01", v1::CalendarDay::KIND_HOLIDAY, "元旦"}}), IsOk());
  event::v1::Event event = service_.LastEvent("CalendarDaysImported");
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).field(), "days");
  EXPECT_EQ(event.changes(0).before(), "[]");
  EXPECT_EQ(event.changes(0).after(), R"([{"date":"2028-01-01","kind":"KIND_HOLIDAY","title":"元旦"}])");
  ASSERT_THAT(ImportDays(service_.director, {{"2027-01-02", v1::CalendarDay::KIND_ORDINARY, ""}}), IsOk());
  event = service_.LastEvent("CalendarDaysImported");
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.changes(0).before(),
            R"([{"date":"2027-01-02","kind":"KIND_HOLIDAY","title":"本馆暑期集中闭馆日1"}])");
  EXPECT_EQ(event.changes(0).after(), "[]");
}

// As many days as a calendar holds, as long as they may be, all of them others: the event holds them all.
TEST_F(CalendarServiceTest, HistoryHoldsEveryDayOfAFullCalendar) {
  const auto full = [](int first_year, const std::string& sign) {
    v1::WorkingCalendar calendar;
    std::string title;
    for (int i = 0; i < 100; ++i) title += sign;
    for (int i = 0; i < 2000; ++i) {
      v1::CalendarDay* day = calendar.add_days();
      day->set_date(absl::FormatCivilTime(absl::CivilDay(first_year, 1, 1) + i));
      day->set_kind(v1::CalendarDay::KIND_HOLIDAY);
      day->set_title(title);
    }
    return calendar;
  };
  ASSERT_THAT(Update(service_.director, full(2027, "<"), {"days"}), IsOk());
  ASSERT_THAT(Update(service_.director, full(2037, ">"), {"days"}), IsOk());
  const event::v1::Event event = service_.LastEvent("WorkingCalendarUpdated");
  size_t gone = 0, come = 0;
  for (const auto& change : event.changes()) {
    gone += static_cast<size_t>(std::vector<std::string>(absl::StrSplit(change.before(), "\"date\"")).size() - 1);
    come += static_cast<size_t>(std::vector<std::string>(absl::StrSplit(change.after(), "\"date\"")).size() - 1);
  }
  EXPECT_EQ(gone, 2000u);
  EXPECT_EQ(come, 2000u);
}

TEST_F(CalendarServiceTest, TwoFirstChangesAtOnceAreOne) {
  std::vector<std::thread> callers;
  std::vector<absl::Status> outcomes(8);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    callers.emplace_back([this, &outcomes, i] {
      outcomes[i] =
          ImportDays(service_.director, {{"2027-01-01", v1::CalendarDay::KIND_HOLIDAY, absl::StrCat("第", i)}}, "1")
              .status();
    });
  }
  for (std::thread& caller : callers) caller.join();
  int won = 0;
  for (const absl::Status& outcome : outcomes) {
    won += outcome.ok() ? 1 : 0;
    if (!outcome.ok()) {
      EXPECT_EQ(outcome.code(), StatusCode::kAborted) << outcome;
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(Get(service_.author)->etag(), "2");
  EXPECT_EQ(Get(service_.author)->days_size(), 73);
}

TEST_F(CalendarServiceTest, CountsWorkingDaysAndHours) {
  const auto days = Compute(absl::CivilMinute(2026, 9, 30, 16, 30),
                            [](v1::ComputeWorkingTimeRequest& call) { call.set_working_days(3); });
  ASSERT_THAT(days, IsOk());
  EXPECT_EQ(Local(days->end_time()), "2026-10-10 16:30");
  EXPECT_EQ(days->working_days(), 3);
  EXPECT_EQ(days->working_time().seconds(), static_cast<int64_t>(22.5 * 3600));
  EXPECT_EQ(days->calendar_etag(), "1");

  const auto back = Compute(absl::CivilMinute(2026, 10, 8, 9, 0),
                            [](v1::ComputeWorkingTimeRequest& call) { call.set_working_days(-1); });
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(Local(back->end_time()), "2026-09-30 09:00");

  const auto hours = Compute(absl::CivilMinute(2026, 9, 30, 17, 0), [](v1::ComputeWorkingTimeRequest& call) {
    *call.mutable_working_time() = TimeUtil::HoursToDuration(2);
  });
  ASSERT_THAT(hours, IsOk());
  EXPECT_EQ(Local(hours->end_time()), "2026-10-08 10:00");

  const auto between = Compute(absl::CivilMinute(2026, 2, 13, 17, 0), [](v1::ComputeWorkingTimeRequest& call) {
    *call.mutable_end_time() = ToTimestamp(At(absl::CivilMinute(2026, 2, 24, 10, 0)));
  });
  ASSERT_THAT(between, IsOk());
  EXPECT_EQ(between->working_days(), 2);
  EXPECT_EQ(between->working_time().seconds(), static_cast<int64_t>(9.5 * 3600));

  // Without a question: up to now.
  service_.clock().Set(At(absl::CivilMinute(2026, 9, 30, 11, 0)));
  const auto elapsed = Compute(absl::CivilMinute(2026, 9, 30, 10, 0));
  ASSERT_THAT(elapsed, IsOk());
  EXPECT_EQ(elapsed->working_time().seconds(), 3600);
}

TEST_F(CalendarServiceTest, RefusesWhatIsTooFar) {
  const absl::CivilMinute start(2026, 9, 30, 10, 0);
  EXPECT_THAT(Compute(start, [](v1::ComputeWorkingTimeRequest& call) { call.set_working_days(5001); }),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Compute(start, [](v1::ComputeWorkingTimeRequest& call) { call.mutable_working_time()->set_seconds(-1); }),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(
      Compute(start,
              [](v1::ComputeWorkingTimeRequest& call) { call.mutable_working_time()->set_seconds(100000000000); }),
      StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(
      Compute(start, [](v1::ComputeWorkingTimeRequest& call) { call.mutable_end_time()->set_seconds(7258118399); }),
      StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Compute(start, [](v1::ComputeWorkingTimeRequest& call) { call.set_working_days(5000); }), IsOk());
}

}  // namespace
}  // namespace docket::request
