#include "services/audit/statistics/statistics_proto.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "common/resource_name/resource_name.h"
#include "google/protobuf/util/time_util.h"
#include "services/audit/statistics/change_metrics.h"

namespace docket::audit {
namespace {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

bool Counts(const CellKey& key, Family family, const Periods& periods) {
  return key.family == family && key.grain == periods.grain() && key.bucket >= periods.first_bucket() &&
         key.bucket < periods.end_bucket();
}

v1::EntryCount ToProto(const std::string& value, int64_t count) {
  v1::EntryCount proto;
  proto.set_value(value);
  proto.set_count(count);
  return proto;
}

// Members with their counts, most frequent first.
using Ranking = std::vector<std::pair<std::string, int64_t>>;

Ranking RankMembers(const CellMap& cells, Family family, const Periods& periods) {
  std::map<std::string, int64_t> sums;
  for (const auto& [key, cell] : cells) {
    if (Counts(key, family, periods)) sums[key.member] += cell.amount;
  }
  Ranking ranking(sums.begin(), sums.end());
  std::stable_sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return ranking;
}

}  // namespace

std::optional<Family> FamilyOf(v1::EntryDimension dimension) {
  switch (dimension) {
    case v1::ENTRY_DIMENSION_TYPE:
      return Family::kEntriesByType;
    case v1::ENTRY_DIMENSION_OUTCOME:
      return Family::kEntriesByOutcome;
    case v1::ENTRY_DIMENSION_SOURCE:
      return Family::kEntriesBySource;
    case v1::ENTRY_DIMENSION_SYSTEM:
      return Family::kEntriesBySystem;
    case v1::ENTRY_DIMENSION_DENIAL_REASON:
      return Family::kEntriesByDenialReason;
    default:
      return std::nullopt;
  }
}

Family FamilyOf(v1::ChangeDimension dimension) {
  switch (dimension) {
    case v1::CHANGE_DIMENSION_SYSTEM:
      return Family::kChangesBySystem;
    case v1::CHANGE_DIMENSION_DEPARTMENT:
      return Family::kChangesByDepartment;
    default:
      return Family::kChanges;
  }
}

std::string MemberName(const std::string& organization_id, Family family, const std::string& member) {
  if (family == Family::kEntriesBySystem || family == Family::kChangesBySystem)
    return SystemName(organization_id, member);
  if (family == Family::kChangesByDepartment) return DepartmentName(organization_id, member);
  return member;
}

EntryCounts CountsByPeriod(const CellMap& cells, const std::string& organization_id, std::optional<Family> family,
                           const Periods& periods, int max_values) {
  EntryCounts counts;
  for (const Period& period : periods.periods()) {
    v1::EntryCountPeriod& proto = counts.periods.emplace_back();
    *proto.mutable_start_time() = ToTimestamp(period.start);
    *proto.mutable_end_time() = ToTimestamp(period.end);
  }
  std::map<std::string, size_t> ranks;
  if (family.has_value()) {
    for (auto& [member, count] : RankMembers(cells, *family, periods)) {
      if (static_cast<int>(ranks.size()) == max_values) break;
      ranks.emplace(member, ranks.size());
      counts.totals.push_back(ToProto(MemberName(organization_id, *family, member), count));
    }
  }
  std::vector<std::map<size_t, int64_t>> by_rank(counts.periods.size());
  for (const auto& [key, cell] : cells) {
    if (Counts(key, Family::kEntries, periods)) {
      v1::EntryCountPeriod& period = counts.periods[periods.IndexOf(key.bucket)];
      period.set_total(period.total() + cell.amount);
      counts.total += cell.amount;
    }
    if (!family.has_value() || !Counts(key, *family, periods)) continue;
    const size_t index = periods.IndexOf(key.bucket);
    if (const auto rank = ranks.find(key.member); rank != ranks.end()) {
      by_rank[index][rank->second] += cell.amount;
    } else {
      counts.periods[index].set_other_count(counts.periods[index].other_count() + cell.amount);
    }
  }
  for (size_t i = 0; i < by_rank.size(); ++i) {
    for (const auto& [rank, count] : by_rank[i])
      *counts.periods[i].add_counts() = ToProto(counts.totals[rank].value(), count);
  }
  return counts;
}

std::vector<v1::ChangeMetricsGroup> MetricsByMember(const CellMap& cells, const std::string& organization_id,
                                                    Family family, const Periods& periods,
                                                    const std::vector<std::string>& members, int max_groups,
                                                    absl::Time now) {
  struct Member {
    explicit Member(size_t count) : periods(count) {}
    MetricSums all;
    std::vector<MetricSums> periods;
  };
  std::map<std::string, Member> sums;
  for (const std::string& member : members) sums.emplace(member, Member(periods.periods().size()));
  for (const auto& [key, cell] : cells) {
    if (!Counts(key, family, periods)) continue;
    Member& member = sums.try_emplace(key.member, periods.periods().size()).first->second;
    member.all.Add(key, cell);
    member.periods[periods.IndexOf(key.bucket)].Add(key, cell);
  }
  std::vector<std::pair<const std::string, Member>*> ranking;
  for (auto& member : sums) ranking.push_back(&member);
  std::stable_sort(ranking.begin(), ranking.end(), [](const auto* a, const auto* b) {
    const auto rank = [](const MetricSums& all) {
      return std::pair(all.Deployments(), all.Total(Measure::kSubmitted));
    };
    return rank(a->second.all) > rank(b->second.all);
  });
  if (static_cast<int>(ranking.size()) > max_groups) ranking.resize(static_cast<size_t>(max_groups));
  std::vector<v1::ChangeMetricsGroup> groups;
  for (const auto* member : ranking) {
    v1::ChangeMetricsGroup& group = groups.emplace_back();
    group.set_member(MemberName(organization_id, family, member->first));
    for (size_t i = 0; i < periods.periods().size(); ++i) {
      const Period& period = periods.periods()[i];
      v1::ChangeMetricsPeriod& proto = *group.add_periods();
      *proto.mutable_start_time() = ToTimestamp(period.start);
      *proto.mutable_end_time() = ToTimestamp(period.end);
      *proto.mutable_metrics() = member->second.periods[i].ToProto(std::min(period.end, now) - period.start);
    }
  }
  return groups;
}

}  // namespace docket::audit
