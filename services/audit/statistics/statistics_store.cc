#include "services/audit/statistics/statistics_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/mysql/multi_insert.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// For the next transaction only; all others are READ COMMITTED.
constexpr char kIsolate[] = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
constexpr char kStart[] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

}  // namespace

absl::Status RunInSnapshot(mysql::Pool& pool, absl::Time deadline,
                           absl::FunctionRef<absl::Status(mysql::Transaction&)> function) {
  for (bool again = true;; again = false) {
    DOCKET_ASSIGN_OR_RETURN(mysql::Pool::Lease lease, pool.Acquire(deadline));
    absl::Status status = lease->ExecuteUnprepared(kIsolate);
    if (status.ok()) status = lease->ExecuteUnprepared(kStart);
    if (!status.ok()) {
      lease.Discard();
      // A connection that rested may have died meanwhile.
      if (again && absl::IsUnavailable(status)) continue;
      return status;
    }
    mysql::Transaction tx(&*lease);
    status = function(tx);
    if (!lease->Rollback().ok()) lease.Discard();
    return status;
  }
}

namespace statistics_store {
namespace {

constexpr char kSelectCursor[] = "SELECT next_index FROM statistic_cursor WHERE id = 0";
constexpr char kMoveCursor[] =
    "UPDATE statistic_cursor SET next_index = ?, update_us = ? WHERE id = 0 AND next_index = ?";
constexpr char kSelectProgress[] =
    "SELECT c.next_index, t.size FROM statistic_cursor c JOIN tree_state t ON t.id = 0 WHERE c.id = 0";
constexpr char kSelectZone[] =
    "SELECT time_zone FROM statistic_zone WHERE organization_id = ? ORDER BY from_index DESC LIMIT 1";
constexpr char kSelectZoneChanges[] =
    "SELECT from_index, time_zone FROM statistic_zone WHERE organization_id = ? ORDER BY from_index";
constexpr char kSelectFacts[] =
    "SELECT organization_id, change_name, time_zone, kind, department, systems, slot_conflicts, event_count, "
    "submitted_us, "
    "triaged_us, evaluation_opened_us, approval_requested_us, approved_us, plan_approved_us, filed_us, started_us, "
    "failed_us, completed_us, accepted_us, rolled_back_us, restored_us, registered_us, closed_us FROM change_fact ";
constexpr char kFactsAfter[] = "WHERE organization_id = ? AND change_name > ? ORDER BY change_name LIMIT ?";
constexpr char kSelectNextChangeOrganization[] =
    "SELECT organization_id FROM change_fact WHERE organization_id > ? ORDER BY organization_id LIMIT 1";
constexpr char kSelectCells[] =
    "SELECT bucket, member, measure, slot, amount, total_us FROM statistic "
    "WHERE organization_id = ? AND family = ? AND grain = ? AND bucket >= ? AND bucket < ? "
    "AND (amount <> 0 OR total_us <> 0) ";
constexpr char kSumCells[] =
    "SELECT ? + ? * ((bucket - ?) DIV ?) AS first_bucket, member, measure, slot, SUM(amount), SUM(total_us) "
    "FROM statistic WHERE organization_id = ? AND family = ? AND grain = ? AND bucket >= ? AND bucket < ? ";
constexpr char kOfMember[] = "AND member = ? ";
constexpr char kInOrder[] = "ORDER BY organization_id, family, grain, bucket, member, measure, slot LIMIT ?";
constexpr char kInSums[] =
    "GROUP BY first_bucket, member, measure, slot ORDER BY first_bucket, member, measure, slot LIMIT ?";
constexpr char kSelectNextOrganization[] =
    "SELECT organization_id FROM statistic WHERE organization_id > ? ORDER BY organization_id LIMIT 1";
constexpr char kSelectNextBucket[] =
    "SELECT bucket FROM statistic WHERE organization_id = ? AND family = ? AND grain = ? AND bucket >= ? "
    "ORDER BY bucket LIMIT 1";

constexpr size_t kFirstTime = 8;
// Keys looked up by one statement, so that few texts are prepared.
constexpr size_t kKeysPerLookup[] = {64, 8, 1};

const std::vector<std::string>& FactColumns() {
  static const std::vector<std::string>* const kColumns = new std::vector<std::string>({"organization_id",
                                                                                        "change_name",
                                                                                        "time_zone",
                                                                                        "kind",
                                                                                        "department",
                                                                                        "systems",
                                                                                        "slot_conflicts",
                                                                                        "event_count",
                                                                                        "submitted_us",
                                                                                        "triaged_us",
                                                                                        "evaluation_opened_us",
                                                                                        "approval_requested_us",
                                                                                        "approved_us",
                                                                                        "plan_approved_us",
                                                                                        "filed_us",
                                                                                        "started_us",
                                                                                        "failed_us",
                                                                                        "completed_us",
                                                                                        "accepted_us",
                                                                                        "rolled_back_us",
                                                                                        "restored_us",
                                                                                        "registered_us",
                                                                                        "closed_us"});
  return *kColumns;
}

std::string UpdateOfFacts() {
  return absl::StrCat("ON DUPLICATE KEY UPDATE ", absl::StrJoin(FactColumns().begin() + 2, FactColumns().end(), ", ",
                                                                [](std::string* out, const std::string& column) {
                                                                  absl::StrAppend(out, column, " = VALUES(", column,
                                                                                  ")");
                                                                }));
}

std::string LookupSql(size_t keys) {
  std::string sql = absl::StrCat(kSelectFacts, "WHERE (organization_id, change_name) IN (");
  for (size_t i = 0; i < keys; ++i) absl::StrAppend(&sql, i == 0 ? "" : ", ", "(?, ?)");
  return sql + ")";
}

std::string TextOf(const std::map<int64_t, int64_t>& counts) {
  return absl::StrJoin(counts, ",", absl::PairFormatter(":"));
}

absl::StatusOr<std::map<int64_t, int64_t>> CountsOf(absl::string_view text) {
  std::map<int64_t, int64_t> counts;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(part, absl::MaxSplits(':', 1));
    int64_t day = 0;
    int64_t count = 0;
    if (!absl::SimpleAtoi(pair.first, &day) || !absl::SimpleAtoi(pair.second, &count)) {
      return absl::DataLossError("change_fact.slot_conflicts cannot be read");
    }
    counts[day] = count;
  }
  return counts;
}

absl::Status AddFacts(const std::vector<mysql::Row>& rows, FactsMap& facts) {
  for (const mysql::Row& row : rows) {
    ChangeFacts& change = facts[{row.Text(0), row.Text(1)}];
    change.time_zone = row.Text(2);
    change.kind = static_cast<int>(row.Int(3));
    change.department = row.Text(4);
    change.systems = absl::StrSplit(row.Text(5), '\n', absl::SkipEmpty());
    DOCKET_ASSIGN_OR_RETURN(change.slot_conflicts, CountsOf(row.Text(6)));
    change.event_count = row.Int(7);
    for (size_t i = 0; i < kStages; ++i) change.times[i] = row.OptionalInt(kFirstTime + i);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Progress> ReadProgress(mysql::Pool& pool, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool.Query(deadline, kSelectProgress));
  if (rows.size() != 1) return absl::DataLossError("statistic_cursor or tree_state has no row");
  return Progress{.cursor = rows[0].UInt(0), .log_size = rows[0].UInt(1)};
}

absl::StatusOr<uint64_t> ReadCursor(mysql::Transaction& tx) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectCursor));
  if (rows.size() != 1) return absl::DataLossError("statistic_cursor has no row");
  return rows[0].UInt(0);
}

absl::Status MoveCursor(mysql::Transaction& tx, uint64_t from, uint64_t to, int64_t now_us) {
  return tx.ExecuteExpectingOne(
      kMoveCursor, mysql::Params{to, now_us, from},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "another process has counted these entries"));
}

absl::StatusOr<ZoneMap> ReadZones(mysql::Transaction& tx, const std::set<std::string>& organizations) {
  ZoneMap zones;
  for (const std::string& organization : organizations) {
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectZone, mysql::Params{organization}));
    if (!rows.empty()) zones[organization] = rows[0].Text(0);
  }
  return zones;
}

absl::StatusOr<std::vector<ZoneChange>> ReadZoneChanges(mysql::Transaction& tx, const std::string& organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectZoneChanges, mysql::Params{organization_id}));
  std::vector<ZoneChange> changes;
  changes.reserve(rows.size());
  for (const mysql::Row& row : rows) changes.push_back({organization_id, row.UInt(0), row.Text(1)});
  return changes;
}

absl::Status InsertZones(mysql::Transaction& tx, const std::vector<ZoneChange>& changes) {
  static const mysql::MultiInsert* const kZone =
      new mysql::MultiInsert("statistic_zone", {"organization_id", "from_index", "time_zone"});
  mysql::Params values;
  for (const ZoneChange& change : changes) {
    values.emplace_back(change.organization_id);
    values.emplace_back(change.from_index);
    values.emplace_back(change.time_zone);
  }
  return kZone->Run(tx, values).status();
}

absl::StatusOr<FactsMap> ReadFacts(mysql::Transaction& tx, const std::set<ChangeKey>& changes) {
  FactsMap facts;
  for (auto next = changes.begin(); next != changes.end();) {
    const size_t left = static_cast<size_t>(std::distance(next, changes.end()));
    const size_t count =
        *std::find_if(std::begin(kKeysPerLookup), std::end(kKeysPerLookup), [&](size_t n) { return n <= left; });
    mysql::Params params;
    for (size_t i = 0; i < count; ++i, ++next) {
      params.emplace_back(next->first);
      params.emplace_back(next->second);
    }
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(LookupSql(count), params));
    DOCKET_RETURN_IF_ERROR(AddFacts(rows, facts));
  }
  return facts;
}

absl::StatusOr<FactsMap> ReadFactsAfter(mysql::Transaction& tx, const ChangeKey& after, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(kSelectFacts, kFactsAfter),
                                                    mysql::Params{after.first, after.second, limit}));
  FactsMap facts;
  DOCKET_RETURN_IF_ERROR(AddFacts(rows, facts));
  return facts;
}

absl::Status WriteFacts(mysql::Transaction& tx, const FactsMap& facts) {
  static const mysql::MultiInsert* const kFact = new mysql::MultiInsert("change_fact", FactColumns(), UpdateOfFacts());
  mysql::Params values;
  for (const auto& [change, fact] : facts) {
    values.emplace_back(change.first);
    values.emplace_back(change.second);
    values.emplace_back(fact.time_zone);
    values.emplace_back(fact.kind);
    values.emplace_back(fact.department);
    values.emplace_back(absl::StrJoin(fact.systems, "\n"));
    values.emplace_back(TextOf(fact.slot_conflicts));
    values.emplace_back(fact.event_count);
    for (const std::optional<int64_t>& time : fact.times) values.emplace_back(time);
  }
  return kFact->Run(tx, values).status();
}

absl::Status AddCells(mysql::Transaction& tx, const CellMap& cells) {
  static const mysql::MultiInsert* const kCell = new mysql::MultiInsert(
      "statistic", {"organization_id", "family", "grain", "bucket", "member", "measure", "slot", "amount", "total_us"},
      "ON DUPLICATE KEY UPDATE amount = amount + VALUES(amount), total_us = total_us + VALUES(total_us)");
  mysql::Params values;
  values.reserve(cells.size() * 9);
  for (const auto& [key, cell] : cells) {
    values.emplace_back(key.organization_id);
    values.emplace_back(static_cast<int>(key.family));
    values.emplace_back(static_cast<int>(key.grain));
    values.emplace_back(key.bucket);
    values.emplace_back(key.member);
    values.emplace_back(static_cast<int>(key.measure));
    values.emplace_back(key.slot);
    values.emplace_back(cell.amount);
    values.emplace_back(cell.total_us);
  }
  return kCell->Run(tx, values).status();
}

absl::StatusOr<CellMap> ReadCells(mysql::Transaction& tx, const std::string& organization_id, const CellRange& range,
                                  int limit) {
  mysql::Params params;
  if (range.width > 1) params = {range.first, range.width, range.first, range.width};
  for (mysql::Value value :
       {mysql::Value(organization_id), mysql::Value(static_cast<int>(range.family)),
        mysql::Value(static_cast<int>(range.grain)), mysql::Value(range.first), mysql::Value(range.end)}) {
    params.push_back(std::move(value));
  }
  if (range.member.has_value()) params.emplace_back(*range.member);
  params.emplace_back(limit + 1);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(range.width > 1 ? kSumCells : kSelectCells,
                                                                 range.member.has_value() ? kOfMember : "",
                                                                 range.width > 1 ? kInSums : kInOrder),
                                                    params));
  if (static_cast<int>(rows.size()) > limit) {
    return Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                 absl::StrCat("the range holds more than ", limit, " counters; ask for a shorter one"));
  }
  CellMap cells;
  CellKey key{.organization_id = organization_id, .family = range.family, .grain = range.grain};
  for (const mysql::Row& row : rows) {
    key.bucket = row.Int(0);
    key.member = row.Text(1);
    key.measure = static_cast<Measure>(row.Int(2));
    key.slot = static_cast<int>(row.Int(3));
    cells.emplace_hint(cells.end(), key, CellAmount{.amount = row.Int(4), .total_us = row.Int(5)});
  }
  return cells;
}

absl::StatusOr<std::optional<std::string>> NextOrganization(mysql::Transaction& tx, const std::string& after) {
  std::optional<std::string> next;
  for (const char* sql : {kSelectNextOrganization, kSelectNextChangeOrganization}) {
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(sql, mysql::Params{after}));
    if (!rows.empty() && (!next.has_value() || rows[0].Text(0) < *next)) next = rows[0].Text(0);
  }
  return next;
}

absl::StatusOr<std::optional<int64_t>> NextBucket(mysql::Transaction& tx, const std::string& organization_id,
                                                  Family family, Grain grain, int64_t from) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          tx.Query(kSelectNextBucket, mysql::Params{organization_id, static_cast<int>(family),
                                                                    static_cast<int>(grain), from}));
  if (rows.empty()) return std::nullopt;
  return rows[0].Int(0);
}

}  // namespace statistics_store
}  // namespace docket::audit
