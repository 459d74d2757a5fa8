#include "services/request/count/count_store.h"

#include <cstddef>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr int kShardMask = 15;

constexpr char kDrift[] =
    "SELECT state, priority, department_id, SUM(difference) FROM ("
    "SELECT state, priority, department_id, requests AS difference FROM request_count WHERE organization_id = ?"
    " UNION ALL SELECT state, priority, department_id, -1 FROM request"
    " WHERE organization_id = ? AND submit_time_us > 0) AS both_sides"
    " GROUP BY state, priority, department_id HAVING SUM(difference) <> 0 ORDER BY state, priority, department_id";
constexpr char kLockAll[] =
    "SELECT state, priority, department_id, shard FROM request_count WHERE organization_id = ? FOR UPDATE";
constexpr char kCountAnew[] =
    "SELECT state, priority, department_id, ORD(SUBSTRING(request_id, 16, 1)) & 15 AS shard_of, COUNT(*) FROM request"
    " WHERE organization_id = ? AND submit_time_us > 0 GROUP BY state, priority, department_id, shard_of"
    " ORDER BY state, priority, department_id, shard_of";
constexpr char kOrganizations[] =
    "SELECT organization_id FROM organization WHERE organization_id > ? ORDER BY organization_id LIMIT ?";

const std::vector<std::string>& Columns() {
  static const auto* const columns =
      new std::vector<std::string>{"organization_id", "state", "priority", "department_id", "shard", "requests"};
  return *columns;
}

int ShardOf(absl::string_view request_id) {
  return request_id.empty() ? 0 : static_cast<unsigned char>(request_id.back()) & kShardMask;
}

std::vector<RequestCount> CountsFrom(const std::vector<Row>& rows, absl::string_view organization_id) {
  std::vector<RequestCount> counts;
  for (const Row& row : rows) {
    counts.push_back({.key = {.organization_id = std::string(organization_id),
                              .state = static_cast<int>(row.Int(0)),
                              .priority = static_cast<int>(row.Int(1)),
                              .department_id = row.Text(2)},
                      .requests = row.Int(3)});
  }
  return counts;
}

using ShardKey = std::tuple<int64_t, int64_t, std::string, int64_t>;

ShardKey ShardKeyOf(const Row& row) { return {row.Int(0), row.Int(1), row.Text(2), row.Int(3)}; }

}  // namespace

void CountChanges::Add(const CountKey& key, absl::string_view request_id, int64_t requests) {
  changes_[{key, ShardOf(request_id)}] += requests;
}

void CountChanges::Move(const CountKey& from, const CountKey& to, absl::string_view request_id) {
  if (from == to) return;
  Add(from, request_id, -1);
  Add(to, request_id, 1);
}

CountStore::CountStore(mysql::Pool& pool)
    : pool_(pool),
      add_("request_count", Columns(), "ON DUPLICATE KEY UPDATE requests = requests + VALUES(requests)"),
      set_("request_count", Columns(), "ON DUPLICATE KEY UPDATE requests = VALUES(requests)") {}

absl::Status CountStore::Apply(mysql::Transaction& tx, const CountChanges& changes) const {
  Params values;
  for (const auto& [row, requests] : changes.changes_) {
    if (requests == 0) continue;
    const auto& [key, shard] = row;
    const mysql::Value columns[] = {key.organization_id, key.state, key.priority, key.department_id, shard, requests};
    values.insert(values.end(), std::begin(columns), std::end(columns));
  }
  return values.empty() ? absl::OkStatus() : add_.Run(tx, values).status();
}

absl::StatusOr<std::vector<RequestCount>> CountStore::Count(absl::Time deadline, absl::string_view organization_id,
                                                            const CountGroups& groups,
                                                            const filter::Condition& filter) {
  const absl::string_view state = groups.state ? "state" : "0";
  const absl::string_view priority = groups.priority ? "priority" : "0";
  const absl::string_view department = groups.department ? "department_id" : "''";
  Params params = {organization_id};
  filter::AppendParams(filter, params);
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      pool_.Query(deadline,
                  absl::StrCat("SELECT ", state, " AS s, ", priority, " AS p, ", department,
                               " AS d, SUM(requests) FROM request_count WHERE organization_id = ? AND ", filter.where,
                               " GROUP BY s, p, d HAVING SUM(requests) <> 0 ORDER BY s, p, d"),
                  params));
  return CountsFrom(rows, organization_id);
}

absl::StatusOr<std::vector<RequestCount>> CountStore::FindDrift(absl::Time deadline,
                                                                absl::string_view organization_id) {
  // One statement, and so one moment: the numbers and the requests of any transaction are seen both or neither.
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, kDrift, {organization_id, organization_id}));
  return CountsFrom(rows, organization_id);
}

absl::Status CountStore::Rebuild(absl::Time deadline, absl::string_view organization_id) {
  return mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) -> absl::Status {
    // First every row that will be written is there and held; what is counted then cannot change under it, because a
    // transition writes its numbers before it commits.
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> expected, tx.Query(kCountAnew, {organization_id}));
    Params rows;
    for (const Row& row : expected) {
      const mysql::Value columns[] = {organization_id, row.Int(0), row.Int(1), row.Text(2), row.Int(3), 0};
      rows.insert(rows.end(), std::begin(columns), std::end(columns));
    }
    if (!rows.empty()) DOCKET_RETURN_IF_ERROR(add_.Run(tx, rows).status());
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> locked, tx.Query(kLockAll, {organization_id}));
    std::set<ShardKey> held;
    for (const Row& row : locked) held.insert(ShardKeyOf(row));

    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> counted, tx.Query(kCountAnew, {organization_id}));
    std::map<ShardKey, int64_t> numbers;
    for (const ShardKey& key : held) numbers[key] = 0;
    for (const Row& row : counted) {
      if (!held.contains(ShardKeyOf(row))) {
        return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
                     "requests came to be counted while they were counted anew; try again");
      }
      numbers[ShardKeyOf(row)] = row.Int(4);
    }
    Params values;
    for (const auto& [key, number] : numbers) {
      const auto& [state, priority, department_id, shard] = key;
      const mysql::Value columns[] = {organization_id, state, priority, department_id, shard, number};
      values.insert(values.end(), std::begin(columns), std::end(columns));
    }
    return values.empty() ? absl::OkStatus() : set_.Run(tx, values).status();
  });
}

absl::StatusOr<std::vector<std::string>> CountStore::Organizations(absl::Time deadline, absl::string_view after,
                                                                   int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, kOrganizations, {after, limit}));
  std::vector<std::string> ids;
  for (const Row& row : rows) ids.push_back(row.Text(0));
  return ids;
}

}  // namespace docket::request
