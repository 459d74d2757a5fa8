#include "services/audit/statistics/statistics_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "services/audit/statistics/change_facts.h"
#include "services/audit/statistics/period.h"
#include "services/audit/statistics/statistics_proto.h"

namespace docket::audit {
namespace {

constexpr int kDefaultMembers = 20;
constexpr int kOverviewMembers = 10;
constexpr int kOverviewDays = 30;
constexpr size_t kMaxGroupPeriods = 2000;

absl::Time FromTimestamp(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(time));
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  FieldViolations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

CellRange RangeOf(const Periods& periods, Family family, std::optional<std::string> member = std::nullopt) {
  return {.family = family,
          .grain = periods.grain(),
          .first = periods.first_bucket(),
          .end = periods.end_bucket(),
          .member = std::move(member),
          .width = periods.width()};
}

// Identifier of the system or department asked for; empty: none in particular.
absl::StatusOr<std::string> MemberAsked(const v1::GetChangeMetricsRequest& request) {
  if (request.member().empty()) return std::string();
  if (request.dimension() == v1::CHANGE_DIMENSION_UNSPECIFIED)
    return InvalidField("member", "needs a dimension: SYSTEM or DEPARTMENT");
  const absl::string_view collection = request.dimension() == v1::CHANGE_DIMENSION_SYSTEM ? "systems" : "departments";
  std::string id = IdWithin(request.parent(), collection, request.member());
  if (id.empty())
    return InvalidField("member", absl::StrCat("must be one of ", request.parent(), "/", collection, "/*"));
  return id;
}

}  // namespace

void StatisticsService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.StatisticsService/CountEntries", this, &StatisticsService::CountEntries);
  table.Unary("docket.audit.v1.StatisticsService/GetChangeMetrics", this, &StatisticsService::GetChangeMetrics);
  table.Unary("docket.audit.v1.StatisticsService/GetOverview", this, &StatisticsService::GetOverview);
}

absl::StatusOr<v1::CountEntriesResponse> StatisticsService::CountEntries(const rpc::CallContext& context,
                                                                         const v1::CountEntriesRequest& request) {
  const std::string organization_id = OrganizationId(request.parent());
  const std::optional<Family> family = FamilyOf(request.dimension());
  std::optional<Periods> periods;
  DOCKET_ASSIGN_OR_RETURN(const StatisticsAnswer answer,
                          reader_.Read(
                              organization_id,
                              [&](const absl::TimeZone& zone) -> absl::StatusOr<StatisticsReader::Ranges> {
                                DOCKET_ASSIGN_OR_RETURN(
                                    periods, Periods::Of(FromTimestamp(request.start_time()),
                                                         FromTimestamp(request.end_time()), request.bucket(), zone));
                                StatisticsReader::Ranges ranges = {RangeOf(*periods, Family::kEntries)};
                                if (family.has_value()) ranges.push_back(RangeOf(*periods, *family));
                                return ranges;
                              },
                              context.deadline()));
  const EntryCounts counts = CountsByPeriod(answer.cells, organization_id, family, *periods,
                                            request.max_values() == 0 ? kDefaultMembers : request.max_values());
  v1::CountEntriesResponse response;
  response.mutable_periods()->Assign(counts.periods.begin(), counts.periods.end());
  response.mutable_totals()->Assign(counts.totals.begin(), counts.totals.end());
  response.set_log_size(static_cast<int64_t>(answer.log_size));
  response.set_time_zone(answer.zone_name);
  return response;
}

absl::StatusOr<v1::GetChangeMetricsResponse> StatisticsService::GetChangeMetrics(
    const rpc::CallContext& context, const v1::GetChangeMetricsRequest& request) {
  if (request.bucket() == v1::TIME_BUCKET_HOUR) return InvalidField("bucket", "changes are counted by days and more");
  DOCKET_ASSIGN_OR_RETURN(const std::string member, MemberAsked(request));
  const std::string organization_id = OrganizationId(request.parent());
  const Family family = FamilyOf(request.dimension());
  const int max_groups = request.max_groups() == 0 ? kDefaultMembers : request.max_groups();
  std::optional<Periods> periods;
  DOCKET_ASSIGN_OR_RETURN(
      const StatisticsAnswer answer,
      reader_.Read(
          organization_id,
          [&](const absl::TimeZone& zone) -> absl::StatusOr<StatisticsReader::Ranges> {
            DOCKET_ASSIGN_OR_RETURN(periods, Periods::Of(FromTimestamp(request.start_time()),
                                                         FromTimestamp(request.end_time()), request.bucket(), zone));
            return StatisticsReader::Ranges{
                RangeOf(*periods, family, member.empty() ? std::nullopt : std::make_optional(member))};
          },
          context.deadline()));
  std::vector<std::string> members;
  if (!member.empty() || family == Family::kChanges) members.push_back(member);
  std::vector<v1::ChangeMetricsGroup> groups =
      MetricsByMember(answer.cells, organization_id, family, *periods, members, max_groups, clock_.Now());
  if (groups.size() * periods->periods().size() > kMaxGroupPeriods) {
    return InvalidField("max_groups",
                        absl::StrCat("the answer would hold ", groups.size(), " groups of ", periods->periods().size(),
                                     " periods, at most ", kMaxGroupPeriods, " together are given"));
  }
  v1::GetChangeMetricsResponse response;
  for (v1::ChangeMetricsGroup& group : groups) *response.add_groups() = std::move(group);
  response.set_log_size(static_cast<int64_t>(answer.log_size));
  response.set_time_zone(answer.zone_name);
  return response;
}

absl::StatusOr<v1::Overview> StatisticsService::GetOverview(const rpc::CallContext& context,
                                                            const v1::GetOverviewRequest& request) {
  const std::string organization_id = OrganizationId(request.parent());
  const int days = request.days() == 0 ? kOverviewDays : request.days();
  const absl::Time now = clock_.Now();
  // The days, all of them in one, and as many before.
  std::optional<Periods> daily;
  std::optional<Periods> current;
  std::optional<Periods> previous;
  DOCKET_ASSIGN_OR_RETURN(
      const StatisticsAnswer answer,
      reader_.Read(
          organization_id,
          [&](const absl::TimeZone& zone) -> absl::StatusOr<StatisticsReader::Ranges> {
            const absl::CivilDay today = absl::ToCivilDay(now, zone);
            const absl::Time begin = absl::FromCivil(today - (days - 1), zone);
            const absl::Time end = absl::FromCivil(today + 1, zone);
            DOCKET_ASSIGN_OR_RETURN(daily, Periods::Of(begin, end, v1::TIME_BUCKET_DAY, zone));
            DOCKET_ASSIGN_OR_RETURN(current, Periods::Of(begin, end, v1::TIME_BUCKET_UNSPECIFIED, zone));
            DOCKET_ASSIGN_OR_RETURN(previous, Periods::Of(absl::FromCivil(today - (2 * days - 1), zone), begin,
                                                          v1::TIME_BUCKET_UNSPECIFIED, zone));
            return StatisticsReader::Ranges{RangeOf(*daily, Family::kChanges),
                                            RangeOf(*previous, Family::kChanges),
                                            RangeOf(*current, Family::kChangesBySystem),
                                            RangeOf(*current, Family::kChangesByDepartment),
                                            RangeOf(*current, Family::kEntries),
                                            RangeOf(*current, Family::kEntriesByType),
                                            RangeOf(*current, Family::kEntriesByOutcome),
                                            RangeOf(*current, Family::kEntriesByDenialReason)};
          },
          context.deadline()));
  const auto metrics = [&](Family family, const Periods& periods, int max_groups) {
    std::vector<std::string> members;
    if (family == Family::kChanges) members.emplace_back();
    return MetricsByMember(answer.cells, organization_id, family, periods, members, max_groups, now);
  };
  const auto counts = [&](Family family) {
    return CountsByPeriod(answer.cells, organization_id, family, *current, kOverviewMembers);
  };
  v1::Overview overview;
  *overview.mutable_current() = metrics(Family::kChanges, *current, 1)[0].periods(0);
  *overview.mutable_previous() = metrics(Family::kChanges, *previous, 1)[0].periods(0);
  *overview.mutable_days() = metrics(Family::kChanges, *daily, 1)[0].periods();
  for (v1::ChangeMetricsGroup& group : metrics(Family::kChangesBySystem, *current, kOverviewMembers))
    *overview.add_systems() = std::move(group);
  for (v1::ChangeMetricsGroup& group : metrics(Family::kChangesByDepartment, *current, kOverviewMembers))
    *overview.add_departments() = std::move(group);
  const EntryCounts types = counts(Family::kEntriesByType);
  overview.set_entry_count(types.total);
  overview.mutable_entry_types()->Assign(types.totals.begin(), types.totals.end());
  for (const v1::EntryCount& outcome : counts(Family::kEntriesByOutcome).totals) {
    if (outcome.value() == "DENIED") overview.set_denied_count(outcome.count());
  }
  const EntryCounts reasons = counts(Family::kEntriesByDenialReason);
  overview.mutable_denial_reasons()->Assign(reasons.totals.begin(), reasons.totals.end());
  overview.set_log_size(static_cast<int64_t>(answer.log_size));
  overview.set_time_zone(answer.zone_name);
  return overview;
}

}  // namespace docket::audit
