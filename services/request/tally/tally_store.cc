#include "services/request/tally/tally_store.h"

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

constexpr int kShards = 16;

constexpr char kDropZeros[] = "DELETE FROM tally WHERE organization_id = ? AND resource = ? AND amount = 0";

// The counted table, and what its columns are called here: "channel AS kind, system_id AS owner".
struct Source {
  absl::string_view table;
  absl::string_view kind;
  absl::string_view owner;
};

Source SourceOf(Tallied tallied) {
  switch (tallied) {
    case Tallied::kFeedback:
      return {.table = "feedback", .kind = "channel", .owner = "system_id"};
    case Tallied::kVendorNotices:
      return {.table = "vendor_notice", .kind = "kind", .owner = "vendor_id"};
    case Tallied::kVersionDrifts:
      break;
  }
  return {.table = "version_drift", .kind = "direction", .owner = "system_id"};
}

// By how much each number differs from its rows. One statement, and so one moment: the numbers and the rows of any
// transaction are seen both or neither.
std::string Drift(Tallied tallied) {
  const Source source = SourceOf(tallied);
  const std::string keys = absl::StrCat("state, ", source.kind, ", ", source.owner);
  return absl::StrCat(
      "SELECT state, kind, owner, SUM(amount) FROM ("
      "SELECT state, kind, owner, amount FROM tally WHERE organization_id = ? AND resource = ? UNION ALL SELECT ",
      keys, ", -COUNT(*) AS amount FROM ", source.table, " WHERE organization_id = ? GROUP BY ", keys,
      ") AS both_sides GROUP BY state, kind, owner HAVING SUM(amount) <> 0 ORDER BY state, kind, owner");
}

const std::vector<std::string>& Columns() {
  static const auto* const columns =
      new std::vector<std::string>{"organization_id", "resource", "state", "kind", "owner", "shard", "amount"};
  return *columns;
}

void AppendRow(const TallyKey& key, int shard, int64_t amount, Params& values) {
  const mysql::Value columns[] = {
      key.organization_id, static_cast<int>(key.tallied), key.state, key.kind, key.owner, shard, amount};
  values.insert(values.end(), std::begin(columns), std::end(columns));
}

TallyKey KeyFrom(const Row& row, absl::string_view organization_id, Tallied tallied) {
  return {.organization_id = std::string(organization_id),
          .tallied = tallied,
          .state = static_cast<int>(row.Int(0)),
          .kind = static_cast<int>(row.Int(1)),
          .owner = row.Text(2)};
}

std::vector<TallyAmount> AmountsFrom(const std::vector<Row>& rows, absl::string_view organization_id, Tallied tallied) {
  std::vector<TallyAmount> amounts;
  for (const Row& row : rows) {
    amounts.push_back({.key = KeyFrom(row, organization_id, tallied), .amount = row.Int(3)});
  }
  return amounts;
}

}  // namespace

absl::string_view TalliedName(Tallied tallied) {
  switch (tallied) {
    case Tallied::kFeedback:
      return "feedback";
    case Tallied::kVendorNotices:
      return "vendor notices";
    case Tallied::kVersionDrifts:
      break;
  }
  return "version drifts";
}

void TallyChanges::Add(const TallyKey& key, absl::string_view id, int64_t amount) {
  if (!shard_.has_value()) shard_ = id.empty() ? 0 : static_cast<unsigned char>(id.back()) % kShards;
  changes_[key] += amount;
}

void TallyChanges::Move(const TallyKey& from, const TallyKey& to, absl::string_view id) {
  if (from == to) return;
  Add(from, id, -1);
  Add(to, id, 1);
}

TallyStore::TallyStore(mysql::Pool& pool)
    : pool_(pool), add_("tally", Columns(), "ON DUPLICATE KEY UPDATE amount = amount + VALUES(amount)") {}

absl::Status TallyStore::Apply(mysql::Transaction& tx, const TallyChanges& changes) const {
  Params values;
  for (const auto& [key, amount] : changes.changes_) {
    if (amount != 0) AppendRow(key, changes.shard_.value_or(0), amount, values);
  }
  return values.empty() ? absl::OkStatus() : add_.Run(tx, values).status();
}

absl::StatusOr<TallyCounts> TallyStore::Count(absl::Time deadline, const TallyQuestion& question) const {
  const std::string columns =
      absl::StrCat(question.by_state ? "state" : "0", " AS s, ", question.by_kind ? "kind" : "0", " AS k, ",
                   question.by_owner ? "owner" : "''", " AS o");
  Params params = {question.organization_id, static_cast<int>(question.tallied)};
  filter::AppendParams(question.filter, params);
  if (question.owner.has_value()) params.emplace_back(*question.owner);
  // The last column is the sum over all numbers, whatever the limit leaves of them. Around the groups, because MariaDB
  // forgets the order of groups that have a window themselves.
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      pool_.Query(deadline,
                  absl::StrCat("SELECT s, k, o, n, SUM(n) OVER () FROM (SELECT ", columns,
                               ", SUM(amount) AS n FROM tally WHERE organization_id = ? AND resource = ? AND ",
                               question.filter.where, question.owner.has_value() ? " AND owner = ?" : "",
                               " GROUP BY s, k, o HAVING n <> 0) AS numbers ORDER BY s, k, o LIMIT ", kMaxCounts),
                  params));
  return TallyCounts{.amounts = AmountsFrom(rows, question.organization_id, question.tallied),
                     .total = rows.empty() ? 0 : rows.front().Int(4)};
}

absl::StatusOr<std::vector<TallyAmount>> TallyStore::FindDrift(absl::Time deadline, absl::string_view organization_id,
                                                               Tallied tallied) const {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      pool_.Query(deadline, Drift(tallied), {organization_id, static_cast<int>(tallied), organization_id}));
  return AmountsFrom(rows, organization_id, tallied);
}

absl::StatusOr<std::vector<TallyAmount>> TallyStore::Mend(absl::Time deadline, absl::string_view organization_id,
                                                          Tallied tallied) const {
  DOCKET_ASSIGN_OR_RETURN(std::vector<TallyAmount> drift, FindDrift(deadline, organization_id, tallied));
  const auto correct = [&](mysql::Transaction& tx) -> absl::Status {
    // Of two that do this at the same moment the second one waits here, and finds nothing left to correct.
    Params values;
    AppendRow({.organization_id = std::string(organization_id), .tallied = tallied}, 0, 0, values);
    DOCKET_RETURN_IF_ERROR(add_.Run(tx, values).status());
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                            tx.Query(Drift(tallied), {organization_id, static_cast<int>(tallied), organization_id}));
    drift = AmountsFrom(rows, organization_id, tallied);
    values.clear();
    for (const TallyAmount& amount : drift) AppendRow(amount.key, 0, -amount.amount, values);
    return values.empty() ? absl::OkStatus() : add_.Run(tx, values).status();
  };
  if (!drift.empty()) DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(pool_, deadline, correct));
  DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) {
    return tx.Execute(kDropZeros, {organization_id, static_cast<int>(tallied)}).status();
  }));
  return drift;
}

}  // namespace docket::request
