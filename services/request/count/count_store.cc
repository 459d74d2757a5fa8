#include "services/request/count/count_store.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/count/group_by.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr int kShardMask = 3;

constexpr char kDrift[] =
    "SELECT state, priority, department_id, kind, source, held, retrospective, SUM(difference) FROM ("
    "SELECT state, priority, department_id, kind, source, held, retrospective, requests AS difference FROM "
    "request_count"
    " WHERE organization_id = ?"
    " UNION ALL SELECT state, priority, department_id, kind, source, held, retrospective, -COUNT(*) FROM request"
    " WHERE organization_id = ? AND submit_time_us > 0"
    " GROUP BY state, priority, department_id, kind, source, held, retrospective) AS both_sides"
    " GROUP BY state, priority, department_id, kind, source, held, retrospective HAVING SUM(difference) <> 0"
    " ORDER BY state, priority, department_id, kind, source, held, retrospective";
constexpr char kDropZeros[] = "DELETE FROM request_count WHERE organization_id = ? AND requests = 0";
constexpr char kOrganizations[] =
    "SELECT organization_id FROM organization WHERE organization_id > ? ORDER BY organization_id LIMIT ?";

const std::vector<std::string>& Columns() {
  static const auto* const columns =
      new std::vector<std::string>{"organization_id", "state", "priority",      "department_id", "kind",
                                   "source",          "held",  "retrospective", "shard",         "requests"};
  return *columns;
}

int ShardOf(absl::string_view request_id) {
  return request_id.empty() ? 0 : static_cast<unsigned char>(request_id.back()) & kShardMask;
}

CountKey KeyFrom(const Row& row, absl::string_view organization_id) {
  return {.organization_id = std::string(organization_id),
          .state = static_cast<int>(row.Int(0)),
          .priority = static_cast<int>(row.Int(1)),
          .department_id = row.Text(2),
          .kind = static_cast<int>(row.Int(3)),
          .source = static_cast<int>(row.Int(4)),
          .held = row.Bool(5),
          .retrospective = row.Bool(6)};
}

std::vector<RequestCount> CountsFrom(const std::vector<Row>& rows, absl::string_view organization_id) {
  std::vector<RequestCount> counts;
  for (const Row& row : rows) counts.push_back({.key = KeyFrom(row, organization_id), .requests = row.Int(7)});
  return counts;
}

// The key and its shard.
using ShardKey = std::pair<CountKey, int>;

void AppendRow(const ShardKey& row, int64_t requests, Params& values) {
  const auto& [key, shard] = row;
  const mysql::Value columns[] = {
      key.organization_id, key.state, key.priority, key.department_id, key.kind, key.source, key.held,
      key.retrospective,   shard,     requests};
  values.insert(values.end(), std::begin(columns), std::end(columns));
}

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
    : pool_(pool), add_("request_count", Columns(), "ON DUPLICATE KEY UPDATE requests = requests + VALUES(requests)") {}

absl::Status CountStore::Apply(mysql::Transaction& tx, const CountChanges& changes) const {
  Params values;
  for (const auto& [row, requests] : changes.changes_) {
    if (requests != 0) AppendRow(row, requests, values);
  }
  return values.empty() ? absl::OkStatus() : add_.Run(tx, values).status();
}

absl::StatusOr<RequestCounts> CountStore::Count(absl::Time deadline, absl::string_view organization_id,
                                                const CountGroups& groups, const filter::Condition& filter) {
  const std::string columns =
      absl::StrCat(groups.state ? "state" : "0", " AS s, ", groups.priority ? "priority" : "0", " AS p, ",
                   groups.department ? "department_id" : "''", " AS d, ", groups.kind ? "kind" : "0", " AS k, ",
                   groups.source ? "source" : "0", " AS o, ", groups.held ? "held" : "0", " AS h, ",
                   groups.retrospective ? "retrospective" : "0", " AS r");
  Params params = {organization_id};
  filter::AppendParams(filter, params);
  // The last column is the sum over all numbers, whatever the limit leaves of them. Around the groups, because MariaDB
  // forgets the order of groups that have a window themselves.
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      pool_.Query(deadline,
                  absl::StrCat("SELECT s, p, d, k, o, h, r, n, SUM(n) OVER () FROM (SELECT ", columns,
                               ", SUM(requests) AS n FROM request_count WHERE organization_id = ? AND ", filter.where,
                               " GROUP BY s, p, d, k, o, h, r HAVING n <> 0) AS numbers"
                               " ORDER BY s, p, d, k, o, h, r LIMIT ",
                               kMaxCounts),
                  params));
  return RequestCounts{.counts = CountsFrom(rows, organization_id), .total = rows.empty() ? 0 : rows.front().Int(8)};
}

absl::StatusOr<std::vector<RequestCount>> CountStore::FindDrift(absl::Time deadline,
                                                                absl::string_view organization_id) {
  // One statement, and so one moment: the numbers and the requests of any transaction are seen both or neither.
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, kDrift, {organization_id, organization_id}));
  return CountsFrom(rows, organization_id);
}

absl::StatusOr<std::vector<RequestCount>> CountStore::Mend(absl::Time deadline, absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(std::vector<RequestCount> drift, FindDrift(deadline, organization_id));
  const auto correct = [&](mysql::Transaction& tx) -> absl::Status {
    // Of two that do this at the same moment the second one waits here, and finds nothing left to correct.
    Params values;
    AppendRow({{.organization_id = std::string(organization_id)}, 0}, 0, values);
    DOCKET_RETURN_IF_ERROR(add_.Run(tx, values).status());
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kDrift, {organization_id, organization_id}));
    drift = CountsFrom(rows, organization_id);
    values.clear();
    for (const RequestCount& count : drift) AppendRow({count.key, 0}, -count.requests, values);
    return values.empty() ? absl::OkStatus() : add_.Run(tx, values).status();
  };
  if (!drift.empty()) DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(pool_, deadline, correct));
  DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(
      pool_, deadline, [&](mysql::Transaction& tx) { return tx.Execute(kDropZeros, {organization_id}).status(); }));
  return drift;
}

absl::StatusOr<std::vector<std::string>> CountStore::Organizations(absl::Time deadline, absl::string_view after,
                                                                   int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, kOrganizations, {after, limit}));
  std::vector<std::string> ids;
  for (const Row& row : rows) ids.push_back(row.Text(0));
  return ids;
}

}  // namespace docket::request
