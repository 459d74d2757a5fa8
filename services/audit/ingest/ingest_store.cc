#include "services/audit/ingest/ingest_store.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kSelect[] =
    "SELECT source, last_sequence, missing, untracked_missing, accepted, rejected, unrecorded_rejected, conflicts, "
    "rejected_minute, rejected_in_minute, last_receive_us, revision FROM ingest_source WHERE ";
constexpr char kSelectGaps[] =
    "SELECT first_missing, last_missing, detect_us FROM ingest_gap WHERE source = ? ORDER BY first_missing LIMIT ?";
// At most kMaxOpenGaps of one source.
constexpr char kCountGaps[] = "SELECT COUNT(*) FROM ingest_gap WHERE source = ?";
constexpr char kInsert[] =
    "INSERT INTO ingest_source (source, last_sequence, missing, untracked_missing, accepted, rejected, "
    "unrecorded_rejected, conflicts, rejected_minute, rejected_in_minute, last_receive_us, revision) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
constexpr char kUpdate[] =
    "UPDATE ingest_source SET last_sequence = ?, missing = ?, untracked_missing = ?, accepted = ?, rejected = ?, "
    "unrecorded_rejected = ?, conflicts = ?, rejected_minute = ?, rejected_in_minute = ?, last_receive_us = ?, "
    "revision = revision + 1 WHERE source = ? AND revision = ?";
constexpr char kDeleteGap[] = "DELETE FROM ingest_gap WHERE source = ? AND first_missing = ?";

absl::Status ChangedMeanwhile() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
               "another process took in events of the same source meanwhile");
}

SourceSequence::Gaps GapsOf(const std::vector<Row>& rows) {
  SourceSequence::Gaps gaps;
  for (const Row& row : rows) gaps[row.Int(0)] = {.last = row.Int(1), .detect_us = row.Int(2)};
  return gaps;
}

IngestSource SourceOf(const Row& row, SourceSequence::Gaps gaps) {
  return {.name = row.Text(0),
          .sequence = SourceSequence(row.Int(1), row.Int(2), row.Int(3), std::move(gaps)),
          .accepted = row.Int(4),
          .rejected = row.Int(5),
          .unrecorded_rejected = row.Int(6),
          .conflicts = row.Int(7),
          .rejected_minute = row.Int(8),
          .rejected_in_minute = static_cast<int>(row.Int(9)),
          .last_receive_us = row.Int(10),
          .revision = row.Int(11)};
}

Params CountsOf(const IngestSource& source) {
  return {source.sequence.last(), source.sequence.missing(), source.sequence.untracked(),
          source.accepted,        source.rejected,           source.unrecorded_rejected,
          source.conflicts,       source.rejected_minute,    source.rejected_in_minute,
          source.last_receive_us};
}

absl::Status SaveGaps(mysql::Transaction& tx, const IngestSource& source, const SourceSequence::Change& change) {
  static const mysql::MultiInsert* const kInsertGap =
      new mysql::MultiInsert("ingest_gap", {"source", "first_missing", "last_missing", "detect_us"});
  for (const int64_t first : change.closed) {
    DOCKET_RETURN_IF_ERROR(tx.Execute(kDeleteGap, {source.name, first}).status());
  }
  Params values;
  for (const int64_t first : change.opened) {
    const SourceSequence::Gap& gap = source.sequence.gaps().at(first);
    for (mysql::Value value :
         {mysql::Value(source.name), mysql::Value(first), mysql::Value(gap.last), mysql::Value(gap.detect_us)}) {
      values.push_back(std::move(value));
    }
  }
  return values.empty() ? absl::OkStatus() : kInsertGap->Run(tx, values).status();
}

}  // namespace

absl::StatusOr<IngestSource> IngestStore::Load(mysql::Transaction& tx, const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(kSelect, "source = ?"), {name}));
  if (rows.empty()) return IngestSource{.name = name};
  DOCKET_ASSIGN_OR_RETURN(const auto gaps,
                          tx.Query(kSelectGaps, {name, static_cast<int64_t>(SourceSequence::kMaxOpenGaps)}));
  return SourceOf(rows[0], GapsOf(gaps));
}

absl::Status IngestStore::Save(mysql::Transaction& tx, const IngestSource& source,
                               const SourceSequence::Change& change) {
  Params params = CountsOf(source);
  if (source.revision == 0) {
    params.insert(params.begin(), mysql::Value(source.name));
    const absl::Status inserted = tx.Execute(kInsert, params).status();
    if (mysql::IsDuplicateKey(inserted)) return ChangedMeanwhile();
    DOCKET_RETURN_IF_ERROR(inserted);
  } else {
    params.emplace_back(source.name);
    params.emplace_back(source.revision);
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kUpdate, params, ChangedMeanwhile()));
  }
  return SaveGaps(tx, source, change);
}

absl::StatusOr<std::vector<ListedSource>> IngestStore::List(absl::Time deadline, const ListPage& page) const {
  Params params;
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, absl::StrCat(kSelect, page.sql()), params));
  std::vector<ListedSource> sources;
  for (const Row& row : rows) {
    const std::string name = row.Text(0);
    DOCKET_ASSIGN_OR_RETURN(const auto gaps,
                            pool_.Query(deadline, kSelectGaps, {name, static_cast<int64_t>(kMaxListedGaps)}));
    DOCKET_ASSIGN_OR_RETURN(const auto count, pool_.Query(deadline, kCountGaps, {name}));
    sources.push_back({.source = SourceOf(row, GapsOf(gaps)), .open_gaps = static_cast<int>(count.at(0).Int(0))});
  }
  return sources;
}

}  // namespace docket::audit
