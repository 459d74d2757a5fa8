#include "services/audit/statistics/statistics_service.h"

#include <map>

#include "common/access/method_access.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "services/audit/statistics/testing/statistics_fixture.h"

namespace docket::audit {
namespace {

using rpc::testing::Person;
using tests::IsOk;

// 22 September 2026, a Tuesday, 13:33:20 in Shanghai.
constexpr absl::Time kStart = absl::FromUnixSeconds(1790055200);

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  if (const auto bad = GetBadRequest(status); bad.has_value()) {
    for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

// Behind a real server, so that what the contract says is enforced.
class StatisticsServiceTest : public StatisticsTest {
 protected:
  StatisticsServiceTest() {
    clock_.Set(kStart + absl::Hours(12));
    rpc::MethodTable table;
    service_.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  template <typename Reply, typename Request>
  absl::StatusOr<Reply> Call(const std::string& method, const common::v1::Principal& by, const Request& request) {
    return server_->Call<Reply>("docket.audit.v1.StatisticsService/" + method, by, request);
  }
  absl::StatusOr<v1::CountEntriesResponse> CountBy(const common::v1::Principal& by,
                                                   const v1::CountEntriesRequest& request) {
    return Call<v1::CountEntriesResponse>("CountEntries", by, request);
  }
  absl::StatusOr<v1::GetChangeMetricsResponse> MetricsBy(const common::v1::Principal& by,
                                                         const v1::GetChangeMetricsRequest& request) {
    return Call<v1::GetChangeMetricsResponse>("GetChangeMetrics", by, request);
  }
  absl::StatusOr<v1::Overview> OverviewBy(const common::v1::Principal& by, const std::string& organization,
                                          int days = 0) {
    v1::GetOverviewRequest request;
    request.set_parent("organizations/" + organization);
    request.set_days(days);
    return Call<v1::Overview>("GetOverview", by, request);
  }

  const common::v1::Principal viewer_ = Person("yunqi", "kan-ban", {common::v1::ROLE_VIEWER});
  std::unique_ptr<rpc::testing::TestServer> server_;
};

// Half of everything is asked of counters, half of the entries behind them.
TEST_F(StatisticsServiceTest, CountsEntriesByPeriodAndDimension) {
  Append({OrganizationCreatedEvent("yunqi", "Asia/Shanghai", kStart)});
  Append(GoodChange("yunqi", "r1", kStart));
  CountAll();
  Append(GoodChange("yunqi", "r2", kStart + absl::Hours(24), common::v1::CHANGE_KIND_NORMAL, {"owner-app", "billing"}));
  Append({Denied("SLOT_CONFLICT", "yunqi", "r2", kStart), Denied("NO_SUCH_REASON", "yunqi", "r2", kStart)});
  auto request = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(25), v1::TIME_BUCKET_DAY);
  request.set_dimension(v1::ENTRY_DIMENSION_OUTCOME);
  const auto days = CountBy(viewer_, request);
  ASSERT_THAT(days, IsOk());
  EXPECT_EQ(days->log_size(), 17);
  EXPECT_EQ(days->time_zone(), "Asia/Shanghai");
  ASSERT_EQ(days->periods_size(), 2);
  EXPECT_EQ(days->periods(0).start_time().seconds(), 1790006400);
  EXPECT_EQ(days->periods(0).end_time().seconds(), 1790006400 + 86400);
  EXPECT_EQ(days->periods(0).total(), 10);
  ASSERT_EQ(days->periods(0).counts_size(), 2);
  EXPECT_EQ(days->periods(0).counts(0).value(), "SUCCEEDED");
  EXPECT_EQ(days->periods(0).counts(1).value(), "DENIED");
  EXPECT_EQ(days->periods(0).counts(1).count(), 2);
  EXPECT_EQ(days->periods(1).total(), 7);

  const auto totals = [&](v1::EntryDimension dimension) {
    request.set_dimension(dimension);
    request.set_bucket(v1::TIME_BUCKET_MONTH);
    std::map<std::string, int64_t> values;
    const v1::CountEntriesResponse counted = OrExit(CountBy(viewer_, request), "CountEntries");
    for (const v1::EntryCount& count : counted.totals()) values[count.value()] = count.count();
    return values;
  };
  using Values = std::map<std::string, int64_t>;
  EXPECT_EQ(totals(v1::ENTRY_DIMENSION_SYSTEM), (Values{{"organizations/yunqi/systems/access-control", 1},
                                                        {"organizations/yunqi/systems/billing", 1},
                                                        {"organizations/yunqi/systems/owner-app", 1}}));
  EXPECT_EQ(totals(v1::ENTRY_DIMENSION_DENIAL_REASON), (Values{{"SLOT_CONFLICT", 1}, {"UNKNOWN", 1}}));
  EXPECT_EQ(
      totals(v1::ENTRY_DIMENSION_SOURCE),
      (Values{{"services/audit", 2}, {"services/evaluation", 4}, {"services/request", 5}, {"services/scheduling", 6}}));
  EXPECT_EQ(totals(v1::ENTRY_DIMENSION_TYPE)["RequestSubmitted"], 2);
  EXPECT_EQ(totals(v1::ENTRY_DIMENSION_UNSPECIFIED), Values{});
}

TEST_F(StatisticsServiceTest, WhatIsNotAmongTheMostFrequentIsSummedUp) {
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j <= i; ++j) {
      Append({RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", kStart, common::v1::CHANGE_KIND_NORMAL,
                                                        {absl::StrCat("s", i)})});
    }
  }
  auto request = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_HOUR);
  request.set_dimension(v1::ENTRY_DIMENSION_SYSTEM);
  request.set_max_values(2);
  const auto counted = CountBy(viewer_, request);
  ASSERT_THAT(counted, IsOk());
  ASSERT_EQ(counted->totals_size(), 2);
  EXPECT_EQ(counted->totals(0).value(), "organizations/yunqi/systems/s4");
  EXPECT_EQ(counted->totals(1).count(), 4);
  EXPECT_EQ(counted->periods_size(), 2);
  EXPECT_EQ(counted->periods(0).other_count(), 6);
  EXPECT_EQ(counted->periods(0).total(), 15);
  EXPECT_EQ(counted->periods(1).total(), 0);
}

TEST_F(StatisticsServiceTest, FiguresOfChanges) {
  Append(GoodChange("yunqi", "r1", kStart));
  Append(GoodChange("yunqi", "r2", kStart, common::v1::CHANGE_KIND_EMERGENCY, {"owner-app"}));
  CountAll();
  std::vector<event::v1::Event> bad = GoodChange("yunqi", "r3", kStart, common::v1::CHANGE_KIND_STANDARD);
  bad.resize(4);
  bad.push_back(RolledBack("yunqi", "r3", kStart + absl::Hours(6), true));
  Append(bad);
  Append({Denied("SLOT_CONFLICT", "yunqi", "r3", kStart)});
  auto request = Asking<v1::GetChangeMetricsRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  const auto whole = MetricsBy(viewer_, request);
  ASSERT_THAT(whole, IsOk());
  ASSERT_EQ(whole->groups_size(), 1);
  EXPECT_EQ(whole->groups(0).member(), "");
  const v1::ChangeMetrics& metrics = whole->groups(0).periods(0).metrics();
  EXPECT_EQ(metrics.submitted().total(), 3);
  EXPECT_EQ(metrics.submitted().normal(), 1);
  EXPECT_EQ(metrics.submitted().standard(), 1);
  EXPECT_EQ(metrics.submitted().emergency(), 1);
  EXPECT_EQ(metrics.approved().total(), 3);
  EXPECT_EQ(metrics.registered_count(), 2);
  EXPECT_EQ(metrics.closed_count(), 2);
  EXPECT_EQ(metrics.deployed().total(), 3);
  EXPECT_EQ(metrics.accepted().total(), 2);
  EXPECT_EQ(metrics.rolled_back().standard(), 1);
  EXPECT_EQ(metrics.failed().total(), 1);
  EXPECT_EQ(metrics.slot_conflict_count(), 1);
  EXPECT_DOUBLE_EQ(metrics.success_rate(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.rollback_rate(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.emergency_share(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.change_failure_rate(), 1.0 / 3);
  // The day began in UTC 5 h 33 min 20 s before the changes, and lasts.
  EXPECT_NEAR(metrics.deployments_per_day(), 3.0 / (63200.0 / 86400), 1e-9);
  EXPECT_EQ(metrics.lead_time().count(), 2);
  EXPECT_EQ(metrics.lead_time().mean().seconds(), 5 * 3600);
  EXPECT_NEAR(static_cast<double>(metrics.lead_time().p50().seconds()), 5 * 3600, 5 * 3600.0 / 16);
  EXPECT_EQ(metrics.approval_latency().total().seconds(), 3 * 3600);
  EXPECT_EQ(metrics.delivery_time().total().seconds(), 2 * 3 * 3600);
  EXPECT_EQ(metrics.time_to_restore().mean().seconds(), 2 * 3600);

  request.set_dimension(v1::CHANGE_DIMENSION_SYSTEM);
  const auto systems = MetricsBy(viewer_, request);
  ASSERT_THAT(systems, IsOk());
  ASSERT_EQ(systems->groups_size(), 2);
  EXPECT_EQ(systems->groups(0).member(), "organizations/yunqi/systems/access-control");
  EXPECT_EQ(systems->groups(0).periods(0).metrics().deployed().total(), 2);
  EXPECT_EQ(systems->groups(1).periods(0).metrics().deployed().emergency(), 1);
  request.set_max_groups(1);
  EXPECT_EQ(OrExit(MetricsBy(viewer_, request), "one").groups_size(), 1);
  request.set_member("organizations/yunqi/systems/owner-app");
  EXPECT_EQ(OrExit(MetricsBy(viewer_, request), "one").groups(0).member(), request.member());
  // One that nothing is known of.
  request.set_member("organizations/yunqi/systems/nothing");
  const auto nothing = MetricsBy(viewer_, request);
  ASSERT_THAT(nothing, IsOk());
  ASSERT_EQ(nothing->groups_size(), 1);
  EXPECT_FALSE(nothing->groups(0).periods(0).metrics().has_success_rate());
  EXPECT_EQ(nothing->groups(0).periods(0).metrics().lead_time().count(), 0);

  request.clear_member();
  request.set_dimension(v1::CHANGE_DIMENSION_DEPARTMENT);
  request.set_bucket(v1::TIME_BUCKET_MONTH);
  const auto departments = MetricsBy(viewer_, request);
  ASSERT_THAT(departments, IsOk());
  ASSERT_EQ(departments->groups_size(), 1);
  EXPECT_EQ(departments->groups(0).member(), "organizations/yunqi/departments/security");
  EXPECT_EQ(departments->groups(0).periods(0).metrics().deployed().total(), 3);
}

TEST_F(StatisticsServiceTest, AnOverviewInOneCall) {
  // Half past nine in the evening.
  clock_.Set(kStart + absl::Hours(8));
  Append({OrganizationCreatedEvent("yunqi", "Asia/Shanghai", kStart)});
  Append(GoodChange("yunqi", "r1", kStart));
  CountAll();
  Append(GoodChange("yunqi", "r2", kStart - absl::Hours(7 * 24), common::v1::CHANGE_KIND_NORMAL, {"owner-app"}));
  Append(GoodChange("yunqi", "r3", kStart - absl::Hours(24)));
  Append({Denied("ROLE_REQUIRED", "yunqi", "", kStart)});
  const auto overview = OverviewBy(viewer_, "yunqi", 7);
  ASSERT_THAT(overview, IsOk());
  EXPECT_EQ(overview->log_size(), 23);
  EXPECT_EQ(overview->time_zone(), "Asia/Shanghai");
  EXPECT_EQ(overview->current().metrics().deployed().total(), 2);
  EXPECT_EQ(overview->previous().metrics().deployed().total(), 1);
  EXPECT_EQ(overview->previous().end_time().seconds(), overview->current().start_time().seconds());
  ASSERT_EQ(overview->days_size(), 7);
  EXPECT_EQ(overview->days(5).metrics().deployed().total(), 1);
  EXPECT_EQ(overview->days(6).metrics().deployed().total(), 1);
  EXPECT_EQ(overview->days(6).end_time().seconds(), overview->current().end_time().seconds());
  ASSERT_EQ(overview->systems_size(), 1);
  EXPECT_EQ(overview->systems(0).periods(0).metrics().accepted().total(), 2);
  ASSERT_EQ(overview->departments_size(), 1);
  EXPECT_EQ(overview->entry_count(), 16);
  EXPECT_EQ(overview->denied_count(), 1);
  ASSERT_EQ(overview->denial_reasons_size(), 1);
  EXPECT_EQ(overview->denial_reasons(0).value(), "ROLE_REQUIRED");
  EXPECT_EQ(overview->entry_types(0).count(), 2);
  // Thirty days hold everything.
  EXPECT_EQ(OrExit(OverviewBy(viewer_, "yunqi"), "overview").current().metrics().deployed().total(), 3);
}

TEST_F(StatisticsServiceTest, AnEmptyLogHasEmptyFigures) {
  const auto overview = OverviewBy(viewer_, "yunqi");
  ASSERT_THAT(overview, IsOk());
  EXPECT_EQ(overview->log_size(), 0);
  EXPECT_EQ(overview->days_size(), 30);
  EXPECT_EQ(overview->entry_count(), 0);
  EXPECT_EQ(overview->time_zone(), "UTC");
}

// The hour that a day gains or loses belongs to it.
TEST_F(StatisticsServiceTest, DaysOnWhichTheClockChanges) {
  Append({OrganizationCreatedEvent("yunqi", "Europe/Berlin", kStart)});
  const absl::TimeZone berlin = ZoneOf("Europe/Berlin");
  for (const absl::CivilDay day : {absl::CivilDay(2026, 3, 29), absl::CivilDay(2026, 10, 25)}) {
    const absl::Time begin = absl::FromCivil(day, berlin);
    const absl::Time end = absl::FromCivil(day + 1, berlin);
    for (const absl::Time time : {begin - absl::Microseconds(1), begin, end - absl::Microseconds(1), end}) {
      Append({RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", time)});
    }
    for (const bool counted : {false, true}) {
      if (counted) CountAll();
      const auto answer = CountBy(viewer_, Asking<v1::CountEntriesRequest>("yunqi", begin - absl::Hours(1),
                                                                           end + absl::Hours(1), v1::TIME_BUCKET_DAY));
      ASSERT_THAT(answer, IsOk());
      ASSERT_EQ(answer->periods_size(), 3);
      EXPECT_EQ(answer->periods(0).total(), 1);
      EXPECT_EQ(answer->periods(1).total(), 2);
      EXPECT_EQ(answer->periods(2).total(), 1);
      EXPECT_EQ(answer->periods(1).end_time().seconds() - answer->periods(1).start_time().seconds(),
                day.month() == 3 ? 23 * 3600 : 25 * 3600);
    }
  }
}

TEST_F(StatisticsServiceTest, NothingOfAnotherOrganisationShows) {
  Append({OrganizationCreatedEvent("library", "Asia/Shanghai", kStart)});
  Append(GoodChange("library", "r1", kStart));
  // Tells of a change and of systems that are not its organisation's.
  event::v1::Event strange = GoodChange("library", "r1", kStart)[0];
  strange.set_organization("organizations/yunqi");
  Append({strange});
  for (const bool counted : {false, true}) {
    if (counted) CountAll();
    const auto overview = OverviewBy(viewer_, "yunqi");
    ASSERT_THAT(overview, IsOk());
    EXPECT_EQ(overview->entry_count(), 1);
    EXPECT_EQ(overview->current().metrics().submitted().total(), 0);
    EXPECT_EQ(overview->systems_size(), 0);
    EXPECT_EQ(overview->time_zone(), "UTC");
    auto request = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
    request.set_dimension(v1::ENTRY_DIMENSION_SYSTEM);
    EXPECT_EQ(OrExit(CountBy(viewer_, request), "count").totals_size(), 0);
  }
  const auto refused = OverviewBy(viewer_, "library");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(GetReason(refused.status()), Reason::REASON_OTHER_ORGANIZATION);
}

TEST_F(StatisticsServiceTest, WhoMayAsk) {
  using common::v1::Role;
  const std::set<Role> dashboards = {common::v1::ROLE_VIEWER,     common::v1::ROLE_AUDITOR,
                                     common::v1::ROLE_EXECUTIVE,  common::v1::ROLE_IT_DIRECTOR,
                                     common::v1::ROLE_SUPERVISOR, common::v1::ROLE_DEPARTMENT_HEAD};
  const auto counting = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  const auto metrics =
      Asking<v1::GetChangeMetricsRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  for (int role = common::v1::Role_MIN + 1; role <= common::v1::Role_MAX; ++role) {
    const common::v1::Principal person = Person("yunqi", "somebody", {static_cast<Role>(role)});
    const bool may = dashboards.count(static_cast<Role>(role)) > 0;
    EXPECT_EQ(OverviewBy(person, "yunqi").ok(), may) << role;
    EXPECT_EQ(MetricsBy(person, metrics).ok(), may) << role;
    EXPECT_EQ(CountBy(person, counting).ok(), may && role != common::v1::ROLE_DEPARTMENT_HEAD) << role;
  }
}

TEST_F(StatisticsServiceTest, WrongQuestionsNameTheirFields) {
  using Fields = std::vector<std::string>;
  const auto counting = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  const auto fields = [&](const v1::CountEntriesRequest& request) {
    const auto refused = CountBy(viewer_, request);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
    return FieldsOf(refused.status());
  };
  v1::CountEntriesRequest request;
  request.set_parent("organizations/yunqi");
  EXPECT_EQ(fields(request), (Fields{"start_time", "end_time"}));
  request = counting;
  request.set_max_values(101);
  EXPECT_EQ(fields(request), Fields{"max_values"});
  request = counting;
  *request.mutable_end_time() = request.start_time();
  EXPECT_EQ(fields(request), Fields{"end_time"});
  request = counting;
  request.mutable_end_time()->set_seconds(253402300799);
  EXPECT_EQ(fields(request), Fields{"end_time"});
  request = counting;
  request.set_bucket(static_cast<v1::TimeBucket>(77));
  EXPECT_EQ(fields(request), Fields{"bucket"});
  request = counting;
  request.set_dimension(static_cast<v1::EntryDimension>(77));
  EXPECT_EQ(fields(request), Fields{"dimension"});

  const auto metrics =
      Asking<v1::GetChangeMetricsRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  const auto metric_fields = [&](const v1::GetChangeMetricsRequest& asked) {
    const auto refused = MetricsBy(viewer_, asked);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
    return FieldsOf(refused.status());
  };
  v1::GetChangeMetricsRequest asked = metrics;
  asked.set_bucket(v1::TIME_BUCKET_HOUR);
  EXPECT_EQ(metric_fields(asked), Fields{"bucket"});
  asked = metrics;
  asked.set_member("organizations/yunqi/systems/a");
  EXPECT_EQ(metric_fields(asked), Fields{"member"});
  asked.set_dimension(v1::CHANGE_DIMENSION_DEPARTMENT);
  EXPECT_EQ(metric_fields(asked), Fields{"member"});
  asked.set_dimension(v1::CHANGE_DIMENSION_SYSTEM);
  for (const char* member : {"organizations/library/systems/a", "organizations/yunqi/systems/\xF0\x9F\x9A\x80", "a",
                             "organizations/yunqi/systems/a ", "organizations/yunqi/systems/%"}) {
    asked.set_member(member);
    EXPECT_EQ(metric_fields(asked), Fields{"member"}) << member;
  }
}

// Four hundred days of twenty systems would not fit into an answer.
TEST_F(StatisticsServiceTest, AnswersAreBounded) {
  for (int i = 0; i < 6; ++i) {
    Append({RequestEvent<event::v1::RequestSubmitted>("yunqi", absl::StrCat("r", i), kStart,
                                                      common::v1::CHANGE_KIND_NORMAL, {absl::StrCat("s", i)})});
  }
  auto request =
      Asking<v1::GetChangeMetricsRequest>("yunqi", kStart - absl::Hours(399 * 24), kStart, v1::TIME_BUCKET_DAY);
  request.set_dimension(v1::CHANGE_DIMENSION_SYSTEM);
  const auto refused = MetricsBy(viewer_, request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldsOf(refused.status()), std::vector<std::string>{"max_groups"});
  request.set_max_groups(5);
  EXPECT_THAT(MetricsBy(viewer_, request), IsOk());
}

}  // namespace
}  // namespace docket::audit
